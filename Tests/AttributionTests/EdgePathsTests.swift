// autointerp
// `EdgePathsTests` tests that the paths of an edge through the heads add up, in every layer, to the edge's effect.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Circuits
import Inference
import TestSupport
import Testing

@testable import Attribution

@Suite struct EdgePathsTests {
  @Test(arguments: ConservationTests.models.indices) func partsOfEveryLayerAddUpToTheEdge(model: Int) throws {
    let backend = Float64Backend()
    let relevance = RelevancePropagation(
      transformer: Transformer(ConservationTests.models[model].checkpoint, backend: backend, storage: .resident),
      backend: backend)
    let settings = GradientTests.everything(.logProbability([]), .gradient)
    let graph = try relevance.graph(of: GradientTests.tokens, settings: settings)
    let labels = GraphLabels(modelName: "m", layerCount: 3, prompt: "", settings: settings) { _ in nil }
    let export = GraphExport(graph, labels: labels)
    // Edges of every kind: from neurons and embeddings, to neurons, logits and the metric.
    let count = graph.edges.count
    for e in stride(from: 0, to: count, by: count / 12) {
      let (source, target) = (export.nodeID(graph.edges.source[e]), export.nodeID(graph.edges.target[e]))
      let paths = try relevance.paths(
        from: try #require(NodeReference(source)), to: try #require(NodeReference(target)), of: GradientTests.tokens,
        settings: settings)
      #expect(abs(paths.effect - graph.edges.effect[e]) < 1e-5)
      #expect(abs(paths.flow - graph.edges.flow[e]) < 1e-5)
      for layer in paths.layers { #expect(abs(layer.sum - paths.effect) < 1e-5) }
      #expect(paths.strongest.allSatisfy { $0.attention > 0 && $0.attention <= 1.0001 && $0.from <= $0.to })
    }
  }

  @Test func whatIsNoEdgeIsRefused() throws {
    let backend = OpenBLASBackend()
    let relevance = RelevancePropagation(
      transformer: Transformer(ConservationTests.models[0].checkpoint, backend: backend, storage: .resident),
      backend: backend)
    var settings = AttributionSettings()
    settings.selection = .top(5)
    for (source, target) in [
      ("0_0_0", "L_999_6"), ("E_4_0", "M_6"), ("L_3_6", "M_6"), ("E_3_0", "E_49_1"), ("E_3_0", "M_5"),
    ] {
      #expect(throws: AttributionError.self) {
        try relevance.paths(
          from: NodeReference(source)!, to: NodeReference(target)!, of: GradientTests.tokens, settings: settings)
      }
    }
    for text in ["", "1_2", "E_1", "M", "X_1_2", "1_-2_3", "L_1_2_3"] { #expect(NodeReference(text) == nil) }
    #expect(NodeReference("15_7890_11")?.description == "15_7890_11")
  }
}
