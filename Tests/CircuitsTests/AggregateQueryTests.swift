// autointerp
// `AggregateQueryTests` tests the questions that `EdgeAggregate` answers while a run goes on.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Circuits

@Suite struct AggregateQueryTests {
  private func aggregate() throws -> EdgeAggregate {
    try Fixtures.aggregate(of: (0..<50).map { Fixtures.randomDelta(prompt: $0) })
  }

  @Test(arguments: NeuronOrder.allCases)
  func everyOrderIsTotalAndRanksAllNeurons(order: NeuronOrder) throws {
    let aggregate = try aggregate()
    let ranked = aggregate.rankedNeurons(by: order, limit: .max)
    #expect(ranked.sorted() == aggregate.sortedNeurons())
    #expect(aggregate.rankedNeurons(by: order, limit: 3) == Array(ranked.prefix(3)))
    let profiles = aggregate.topNeurons(sortedBy: order, limit: 4, topCount: 2)
    #expect(profiles.map(\.neuron) == Array(ranked.prefix(4)))
    let keys = ranked.compactMap { aggregate.profile(of: $0, topCount: 0) }.map { profile in
      switch order {
      case .domain: profile.specificity.zScore
      case .baseline: -profile.specificity.zScore
      case .prompts: Double(profile.statistics.prompts)
      case .score: profile.statistics.absoluteScoreSum(AttributionSettings().rule)
      case .relp: profile.statistics.absoluteRelpSum
      }
    }
    #expect(zip(keys, keys.dropFirst()).allSatisfy { $0 >= $1 })
  }

  /// The rule of the run decides the order by score.
  @Test func scoresAreRankedByTheRunsRule() throws {
    let deltas = (Int32(0)..<3).map { prompt in
      var delta = Fixtures.delta(prompt: prompt)
      delta.graph.neurons.gradientScore = [0.25, 0.5, 7]
      delta.graph.neurons.streamShare = [0, 0, 0]
      return delta
    }
    let aggregate = try Fixtures.aggregate(of: deltas)
    let (low, high) = (NeuronID(layer: 0, index: 3), NeuronID(layer: 2, index: 1))
    #expect(aggregate.rankedNeurons(by: .score, limit: 2, rule: .relp) == [low, high])
    #expect(aggregate.rankedNeurons(by: .score, limit: 2, rule: .gradient) == [high, low])
    #expect(aggregate.rankedNeurons(by: .relp, limit: 2, rule: .gradient) == [low, high])
  }

  @Test func limitsBelowOneGiveNothing() throws {
    #expect(try aggregate().rankedNeurons(by: .relp, limit: 0).isEmpty)
    #expect(try aggregate().rankedNeurons(by: .relp, limit: -1).isEmpty)
  }

  @Test func unknownNeuronsHaveNoProfile() throws {
    let aggregate = try aggregate()
    let unknown = NeuronID(layer: 3, index: 99)
    #expect(aggregate.profile(of: unknown) == nil)
    #expect(aggregate.statistics(of: unknown) == nil)
    let known = try #require(aggregate.sortedNeurons().first)
    #expect(aggregate.profiles(of: [unknown, known, known]).map(\.neuron) == [known])
  }

  @Test func profilesReadTogetherEqualThoseReadAlone() throws {
    let aggregate = try aggregate()
    let neurons = aggregate.sortedNeurons()
    #expect(
      aggregate.profiles(of: neurons, topCount: 4) == neurons.compactMap { aggregate.profile(of: $0, topCount: 4) })
  }

  @Test func listsAreOrderedByPromptsThenFlowThenName() throws {
    let aggregate = try aggregate()
    for neuron in aggregate.sortedNeurons() {
      let profile = try #require(aggregate.profile(of: neuron, topCount: 1000))
      for list in [profile.upstream, profile.downstream, profile.outputTokens] {
        let keys = list.map { (-$0.statistics.prompts, -abs($0.statistics.sum), $0.endpoint) }
        #expect(zip(keys, keys.dropFirst()).allSatisfy { $0 < $1 })
      }
      #expect(profile.outputTokens.allSatisfy { $0.endpoint.kind == .logit })
    }
  }
}
