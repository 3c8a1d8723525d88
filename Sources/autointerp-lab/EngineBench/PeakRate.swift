// autointerp
// `PeakRate` measures how fast OpenBLAS's own products run on this machine.
// SPDX-License-Identifier: Apache-2.0

internal import COpenBLAS
internal import Dispatch

/// OpenBLAS's own speed, with which the engine's is compared.
enum PeakRate {
  /// Measures floating-point operations per second of square Float32 products of order 1024, one on each of `threads`
  /// threads. Returns the best of `runs` rounds.
  static func operationsPerSecond(threads: Int, runs: Int = 5) -> Double {
    let order = 1024
    openblas_set_num_threads(1)
    // nonisolated(unsafe) is safe here: each iteration writes only the third of its own three matrices.
    nonisolated(unsafe) let memory = UnsafeMutablePointer<Float>.allocate(capacity: 3 * threads * order * order)
    memory.initialize(repeating: 1, count: 3 * threads * order * order)
    defer { memory.deallocate() }
    let clock = ContinuousClock()
    var best = Duration.seconds(3600)
    for _ in 0..<max(1, runs) {
      let time = clock.measure {
        DispatchQueue.concurrentPerform(iterations: threads) { i in
          let a = memory + 3 * i * order * order
          let (b, c) = (a + order * order, a + 2 * order * order)
          let n = blasint(order)
          cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a, n, b, n, 0, c, n)
        }
      }
      best = min(best, time)
    }
    return 2 * Double(threads) * Double(order * order * order) / (best / .seconds(1))
  }
}
