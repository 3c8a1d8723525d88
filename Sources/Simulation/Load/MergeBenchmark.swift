// autointerp
// What the coordinator does with a delta, timed on one core.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import Coordinator

/// Times of the way of deltas from their frames into a run's file and its aggregate: what a coordinator does with them,
/// in its own vault, without sockets and the machine.
package struct MergeBenchmark: Sendable {
  package var prompts = 0
  package var edges = 0
  package var payloadBytes = 0
  /// Reading frames; decoding, checking and digest of what is in them.
  package var decode: Duration = .zero
  /// Transactions of `batch` deltas, and their merging.
  package var store: Duration = .zero

  /// Edge updates decoded, committed and merged per second, one after the other.
  package var edgesPerSecond: Double { Double(edges) / ((decode + store) / .seconds(1)) }

  /// Runs it in a folder that exists.
  package static func run(
    directory: String, prompts: Int, edgesPerPrompt: Int, batch: Int
  ) async throws -> MergeBenchmark {
    var result = MergeBenchmark()
    result.prompts = prompts
    let specification = LoadRun.specification(prompts: prompts, name: "merge")
    let store = try RunsDirectory(path: directory).open(specification, softwareVersion: "bench", now: 0)
    let vault = RunVault(store, specification: specification)
    let clock = ContinuousClock()
    for start in stride(from: 0, to: prompts, by: batch) {
      let frames = (start..<min(prompts, start + batch)).map { prompt in
        let delta = SyntheticGraph.realistic(
          prompt: Int32(prompt), origin: specification.prompts[prompt].origin, edgeCount: edgesPerPrompt)
        let fence = Fence(run: "merge", prompt: Int32(prompt), attempt: 1, incarnation: 1, epoch: 1)
        return WorkerMessage.delta(.init(fence: fence, delta: delta, computeMilliseconds: 1)).encoded()
      }
      var deltas: [DeltaTicket: CheckedDelta] = [:]
      var writes: [RunWrite] = []
      result.decode += try clock.measure {
        for (number, frame) in frames.enumerated() {
          guard case .worker(.delta(let report)) = try InboundMessage(frame: frame) else { continue }
          let ticket = DeltaTicket(UInt64(start + number))
          let delta = try CheckedDelta(report, expectedOrigin: nil)
          deltas[ticket] = delta
          let receipt = DeltaReceipt(
            ticket: ticket, fence: report.fence, digest: delta.digest, computeMilliseconds: 1,
            byteCount: report.payload.count)
          writes.append(.delta(receipt, worker: "bench", computeKernel: "none"))
        }
      }
      let begun = clock.now
      try await vault.perform(writes, deltas: deltas, now: 0)
      result.store += clock.now - begun
      for delta in deltas.values {
        result.edges += delta.delta.graph.edges.count
        result.payloadBytes += delta.payload.count
      }
    }
    try await vault.close()
    return result
  }
}
