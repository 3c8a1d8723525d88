// autointerp
// Tests graphs with the scores of one rule: the same numbers, and no claims about what was not computed.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Circuits
import Foundation
import Inference
import Synchronization
import TestSupport
import Testing

@testable import Attribution

@Suite struct OneRuleTests {
  private static let tokens: [Int32] = [3, 49, 0, 7, 7, 21, 30]

  @Test(arguments: AttributionRule.allCases) func oneRuleGivesTheSameScoresAndEdges(rule: AttributionRule) throws {
    let backend = OpenBLASBackend(threadCount: 2)
    let propagation = RelevancePropagation(
      transformer: Transformer(ConservationTests.models[0].checkpoint, backend: backend, storage: .resident),
      backend: backend)
    var settings = GradientTests.everything(.logProbability([]), rule)
    settings.selection = .top(30)
    settings.verification = .count(3)
    let both = try propagation.graph(of: Self.tokens, settings: settings)
    let passes = Counter()
    let one = try propagation.graph(of: Self.tokens, settings: settings, rules: .chosen) { step in
      if step.stage == .nodes { passes.add() }
    }
    #expect(passes.count == propagation.transformer.layers.count, "one backward pass")
    #expect(one.edges == both.edges && one.verified == both.verified && one.metric == both.metric)
    #expect((0..<30).map { one.score(ofNeuron: $0) } == (0..<30).map { both.score(ofNeuron: $0) })
    #expect(one.neurons.relp.isEmpty == (rule == .gradient))
    #expect(one.neurons.gradientScore.isEmpty == (rule == .relp))
    #expect(!one.hasBothRules && both.hasBothRules)
    #expect(one.conservation.directEffects == both.conservation.directEffects)
    try one.validate()

    // Nothing is promised or claimed without the other rule.
    let unverified = (0..<30).filter { !one.verified.neuron.contains(Int32($0)) }
    #expect(unverified.allSatisfy { one.trust(nil)[$0] == .uncalibrated })
    let export = GraphExport(
      one, labels: GraphLabels(modelName: "tiny", layerCount: 3, prompt: "p", settings: settings) { "t\($0)" })
    let json = try #require(JSONSerialization.jsonObject(with: Data(export.full())) as? [String: Any])
    let conservation = try #require(json["conservation"] as? [String: Any])
    #expect((conservation["node_total"] is NSNull) == (rule == .gradient))
    #expect(conservation["direct_effects"] is Double)
    let node = try #require((json["nodes"] as? [[String: Any]])?.first)
    #expect((node["relp"] == nil) == (rule == .gradient))
    #expect(node["score"] is Double)
    #expect(export.text().contains("trust: unknown"))
    #expect(export.text().contains("node total") == (rule == .relp))
    _ = try GraphImport.read(export.full())
    _ = try GraphImport.read(export.neuronpedia())

    // A run's statistics need RelP's scores.
    let delta = EdgeDelta(
      prompt: 0, origin: .domain, graph: one,
      vocabulary: Set(one.tokens + one.metric.targets.map(\.token)).sorted().map { TokenText(id: $0, text: "t") })
    if rule == .gradient {
      #expect(throws: CircuitError.self) { try delta.validate() }
    } else {
      try delta.validate()
    }
  }
}

/// Counts calls from any thread.
private final class Counter: Sendable {
  private let value = Mutex(0)
  func add() { value.withLock { $0 += 1 } }
  var count: Int { value.withLock { $0 } }
}
