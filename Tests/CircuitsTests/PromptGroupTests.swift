// autointerp
// `PromptGroupTests` tests the names of groups, and that prompts of any number of groups are counted exactly.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Circuits

@Suite struct PromptGroupTests {
  private static let names: [(name: String, isValid: Bool)] = [
    ("control", true), ("my-group_2", true), (String(repeating: "a", count: 40), true), ("", false), ("2nd", false),
    ("Domain", false), ("a b", false), ("é", false), (String(repeating: "a", count: 41), false), ("a\n", false),
  ]

  @Test(arguments: names)
  func namesAreUsableAsKeys(name: String, isValid: Bool) {
    #expect((PromptGroup(rawValue: name) != nil) == isValid)
  }

  @Test func promptsOfFurtherGroupsAreCountedTogether() throws {
    let control = try #require(PromptGroup(rawValue: "control"))
    let more = try #require(PromptGroup(rawValue: "more"))
    let aggregate = try Fixtures.aggregate(of: [
      Fixtures.delta(prompt: 0, origin: control), Fixtures.delta(prompt: 1, origin: more),
      Fixtures.delta(prompt: 2, origin: .baseline), Fixtures.delta(prompt: 3, origin: control),
    ])
    let neuron = try #require(aggregate.statistics(of: NeuronID(layer: 2, index: 1)))
    #expect((neuron.domainPrompts, neuron.baselinePrompts, neuron.otherPrompts) == (0, 1, 3))
    #expect(neuron.prompts == 4)
    let edge = try #require(
      aggregate.statistics(from: .neuron(layer: 0, index: 3), to: .neuron(layer: 2, index: 1)))
    #expect((edge.domainPrompts, edge.baselinePrompts, edge.otherPrompts) == (0, 1, 3))
    // L0/N3 has two positions with flows of 0.5 and 1 in every prompt, whatever its group.
    #expect(edge.prompts == 4 && edge.mean == 1.5 && edge.standardDeviation == 0)
    #expect((aggregate.totals.prompts, aggregate.totals.otherPrompts) == (4, 3))
    var other = EdgeAggregate()
    try other.merge(Fixtures.delta(prompt: 9, origin: control))
    var both = aggregate
    try both.merge(other)
    #expect(both.totals.otherPrompts == 4)
    #expect(both.statistics(from: .neuron(layer: 0, index: 3), to: .neuron(layer: 2, index: 1))?.otherPrompts == 4)
  }

  @Test func groupsOfARunStandInOrder() throws {
    let control = try #require(PromptGroup(rawValue: "control"))
    var specification = Fixtures.specification(domain: 1, baseline: 0)
    #expect(specification.groups == [.domain, .baseline])
    specification.prompts += [RunPrompt(origin: control, text: "a"), RunPrompt(origin: .baseline, text: "b")]
    #expect(specification.groups == [.domain, .baseline, control])
  }

  @Test func positionsAreKeptByClass() throws {
    // L0/N3 occurs at positions 1 and 2 of three tokens, and the metric is read at position 2.
    let statistics = try #require(
      try Fixtures.aggregate(of: [Fixtures.delta()]).statistics(of: NeuronID(layer: 0, index: 3)))
    #expect(statistics.first == PositionStatistics())
    #expect((statistics.last.occurrences, statistics.other.occurrences) == (1, 1))
    #expect((statistics.last.absoluteRelpSum, statistics.other.absoluteRelpSum) == (2, 3))
    #expect((statistics.last.absoluteActivationSum, statistics.other.absoluteActivationSum) == (1, 2))
    #expect(statistics.absoluteActivationSum == 3)
  }
}
