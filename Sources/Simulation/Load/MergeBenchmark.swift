// autointerp
// What the coordinator does with a delta, timed on one core.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol
internal import Coordinator

/// Times of the way of deltas into a run's file and its aggregate, without sockets.
package struct MergeBenchmark: Sendable {
  package var prompts = 0
  package var edges = 0
  package var payloadBytes = 0
  /// Decoding, checking and digest.
  package var decode: Duration = .zero
  /// Transactions of `batch` deltas.
  package var commit: Duration = .zero
  package var merge: Duration = .zero
  package var export: Duration = .zero
  package var exportBytes = 0
  package var aggregateBytes = 0
  package var aggregateEdges = 0

  /// Edge updates decoded, committed and merged per second, one after the other on this thread.
  package var edgesPerSecond: Double { Double(edges) / ((decode + commit + merge) / .seconds(1)) }

  /// Runs it in a folder that exists. Blocks.
  package static func run(
    directory: String, prompts: Int, edgesPerPrompt: Int, batch: Int
  ) throws -> MergeBenchmark {
    var result = MergeBenchmark()
    result.prompts = prompts
    let specification = LoadRun.specification(prompts: prompts, name: "merge")
    let store = try RunsDirectory(path: directory).open(specification, softwareVersion: "bench", now: 0)
    var aggregate = EdgeAggregate()
    let clock = ContinuousClock()
    for start in stride(from: 0, to: prompts, by: batch) {
      let reports = (start..<min(prompts, start + batch)).map { prompt in
        WorkerMessage.DeltaReport(
          fence: Fence(run: "merge", prompt: Int32(prompt), attempt: 1, incarnation: 1, epoch: 1),
          delta: SyntheticGraph.realistic(
            prompt: Int32(prompt), origin: specification.prompts[prompt].origin, edgeCount: edgesPerPrompt),
          computeMilliseconds: 1)
      }
      var deltas: [CheckedDelta] = []
      result.decode += try clock.measure { deltas = try reports.map { try CheckedDelta($0, expectedOrigin: nil) } }
      result.commit += try clock.measure {
        var batch = AtlasBatch()
        for delta in deltas {
          batch.deltas.append(
            StoredDelta(
              prompt: delta.delta.prompt, attempt: 1, worker: "bench", incarnation: 1, computeKernel: "none",
              computeMilliseconds: 1, receivedAt: 0, digest: delta.digest.bytes, payload: delta.payload))
        }
        _ = try store.write(batch)
      }
      result.merge += try clock.measure { for delta in deltas { try aggregate.merge(delta.delta) } }
      for delta in deltas {
        result.edges += delta.delta.graph.edges.count
        result.payloadBytes += delta.payload.count
      }
    }
    result.export = clock.measure {
      EdgeStatisticsExport(aggregate: aggregate, specification: specification).write { result.exportBytes += $0.count }
    }
    result.aggregateBytes = aggregate.residentBytes
    result.aggregateEdges = aggregate.edgeCount
    try store.finish()
    return result
  }
}
