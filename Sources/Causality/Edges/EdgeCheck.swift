// autointerp
// `EdgeCheck` removes the sources of a graph's edges and measures the targets.
// SPDX-License-Identifier: Apache-2.0

internal import Attribution
package import Circuits
package import Inference

/// One edge between two neurons, and what happened to its target when its source was removed.
package struct CheckedEdge: Sendable {
  package var source: NeuronPlace
  package var target: NeuronPlace
  /// RelP's direct effect: what of the target's value comes from the source in the linear model.
  package var effect: Float
  package var flow: Float
  /// By how much the target's value fell, if all other neurons kept their values.
  package var direct: Float
  /// By how much it fell when everything answered.
  package var full: Float

  package var distance: Int { target.layer - source.layer }
}

/// Checks edges of attribution graphs by interventions.
package struct EdgeCheck<Backend: ComputeBackend>: Sendable {
  private let runner: InterventionRunner<Backend>

  package init(_ runner: InterventionRunner<Backend>) { self.runner = runner }

  /// Computes the graph of a prompt and checks its edges between neurons with the largest |flow|.
  ///
  /// Each source is removed twice, at its own position: once with all other neurons above it kept at their values, and once
  /// in full.
  /// - Throws: `CausalityError`.
  package func check(
    _ tokens: [Int32], metric: MetricSpecification, count: Int
  ) throws(CausalityError) -> [CheckedEdge] {
    let (transformer, backend) = (runner.transformer, runner.backend)
    var settings = AttributionSettings()
    settings.metric = metric
    settings.verification = .none
    let graph: AttributionGraph
    do throws(AttributionError) {
      graph = try RelevancePropagation(transformer: transformer, backend: backend).graph(of: tokens, settings: settings)
    } catch {
      if case .inference(let inner) = error { throw .inference(inner) }
      throw .invalid(name: "the graph", value: "\(error)", expected: "a metric that is not zero")
    }
    func place(_ node: Int32) -> NeuronPlace {
      NeuronPlace(
        layer: Int(graph.neurons.layer[Int(node)]), position: Int(graph.neurons.position[Int(node)]),
        index: Int(graph.neurons.index[Int(node)]))
    }
    let neurons = Int32(graph.neurons.count)
    let strongest = (0..<graph.edges.count).filter {
      graph.edges.source[$0] < neurons && graph.edges.target[$0] < neurons
    }
    .sorted { (abs(graph.edges.flow[$1]), $0) < (abs(graph.edges.flow[$0]), $1) }.prefix(count)
    let trace = try InterventionRunner.trace(tokens, transformer: transformer, on: backend)
    var checked: [CheckedEdge] = []
    for (node, edges) in Dictionary(grouping: strongest, by: { graph.edges.source[$0] }).sorted(by: { $0.key < $1.key })
    {
      let source = place(node)
      let targets = edges.map { place(graph.edges.target[$0]) }
      let removal = [
        Intervention(layer: source.layer, index: source.index, position: source.position, operation: .set(0))
      ]
      let direct: [Float]
      let full: [Float]
      do throws(InferenceError) {
        direct = try transformer.values(of: targets, under: removal, keepsOtherNeurons: true, over: trace, on: backend)
        full = try transformer.values(of: targets, under: removal, keepsOtherNeurons: false, over: trace, on: backend)
      } catch {
        throw .inference(error)
      }
      for (i, edge) in edges.enumerated() {
        let target = targets[i]
        let value = trace.value(layer: target.layer, index: target.index, position: target.position, on: backend)
        checked.append(
          CheckedEdge(
            source: source, target: target, effect: graph.edges.effect[edge], flow: graph.edges.flow[edge],
            direct: value - direct[i], full: value - full[i]))
      }
    }
    return checked
  }
}
