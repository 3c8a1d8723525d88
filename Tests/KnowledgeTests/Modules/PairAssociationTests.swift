// autointerp
// Tests of `PairAssociations`: exact p-values, expectations within strata, and no links where nothing is linked.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Platform
internal import Testing

@testable import Knowledge

@Suite struct PairAssociationTests {
  private func table(_ strata: [Int], _ selected: [[Int]], families: [Int]? = nil) -> SelectionTable {
    SelectionTable(
      neurons: selected.indices.map { NeuronID(layer: 0, index: $0) }, strata: strata, families: families,
      selected: selected)
  }

  /// SciPy 1.x: convolutions of `hypergeom.pmf`; the first is `fisher_exact([[7, 1], [1, 11]], "greater")`.
  @Test func upperTailsAreThoseOfSciPy() {
    let strata = Array(repeating: 0, count: 20) + Array(repeating: 1, count: 10) + Array(repeating: 2, count: 5)
    let one = table(Array(strata[..<20]), [Array(0..<8), Array(1..<9)])
    #expect(abs(PairAssociations(one).upperTail(0, 1, 7) - 0.000_770_024_609_033_896_9) < 1e-15)
    let two = table(Array(strata[..<30]), [Array(0..<8) + Array(20..<26), Array(1..<9) + Array(20..<27)])
    #expect(abs(PairAssociations(two).upperTail(0, 1, 12) - 0.000_749_649_387_420_285_2) < 1e-15)
    let three = table(strata, [Array(0..<8) + Array(20..<26), Array(1..<9) + Array(20..<27) + [30, 31, 32]])
    #expect(abs(PairAssociations(three).upperTail(0, 1, 10) - 0.054_764_361_885_104_92) < 1e-14)
    #expect(PairAssociations(three).upperTail(0, 1, 0) == 1)
  }

  /// Far above expectation a bound takes the place of the exact value: never smaller, and certain as well.
  @Test func whatIsCertainGetsABoundThatIsNotTooSmall() throws {
    let own = (0..<600).filter { $0 % 10 < 2 }
    let whole = table((0..<600).map { $0 % 3 }, [own, own])
    let test = PairAssociations(whole)
    let link = try #require(test.links(in: whole).first)
    #expect(link.both == 120 && link.pValue < 1e-12 && link.pValue > test.upperTail(0, 1, 120))
  }

  @Test func neuronsThatShareAStratumOnlyAreNotLinked() {
    // Both are in most prompts of stratum 0 and nowhere else, independently of each other.
    let strata = (0..<200).map { $0 / 100 }
    let first = (0..<100).filter { $0 % 10 < 7 }
    let second = (0..<100).filter { $0 / 10 < 7 }
    let found = PairAssociations(table(strata, [first, second]))
    #expect(found.links(in: table(strata, [first, second])).isEmpty && found.testCount == 1)
    // Without strata they look linked: 49 together, 24.5 expected.
    let crude = table(Array(repeating: 0, count: 200), [first, second])
    let link = PairAssociations(crude).links(in: crude).first
    #expect(link?.both == 49 && abs((link?.expected ?? 0) - 24.5) < 1e-4)
  }

  @Test func correlationIsOneForNeuronsThatAreAlwaysTogether() {
    let own = (0..<60).filter { $0 % 3 == 0 }
    let whole = table((0..<60).map { $0 / 30 }, [own, own])
    let link = PairAssociations(whole).links(in: whole).first
    #expect(link?.both == 20 && abs((link?.correlation ?? 0) - 1) < 1e-6)
  }

  @Test func nearDuplicatesDoNotLinkNeurons() {
    // Twelve prompts that are one text, and 60 others.
    let own = Array(0..<12)
    let families = (0..<72).map { $0 < 12 ? 0 : $0 }
    let strata = Array(repeating: 0, count: 72)
    let same = table(strata, [own, own], families: families)
    #expect(PairAssociations(same).links(in: same).isEmpty)
    let different = table(strata, [own, own])
    #expect(PairAssociations(different).links(in: different).count == 1)
  }

  /// Many rounds without any dependence: a link is found by mistake in a few of them at most.
  @Test func independentNeuronsAreHardlyEverLinked() {
    var mistaken = 0
    for seed in 1...40 as ClosedRange<UInt64> {
      var random = SeededRandom(seed: seed)
      let random20 = (0..<20).map { _ in (0..<120).filter { _ in random.chance(0.2) } }
      let whole = table((0..<120).map { $0 % 3 }, random20)
      if !PairAssociations(whole).links(in: whole).isEmpty { mistaken += 1 }
    }
    // 5 % of 40 is 2; more than 6 has a probability below 0.5 %.
    #expect(mistaken <= 6)
  }

  @Test func aPromptAloneInItsStratumSaysNothing() {
    let strata = [0, 1, 2, 3] + Array(repeating: 4, count: 40)
    let both = table(strata, [[0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 6, 7]])
    #expect(PairAssociations(both).testCount == 0 && PairAssociations(both).links(in: both).isEmpty)
  }
}
