// autointerp
// What OpenBLAS itself reaches on this machine.
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch

extension OpenBLASBackend {
  /// Floating-point operations per second of square single precision products of order 1024, one on each of `threads`
  /// threads: the best of `runs` rounds.
  package static func peakOperationsPerSecond(threads: Int, runs: Int = 5) -> Double {
    let order = 1024
    let memory = (0..<3 * threads).map { _ in FloatBuffer([Float](repeating: 1, count: order * order)) }
    let clock = ContinuousClock()
    var best = Duration.seconds(3600)
    for _ in 0..<max(1, runs) {
      let time = clock.measure {
        DispatchQueue.concurrentPerform(iterations: threads) { i in
          let operands = memory[3 * i..<3 * i + 3].map { Operand($0.values, order) }
          gemm(order, order, order, operands[0], operands[1], transposed: false, 0, operands[2])
        }
      }
      best = min(best, time)
    }
    return 2 * Double(threads) * Double(order * order * order) / (best / .seconds(1))
  }
}
