// autointerp
// `MergeBenchmark` measures, on one core, what the coordinator does with a delta.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import Coordinator
internal import TestSupport

/// Measures the way of deltas from their frames into a run's file and its aggregate. It uses the coordinator's real
/// vault, without sockets and without the fleet machine.
struct MergeBenchmark: Sendable {
  var prompts = 0
  var edges = 0
  var payloadBytes = 0
  /// The time to read, decode, check and digest the frames.
  var decode: Duration = .zero
  /// The time for the transactions of `batch` deltas and their merging.
  var store: Duration = .zero

  /// Edge updates that are decoded, committed and merged per second, one after the other.
  var edgesPerSecond: Double { Double(edges) / ((decode + store) / .seconds(1)) }

  /// Runs the benchmark in an existing folder.
  static func run(
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
      var writes: [RunWrite] = []
      result.decode += try clock.measure {
        for frame in frames {
          guard case .worker(.delta(let report)) = try InboundMessage(frame: frame) else { continue }
          writes.append(
            .delta(try CheckedDelta(report, DeltaContract()), worker: "bench", sender: nil, computeKernel: "none"))
        }
      }
      let begun = clock.now
      try await vault.perform(writes, now: 0)
      result.store += clock.now - begun
      for delta in writes.deltas {
        result.edges += delta.delta.graph.edges.count
        result.payloadBytes += delta.payload.count
      }
    }
    try await vault.close()
    return result
  }
}
