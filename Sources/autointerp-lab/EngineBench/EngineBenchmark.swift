// autointerp
// `EngineBenchmark` measures how fast graphs are computed, as a share of the BLAS peak.
// SPDX-License-Identifier: Apache-2.0

internal import Attribution
internal import Circuits
internal import Dispatch
internal import Inference

/// Times the parts of a graph.
struct EngineBenchmark: Sendable {
  /// The shortest and the median of some repetitions.
  struct Timing: Sendable {
    var least: Duration
    var median: Duration

    init(_ runs: [Duration]) {
      let sorted = runs.sorted()
      least = sorted[0]
      median = sorted[sorted.count / 2]
    }
  }

  /// The times of one prompt's graph.
  struct Graph: Sendable {
    var tokens: Int
    var nodes: Int
    var edges: Int
    /// The rows of the sweep, counted once for each layer that they pass.
    var sweepRows: Int
    var forward: Timing
    var nodePass: Timing
    var edgePass: Timing
    var whole: Timing
    /// The floating-point operations of the products with weights.
    var forwardOperations: Double
    var edgeOperations: Double
  }

  private let relevance: RelevancePropagation<OpenBLASBackend>

  init(_ relevance: RelevancePropagation<OpenBLASBackend>) { self.relevance = relevance }

  /// Times `runs` graphs of the prompt, after one that is not counted.
  func graph(
    of tokens: [Int32], settings: AttributionSettings, runs: Int
  ) throws(AttributionError) -> Graph {
    var timings: [[Duration]] = [[], [], [], []]
    var (nodes, edges, rows) = (0, 0, 0)
    for run in 0...max(1, runs) {
      let clock = ContinuousClock()
      let start = clock.now
      let trace: ForwardTrace<OpenBLASBackend>
      do throws(InferenceError) {
        trace = try relevance.transformer.forward(tokens, on: relevance.backend)
      } catch {
        throw .inference(error)
      }
      let forwardEnd = clock.now
      let reading = try relevance.reading(settings.metric, trace: trace)
      let starts = relevance.starts(reading, trace: trace)
      let selected = try relevance.nodes(
        trace: trace, reading: reading, starts: starts, settings: settings, progress: {})
      let nodesEnd = clock.now
      let sweep = EdgeSweep(
        relevance, trace: trace, reading: reading, nodes: selected, starts: starts, settings: settings,
        scale: abs(reading.metric.value), tokenCount: tokens.count)
      edges = try sweep.run(progress: {}).edges.columns.count
      let end = clock.now
      if run > 0 {
        for (i, duration) in [
          start.duration(to: forwardEnd), forwardEnd.duration(to: nodesEnd),
          nodesEnd.duration(to: end), start.duration(to: end),
        ].enumerated() {
          timings[i].append(duration)
        }
      }
      nodes = selected.neurons.count
      rows = sweep.rowCount
    }
    let c = relevance.transformer.configuration
    let projections = Double(c.parameterCount - c.vocabularySize * c.modelDimension * (c.tiedUnembedding ? 1 : 2))
    let perRow = 2 * c.modelDimension * (c.headCount + c.keyValueHeadCount) * c.headDimension
    return Graph(
      tokens: tokens.count, nodes: nodes, edges: edges, sweepRows: rows, forward: Timing(timings[0]),
      nodePass: Timing(timings[1]), edgePass: Timing(timings[2]), whole: Timing(timings[3]),
      forwardOperations: 2 * Double(tokens.count) * projections + 2 * Double(c.vocabularySize * c.modelDimension),
      edgeOperations: Double(rows) * Double(perRow))
  }

  /// Returns graphs per second if that many threads each compute graphs of the prompt, like the slots of a worker.
  ///
  /// The counts are measured in turns, and the best of `rounds` is kept for each, so that a change in the machine's
  /// speed affects all counts alike.
  func graphsPerSecond(
    of tokens: [Int32], settings: AttributionSettings, slotCounts: [Int], rounds: Int
  ) -> [Double] {
    let single = RelevancePropagation(transformer: relevance.transformer, backend: OpenBLASBackend())
    var best = [Double](repeating: 0, count: slotCounts.count)
    for _ in 0..<max(1, rounds) {
      for (i, slots) in slotCounts.enumerated() {
        let time = ContinuousClock().measure {
          DispatchQueue.concurrentPerform(iterations: slots) { _ in
            for _ in 0..<Self.graphsPerSlot { _ = try? single.graph(of: tokens, settings: settings) }
          }
        }
        best[i] = max(best[i], Double(slots * Self.graphsPerSlot) / (time / .seconds(1)))
      }
    }
    return best
  }

  private static let graphsPerSlot = 2
}
