// autointerp
// `PairedComparisonTests` tests McNemar's exact test against statsmodels, and that exchanged pairs give no findings.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform
import Testing

@testable import Knowledge

@Suite struct PairedComparisonTests {
  private func table(_ both: Int, _ first: Int, _ second: Int, of pairs: Int) -> [UInt32] {
    let start = UInt32(pairs)
    return (0..<UInt32(both + first)).map { $0 } + (0..<UInt32(both)).map { start + $0 }
      + (0..<UInt32(second)).map { start + UInt32(both + first) + $0 }
  }

  @Test func figuresAreThoseOfStatsmodels() throws {
    for entry in try StatisticsFixture.read().pairs {
      let comparison = PairedComparison(
        pairCount: 200, appearances: [table(7, entry.onlyFirst, entry.onlySecond, of: 200)])
      let found = comparison.differences()[0]
      #expect(found.onlyFirst == entry.onlyFirst && found.onlySecond == entry.onlySecond)
      #expect(found.table.first.count == 7 + entry.onlyFirst && found.table.second.count == 7 + entry.onlySecond)
      let distribution = ExactDistribution(discordantPairs: entry.onlyFirst + entry.onlySecond)
      #expect(agree(distribution.twoSidedP(entry.onlyFirst), entry.p, within: 1e-9), "\(entry)")
      let odds = PairedComparison.logOdds(onlyFirst: entry.onlyFirst, onlySecond: entry.onlySecond)
      #expect(agree(odds.value, entry.logOdds, within: 1e-9) && agree(odds.error, entry.logOddsError, within: 1e-9))
      // Six discordant pairs can give p = 0.031, five cannot go below 0.0625.
      #expect((found.test != nil) == (entry.onlyFirst + entry.onlySecond >= 6))
    }
  }

  /// The test is the stratified one with every pair a stratum.
  @Test(arguments: [0, 1, 6, 13, 40])
  func pairsAreStrata(count: Int) {
    let pairs = ExactDistribution(discordantPairs: count)
    let strata = ExactDistribution(
      (0..<count).map { _ in StratumMargins(first: 1, second: 1, appearing: 1) }
        + [StratumMargins(first: 1, second: 1, appearing: 2), StratumMargins(first: 1, second: 1, appearing: 0)])
    for first in 0...count {
      #expect(agree(pairs.twoSidedP(first), strata.twoSidedP(first + 1), within: 1e-9))
      #expect(agree(pairs.shrunkenLogOdds(first), strata.shrunkenLogOdds(first + 1), within: 1e-6))
    }
  }

  @Test(arguments: 0..<5)
  func sidesWithoutADifferenceGiveAtMostAHandful(seed: Int) {
    var random = SeededRandom(seed: UInt64(seed))
    let noise = (0..<1000).map { _ in
      let rate = random.unit()
      return (0..<UInt32(200)).filter { _ in random.unit() < rate }
    }
    let planted = table(3, 25, 0, of: 100)
    let comparison = PairedComparison(pairCount: 100, appearances: noise + [planted])
    let results = SideComparison(comparison, seed: 1, rounds: 20)
    #expect(results.differences.dropLast().count { $0.isFinding } <= 3)
    #expect(results.differences.last?.change == .changed && results.null.mean <= 3)
    #expect(results.null == PermutationNull(comparison, seed: 1, rounds: 20))
  }

  @Test func pairsWithBothOrNeitherSayNothing() {
    let comparison = PairedComparison(
      pairCount: 50, appearances: [table(50, 0, 0, of: 50), [], table(0, 9, 0, of: 50)])
    let found = comparison.differences()
    #expect(found[0].test == nil && found[1].test == nil)
    #expect(found[2].change == .lost && found[2].onlyFirst == 9)
  }
}
