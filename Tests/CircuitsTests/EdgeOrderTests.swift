// autointerp
// `EdgeOrderTests` tests in which order the edges of a neuron are listed.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Circuits

@Suite struct EdgeOrderTests {
  private func aggregate() throws -> EdgeAggregate {
    try Fixtures.aggregate(of: (0..<50).map { Fixtures.randomDelta(prompt: $0) })
  }

  @Test func byFlowTheEdgesThatCarryMostComeFirstWhateverTheirSigns() throws {
    let aggregate = try aggregate()
    var hasMixedSigns = false
    for neuron in aggregate.sortedNeurons() {
      let profile = try #require(aggregate.profile(of: neuron, topCount: 1000, edgesBy: .flow))
      for list in [profile.upstream, profile.downstream, profile.outputTokens] {
        let keys = list.map { (-$0.statistics.absoluteSum, -$0.statistics.prompts, $0.endpoint) }
        #expect(zip(keys, keys.dropFirst()).allSatisfy { $0 < $1 })
        hasMixedSigns = hasMixedSigns || list.contains { abs($0.statistics.sum) < $0.statistics.absoluteSum }
      }
    }
    // Otherwise the order by |summed flow| would pass too.
    #expect(hasMixedSigns)
  }

  @Test(arguments: [1, 2, 3, 7])
  func aCutListIsTheBeginningOfTheWholeOne(length: Int) throws {
    let aggregate = try aggregate()
    for order in [EdgeOrder.flow, .prompts] {
      for neuron in aggregate.sortedNeurons() {
        let whole = try #require(aggregate.profile(of: neuron, topCount: 1000, edgesBy: order))
        let cut = try #require(aggregate.profile(of: neuron, topCount: length, edgesBy: order))
        #expect(cut.upstream == Array(whole.upstream.prefix(length)))
        #expect(cut.downstream == Array(whole.downstream.prefix(length)))
      }
    }
  }

  @Test func theOrdersHoldTheSameEdges() throws {
    let aggregate = try aggregate()
    for neuron in aggregate.sortedNeurons() {
      let byFlow = try #require(aggregate.profile(of: neuron, topCount: 1000, edgesBy: .flow))
      let byPrompts = try #require(aggregate.profile(of: neuron, topCount: 1000))
      #expect(Set(byFlow.upstream.map(\.endpoint)) == Set(byPrompts.upstream.map(\.endpoint)))
    }
  }
}
