// autointerp
// How fast graphs are computed here, as a share of what the BLAS can do.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Dispatch
package import Inference

/// Times the parts of a graph.
package struct EngineBenchmark: Sendable {
  /// Least and median of some repetitions.
  package struct Timing: Sendable {
    package var least: Duration
    package var median: Duration

    init(_ runs: [Duration]) {
      let sorted = runs.sorted()
      least = sorted[0]
      median = sorted[sorted.count / 2]
    }
  }

  /// One prompt's graph, timed.
  package struct Graph: Sendable {
    package var tokens: Int
    package var nodes: Int
    package var edges: Int
    /// Rows of the sweep, counted once for each layer that they pass.
    package var sweepRows: Int
    package var forward: Timing
    package var nodePass: Timing
    package var edgePass: Timing
    package var whole: Timing
    /// Floating-point operations of the products with weights.
    package var forwardOperations: Double
    package var edgeOperations: Double
  }

  private let relevance: RelevancePropagation<OpenBLASBackend>

  package init(_ relevance: RelevancePropagation<OpenBLASBackend>) { self.relevance = relevance }

  /// Times `runs` graphs of the prompt, after one that is not counted.
  package func graph(
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
      let metric = try Metric(settings.metric, logits: trace.logits, position: tokens.count - 1)
      let starts = relevance.logitStarts(metric, trace: trace)
      let selected = try relevance.nodes(
        trace: trace, metric: metric, starts: starts, settings: settings, progress: {})
      let nodesEnd = clock.now
      let sweep = EdgeSweep(
        relevance, trace: trace, metric: metric, nodes: selected, logitStarts: starts, settings: settings,
        tokenCount: tokens.count)
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
      rows = sweep.plan.rowLayerCount(tokens: tokens.count, layerCount: relevance.transformer.layers.count)
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

  /// Graphs per second when so many threads each compute graphs of the prompt on their own, as a worker's slots do.
  ///
  /// Counts take turns, and of each the best of `rounds` is kept: a machine whose speed drifts treats all alike.
  package func graphsPerSecond(
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

extension SweepPlan {
  /// Rows of all blocks, once for each layer whose attention they pass.
  func rowLayerCount(tokens: Int, layerCount: Int) -> Int {
    blocks.joined().reduce(0) { $0 + (tokens - $1.position) * (layerCount - 1 - $1.layer) }
  }
}
