// autointerp
// Tests what a neuron's page says about its scores, their trust and its verified effect.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Testing

@testable import Knowledge

@Suite struct NeuronScoreTests {
  /// L1/N1 and L1/N2 are in every prompt; L1/N1 is removed at random, and contributes 1.5 where its score is 1.
  private static func page(_ neuron: NeuronID, verified: Bool, rule: AttributionRule = .gradient) throws -> String {
    var aggregate = EdgeAggregate()
    for number in 0..<40 {
      var delta = RunKnowledgeTests.delta(number, .domain, neurons: [1, 2])
      delta.graph.neurons.gradientScore = [9, 1, -0.5]
      delta.graph.neurons.streamShare = [2, 0.01, 0.01]
      if verified {
        delta.graph.verified.neuron = [1]
        delta.graph.verified.reason = [2]
        delta.graph.verified.zero = [-1.5]
      }
      try aggregate.merge(delta)
    }
    var specification = try RunKnowledgeTests.specification()
    specification.settings.rule = rule
    return try #require(NeuronPage(neuron, aggregate: aggregate, specification: specification)).text
  }

  @Test func aRemovedNeuronShowsWhatItContributed() throws {
    let text = try Self.page(NeuronID(layer: 1, index: 1), verified: true)
    #expect(text.contains("metric logprob; scores by the rule gradient\n"))
    #expect(text.contains("  gradient: mean +1.000, mean |score| 1.000; this rule ranks\n"))
    #expect(text.contains("  relp: mean +1.000, mean |score| 1.000\n"))
    #expect(text.contains("  verified: removed at 40 positions, where it contributed +1.500 on average\n"))
    #expect(text.contains("  trust: exact (positions: 40 exact); by 40 random nodes of this run\n"))
    #expect(text.contains("whether it is necessary elsewhere"))
  }

  /// Scores of 1 where the truth is 1.5 are wrong by more than 25 %, and L1/N2 differs only by the sign of its scores.
  @Test func othersAreTrustedByTheRandomSample() throws {
    let text = try Self.page(NeuronID(layer: 1, index: 2), verified: true)
    #expect(text.contains("  gradient: mean -0.500, mean |score| 0.500; this rule ranks\n"))
    #expect(text.contains("  verified: at no position\n"))
    #expect(text.contains("  trust: unreliable (positions: 40 unreliable); by 40 random nodes of this run\n"))
    #expect(text.contains("whether it is necessary: it was removed in none of these prompts"))
  }

  @Test func withoutASampleNothingIsPromised() throws {
    let text = try Self.page(NeuronID(layer: 1, index: 1), verified: false, rule: .relp)
    #expect(text.contains("  relp: mean +1.000, mean |score| 1.000; this rule ranks\n"))
    #expect(
      text.contains("  trust: uncalibrated (positions: 40 uncalibrated); nothing was verified at random in this run"))
  }

  @Test func linesKeepWithinAHundredColumns() throws {
    for line in try Self.page(NeuronID(layer: 1, index: 1), verified: true).split(separator: "\n") {
      #expect(line.utf8.count <= 100, "\(line)")
    }
  }
}
