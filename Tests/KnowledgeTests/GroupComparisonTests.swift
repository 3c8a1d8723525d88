// autointerp
// `GroupComparisonTests` tests that `GroupComparison` finds planted differences, and none in shuffled labels.
// SPDX-License-Identifier: Apache-2.0

import Platform
import Testing

@testable import Knowledge

@Suite struct GroupComparisonTests {
  /// `neurons` that appear at random, each with its own rate, in `prompts` prompts of any group.
  static func noise(neurons: Int, prompts: Int, _ random: inout SeededRandom) -> [[UInt32]] {
    (0..<neurons).map { _ in
      let rate = random.unit()
      return (0..<UInt32(prompts)).filter { _ in random.unit() < rate }
    }
  }

  static func halves(_ count: Int) -> [GroupComparison.Prompt] {
    (0..<count).map { GroupComparison.Prompt(isFirst: $0 < count / 2, stratum: 0) }
  }

  @Test(arguments: 0..<10)
  func groupsDrawnFromOnePopulationGiveAtMostAHandfulOfFindings(seed: Int) {
    var random = SeededRandom(seed: UInt64(seed))
    let comparison = GroupComparison(
      prompts: Self.halves(120), appearances: Self.noise(neurons: 2000, prompts: 120, &random), isStratified: false)
    let found = comparison.specificities().count { ($0.test?.qValue ?? 1) < 0.05 }
    #expect(found <= 3)
    #expect(PermutationNull(comparison, seed: 1, rounds: 20).mean <= 3)
  }

  @Test func neuronsOfOneGroupOnlyAreFoundAndComeFirst() {
    var random = SeededRandom(seed: 3)
    let planted: [[UInt32]] = [Array(0..<41), Array(60..<100), (0..<120).filter { $0 % 2 == 0 }]
    let comparison = GroupComparison(
      prompts: Self.halves(120), appearances: planted + Self.noise(neurons: 1000, prompts: 120, &random),
      isStratified: false)
    let results = comparison.specificities()
    #expect(results[0].class == .domain)
    #expect(results[1].class == .baseline)
    #expect(results[2].class == .general)
    #expect(results.map(\.shrunkenLogOdds).max() == results[0].shrunkenLogOdds)
    #expect(results.map(\.shrunkenLogOdds).min() == results[1].shrunkenLogOdds)
    #expect(results.count { $0.class == .domain || $0.class == .baseline } == 2)
  }

  @Test func neuronsAreTestedByTheirNumberOfPromptsAlone() {
    // 6 of 120 prompts can give p = 0.028, 5 cannot go below 0.057, and in all prompts nothing can differ.
    let appearances: [[UInt32]] = [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5], [0, 1, 2, 60, 61, 62], Array(0..<120), []]
    let comparison = GroupComparison(prompts: Self.halves(120), appearances: appearances, isStratified: false)
    #expect(comparison.isTested == [false, true, true, false, false])
    #expect(comparison.testCount == 2)
    let results = comparison.specificities()
    #expect(results[0].test == nil)
    #expect(results[0].class == .undetermined)
    #expect(results[0].reason.contains("too few"))
    #expect(results[3].reason.contains("too many"))
  }

  /// Half of the prompts end in one way, half in the other; the first group has mostly the one, the second mostly the
  /// other, and a neuron appears with the ending.
  @Test func stratificationUnmasksANeuronThatFollowsTheEnding() throws {
    let prompts = (0..<200).map {
      GroupComparison.Prompt(isFirst: $0 % 2 == 0, stratum: $0 % 10 < ($0 % 2 == 0 ? 7 : 3) ? 0 : 1)
    }
    let follows = (0..<UInt32(200)).filter { prompts[Int($0)].stratum == 0 && $0 % 11 != 0 }
    let belongs = (0..<UInt32(200)).filter { prompts[Int($0)].isFirst && $0 % 3 != 0 }
    let comparison = GroupComparison(prompts: prompts, appearances: [follows, belongs], isStratified: true)
    let results = comparison.specificities()
    #expect(try #require(results[0].crude).qValue < 0.001)
    #expect(try #require(results[0].stratified).qValue > 0.3)
    #expect(results[0].test == results[0].stratified)
    #expect(results[0].testsDisagree || abs(results[0].table.logOdds.value) < 1.7)
    #expect(results[1].class == .domain)
    let strata = (0..<2).map { stratum in
      func count(_ isMeant: (Int) -> Bool) -> Int {
        prompts.indices.count { prompts[$0].stratum == stratum && isMeant($0) }
      }
      return StratumMargins(
        first: count { prompts[$0].isFirst }, second: count { !prompts[$0].isFirst },
        appearing: count { follows.contains(UInt32($0)) })
    }
    let shrunken = ExactDistribution(strata).shrunkenLogOdds(follows.count { prompts[Int($0)].isFirst })
    #expect(results[0].shrunkenLogOdds == shrunken)
  }

  @Test func groupsWithoutCommonFormsCannotBeCompared() throws {
    let prompts = (0..<40).map { GroupComparison.Prompt(isFirst: $0 < 20, stratum: $0 < 20 ? 0 : 1) }
    let comparison = GroupComparison(prompts: prompts, appearances: [Array(0..<20)], isStratified: true)
    let result = comparison.specificities()[0]
    #expect(try #require(result.test).qValue == 1)
    #expect(try #require(result.crude).qValue < 1e-9)
    #expect(result.class == .undetermined)
    #expect(result.testsDisagree)
    #expect(result.reason.contains("same form"))
  }

  @Test func aPermutationNullIsReproducibleAndKeepsStrata() {
    var random = SeededRandom(seed: 9)
    let prompts = (0..<60).map { GroupComparison.Prompt(isFirst: $0 < 30, stratum: $0 < 30 ? 0 : 1) }
    let comparison = GroupComparison(
      prompts: prompts, appearances: Self.noise(neurons: 100, prompts: 60, &random) + [Array(0..<30)],
      isStratified: true)
    // Every stratum holds only one group, so no permutation changes anything and no p-value is below 1.
    let null = PermutationNull(comparison, seed: 5, rounds: 3)
    #expect(null.findings == [0, 0, 0])
    #expect(null == PermutationNull(comparison, seed: 5, rounds: 3))
  }

  @Test func noPromptsGiveNoFindings() {
    let comparison = GroupComparison(prompts: [], appearances: [[], []], isStratified: false)
    #expect(comparison.specificities().allSatisfy { $0.class == .undetermined && $0.test == nil })
    #expect(PermutationNull(comparison, seed: 0, rounds: 2).mean == 0)
  }
}
