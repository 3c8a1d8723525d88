// autointerp
// Tests of `RunIndex.cooccurrences`: prompts are compared within groups, and q-values count all tests of the run.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Knowledge
internal import TestSupport
internal import Testing

@testable import RunIndex

@Suite struct CooccurrenceTests {
  private static func neuron(_ index: Int) -> NeuronID { NeuronID(layer: 0, index: index) }

  /// Forty prompts; those with even numbers belong to the domain.
  ///
  /// - L0/N0 and L0/N1 are in the same half of each group, L0/N2 in the other half;
  /// - L0/N3 and L0/N4 are in most prompts of the domain each, independently of each other, and nowhere else;
  /// - L0/N5 is in all prompts, L0/N6 in one.
  private func index() throws -> (index: RunIndex, folder: RunIndexTests.Folder) {
    let folder = try RunIndexTests.Folder()
    let atlas = try SampleRun.write(to: folder.run, merging: 0..<0)
    try SampleRun.merge(
      (0..<40).map { prompt in
        var sketch = GraphSketch()
        let (isDomain, number) = (prompt % 2 == 0, prompt / 2)
        for index in number % 2 == 0 ? [0, 1] : [2] { sketch.add(Self.neuron(index)) }
        if isDomain, number >= 6 { sketch.add(Self.neuron(3)) }
        if isDomain, number % 4 != 0, number != 7 { sketch.add(Self.neuron(4)) }
        sketch.add(Self.neuron(5))
        if prompt == 0 { sketch.add(Self.neuron(6)) }
        return sketch.delta(prompt: Int32(prompt), origin: isDomain ? .domain : .baseline)
      }, into: atlas)
    return (try RunIndex.open(folder.run), folder)
  }

  @Test func neuronsOfOneGroupAreNotTogetherBecauseOfTheGroup() throws {
    let found = try index().index.cooccurrences(of: Self.neuron(3), includesSinks: true)
    let other = try #require(found.rows.first { $0.neuron == Self.neuron(4) })
    // 14 of 20 prompts each: 10 together, where 9.8 are expected in the domain; over all prompts it would be 4.9.
    #expect(other.prompts == 10 && abs(other.expected - 9.8) < 1e-9 && other.pValue > 0.9 && !other.isFinding)
    let crude = ExactDistribution([StratumMargins(first: 14, second: 26, appearing: 14)]).twoSidedP(10)
    #expect(crude < 0.002)
  }

  @Test func realCompanyIsFoundAndEverythingInAllPromptsIsNot() throws {
    let found = try index().index.cooccurrences(of: Self.neuron(0), includesSinks: true)
    #expect(found.rows.first?.neuron == Self.neuron(1))
    #expect(found.rows.filter(\.isFinding).map(\.neuron) == [Self.neuron(1)])
    let everywhere = try #require(found.rows.first { $0.neuron == Self.neuron(5) })
    #expect(everywhere.prompts == 20 && everywhere.expected == 20 && everywhere.pValue == 1 && everywhere.qValue == nil)
    #expect(found.rows.first { $0.neuron == Self.neuron(6) }?.qValue == nil)
  }

  @Test func qValuesCountAllTestsOfTheRunWhetherOrNotTheyAreListed() throws {
    let found = try index().index.cooccurrences(of: Self.neuron(0), includesSinks: true)
    // L0/N2 shares no prompt and is not listed, but it is tested: with N1, N2, N3 and N4 that makes four.
    #expect(!found.rows.contains { $0.neuron == Self.neuron(2) } && found.testCount == 4)
    func distribution(_ inDomain: Int, _ inBaseline: Int) -> ExactDistribution {
      ExactDistribution([inDomain, inBaseline].map { StratumMargins(first: 10, second: 10, appearing: $0) })
    }
    let tested = [1, 3, 4].map { index in found.rows.first { $0.neuron == Self.neuron(index) } }
    let p =
      [distribution(10, 10).twoSidedP(20), distribution(10, 10).twoSidedP(0)]
      + [tested[1], tested[2]].map { distribution(14, 0).twoSidedP($0?.prompts ?? -1) }
    let q = FalseDiscovery.qValues(p)
    #expect(tested.map { $0?.pValue } == [p[0], p[2], p[3]])
    #expect(tested.map { $0?.qValue } == [q[0], q[2], q[3]])
  }
}
