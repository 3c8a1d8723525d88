// autointerp
// `RuleGoldenTests` tests both rules' scores and exact effects on SmolLM2 against an independent Float64 implementation.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Circuits
import Inference
import Testing

@testable import Attribution

/// One case of the fixtures: nodes that are large under either rule, and exact effects of the strongest.
struct RuleGolden: Decodable {
  struct Metric: Decodable { var kind: String, value: Double, token: Int32?, a: Int32?, b: Int32? }
  struct Nodes: Decodable {
    var layer: [Int32], index: [Int32], position: [Int32]
    var activation: [Float], gradient: [Float], gradientScore: [Float], relp: [Float]
  }
  struct Exact: Decodable {
    var layer: [Int32], index: [Int32], position: [Int32]
    var zero: [Float], twice: [Float]
  }
  var tokens: [Int32]
  var metric: Metric
  /// The summed |gradient score| of all neurons.
  var totalGradientScore: Double
  var nodes: Nodes
  var exact: Exact
}

@Suite struct RuleGoldenTests {
  @Test(arguments: ["chat_huntington", "contrast_cold_warm", "plain_hemoglobin"])
  func smolLM2Agrees(name: String) throws {
    let path = try #require(RealModel.path, "run scripts/fetch-model first")
    let golden = try GoldenCase.load("smollm2-rules-\(name).json", as: RuleGolden.self)
    var settings = AttributionSettings()
    settings.metric =
      golden.metric.token.map { .logProbability([$0]) } ?? .contrast(golden.metric.a ?? 0, golden.metric.b ?? 0)
    settings.selection = .top(400)
    settings.verification = .count(60)
    settings.verifiedChanges = [.zero, .twice]
    settings.edgeThreshold = 1
    let backend = OpenBLASBackend(threadCount: 2)
    let graph = try RelevancePropagation(
      transformer: Transformer(try Checkpoint.open(path), backend: backend, storage: .resident), backend: backend
    ).graph(of: golden.tokens, settings: settings)
    #expect(abs(graph.metric.value - golden.metric.value) < 1e-4)
    let kept = graph.neurons.gradientScore.reduce(0.0) { $0 + Double(abs($1)) }
    #expect(abs(kept / Double(graph.counts.keptScoreShare) / golden.totalGradientScore - 1) < 1e-3)

    var places: [[Int32]: Int] = [:]
    for i in 0..<graph.neurons.count {
      places[[graph.neurons.layer[i], graph.neurons.index[i], graph.neurons.position[i]]] = i
    }
    let nodes = golden.nodes
    let strongest = nodes.layer.indices.sorted { abs(nodes.gradientScore[$0]) > abs(nodes.gradientScore[$1]) }.prefix(
      100)
    for i in strongest { #expect(places[[nodes.layer[i], nodes.index[i], nodes.position[i]]] != nil) }
    for i in nodes.layer.indices {
      guard let j = places[[nodes.layer[i], nodes.index[i], nodes.position[i]]] else { continue }
      for (found, expected) in [
        (graph.neurons.activation, nodes.activation), (graph.neurons.gradient, nodes.gradient),
        (graph.neurons.gradientScore, nodes.gradientScore), (graph.neurons.relp, nodes.relp),
      ] {
        let largest = expected.map(abs).max() ?? 0
        #expect(abs(found[j] - expected[i]) < max(1e-3 * largest, 2e-3 * abs(expected[i])))
      }
    }
    var verified = 0
    for i in golden.exact.layer.indices {
      guard let j = places[[golden.exact.layer[i], golden.exact.index[i], golden.exact.position[i]]],
        let k = graph.verified.neuron.firstIndex(of: Int32(j))
      else { continue }
      verified += 1
      for (found, expected) in [
        (graph.verified.zero[k], golden.exact.zero[i]), (graph.verified.twice[k], golden.exact.twice[i]),
      ] { #expect(abs(found - expected) < max(2e-3, 5e-3 * abs(expected))) }
    }
    #expect(verified >= 40)
  }
}
