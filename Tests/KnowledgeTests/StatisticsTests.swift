// autointerp
// `StatisticsTests` tests that intervals, tests, odds, q-values and power equal those of SciPy, statsmodels and brute force.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Knowledge

@Suite struct StatisticsTests {
  /// The rounding of sums of some thousand terms.
  static let rounding = 1e-9
  let fixture: StatisticsFixture

  init() throws { fixture = try StatisticsFixture.read() }

  @Test func wilsonIntervalsEqualThoseOfStatsmodels() {
    for entry in fixture.tables {
      let interval = entry.counts.first.interval
      #expect(agree(interval.lowerBound, entry.wilson[0], within: Self.rounding), "\(entry.table)")
      #expect(agree(interval.upperBound, entry.wilson[1], within: Self.rounding), "\(entry.table)")
    }
  }

  @Test func logOddsWithHalfAPromptAddedEqualThoseOfStatsmodels() {
    for entry in fixture.tables {
      let estimate = entry.counts.logOdds
      #expect(agree(estimate.value, entry.logOdds, within: Self.rounding), "\(entry.table)")
      #expect(agree(estimate.error, entry.logOddsError, within: Self.rounding), "\(entry.table)")
    }
  }

  @Test func twoSidedPValuesEqualFishersInSciPy() {
    #expect(fixture.tables.contains { $0.table[1] + $0.table[3] > 4000 })
    for entry in fixture.tables {
      let p = entry.distribution.twoSidedP(entry.table[0])
      #expect(agree(p, entry.fisherP, within: Self.rounding), "\(entry.table): \(p), not \(entry.fisherP)")
    }
  }

  /// The strata mirror each other, so that counts above and below the middle are equally likely. Their logarithms come from
  /// different sums and differ in the last bits.
  @Test func equallyLikelyCountsHaveTheSamePValue() throws {
    var differing = 0
    for appearing in [5, 9, 14] {
      let distribution = ExactDistribution([
        StratumMargins(first: 7, second: 13, appearing: appearing),
        StratumMargins(first: 13, second: 7, appearing: appearing),
      ])
      #expect(distribution.lowest + distribution.highest == 2 * appearing)
      for count in distribution.lowest..<appearing {
        let mirrored = 2 * appearing - count
        #expect(distribution.twoSidedP(count) == distribution.twoSidedP(mirrored), "\(count) and \(mirrored)")
        let logs = distribution.logProbabilities
        if logs[count - distribution.lowest] != logs[mirrored - distribution.lowest] { differing += 1 }
      }
    }
    #expect(differing > 0, "no two of them would have been told apart without a tolerance")
  }

  @Test func theMoreOneSidedTableHasTheSmallerPValueAndComesFirst() {
    func table(_ a: Int, _ c: Int) -> (p: Double, effect: Double) {
      let distribution = ExactDistribution([StratumMargins(first: 30, second: 30, appearing: a + c)])
      return (distribution.twoSidedP(a), distribution.shrunkenLogOdds(a))
    }
    #expect(table(26, 0).p < table(25, 2).p)
    #expect(table(26, 0).effect > table(25, 2).effect)
    #expect(table(3, 0).effect < table(25, 2).effect)
  }

  @Test func shrunkenLogOddsEqualAFineGrid() {
    for entry in fixture.tables {
      guard let expected = entry.shrunken else { continue }
      let value = entry.distribution.shrunkenLogOdds(entry.table[0])
      // The product's coarse grid against 200,001 points.
      #expect(abs(value - expected) < 1e-4, "\(entry.table): \(value), not \(expected)")
    }
    for entry in fixture.strata {
      let distribution = ExactDistribution(entry.tables.map(\.margins))
      let value = distribution.shrunkenLogOdds(entry.tables.reduce(0) { $0 + $1.first.count })
      #expect(abs(value - entry.shrunken) < 1e-4, "\(entry.strata): \(value), not \(entry.shrunken)")
    }
  }

  @Test func stratifiedPValuesEqualRationalArithmetic() {
    for entry in fixture.strata {
      let distribution = ExactDistribution(entry.tables.map(\.margins))
      let p = distribution.twoSidedP(entry.tables.reduce(0) { $0 + $1.first.count })
      #expect(agree(p, entry.exactP, within: Self.rounding), "\(entry.strata): \(p), not \(entry.exactP)")
    }
  }

  @Test func commonOddsEqualThoseOfStatsmodels() throws {
    for entry in fixture.strata {
      let plain = CommonOdds.logOdds(entry.tables, adding: 0)
      #expect((plain == nil) == (entry.plain == nil), "\(entry.strata)")
      if let plain, let expected = entry.plain {
        #expect(agree(plain.value, expected[0], within: Self.rounding), "\(entry.strata)")
        #expect(agree(plain.error, expected[1], within: Self.rounding), "\(entry.strata)")
      }
      let plus = try #require(CommonOdds.logOdds(entry.tables))
      #expect(agree(plus.value, entry.plusHalf[0], within: Self.rounding), "\(entry.strata)")
      #expect(agree(plus.error, entry.plusHalf[1], within: Self.rounding), "\(entry.strata)")
    }
  }

  @Test func oneStratumHasTheOddsOfThePlainTable() throws {
    for entry in fixture.tables {
      let common = try #require(CommonOdds.logOdds([entry.counts]))
      #expect(agree(common.value, entry.logOdds, within: Self.rounding), "\(entry.table)")
    }
  }

  @Test func strataOfOneGroupOnlySayNothing() {
    let only = [
      FourfoldTable(Proportion(3, of: 5), Proportion(0, of: 0)),
      FourfoldTable(Proportion(0, of: 0), Proportion(1, of: 4)),
    ]
    #expect(CommonOdds.logOdds(only) == nil)
    let distribution = ExactDistribution(only.map(\.margins))
    #expect((distribution.lowest, distribution.highest) == (3, 3))
    #expect(distribution.twoSidedP(3) == 1)
    #expect(distribution.shrunkenLogOdds(3) == 0)
  }

  @Test func qValuesEqualThoseOfStatsmodels() {
    for entry in fixture.qValues {
      for (q, expected) in zip(FalseDiscovery.qValues(entry.p), entry.q) {
        #expect(agree(q, expected, within: Self.rounding))
      }
    }
    #expect(FalseDiscovery.qValues([]).isEmpty)
  }

  @Test func powerAndDetectableRatesEqualBruteForce() {
    for entry in fixture.power {
      let detectable = DetectableDifference(
        first: entry.sizes[0], second: entry.sizes[1], level: entry.level, highestRate: max(0.1, entry.rates[1]))
      #expect(detectable.fewestAgainstNone == entry.fewestAgainstNone)
      #expect(abs(detectable.power(firstRate: entry.rates[0], secondRate: entry.rates[1]) - entry.power) < 1e-9)
      let smallest = detectable.smallestRate(against: entry.rates[1])
      #expect((smallest == nil) == (entry.smallestRate == nil))
      if let smallest, let expected = entry.smallestRate { #expect(abs(smallest - expected) < 3e-4) }
    }
  }

  @Test(arguments: [(0, 0, 0), (5, 0, 3), (0, 5, 5), (1, 1, 1), (3000, 3000, 3000)])
  func probabilitiesSumToOneForAllMargins(first: Int, second: Int, appearing: Int) {
    let distribution = ExactDistribution([StratumMargins(first: first, second: second, appearing: appearing)])
    let largest = (distribution.lowest...distribution.highest).map(distribution.twoSidedP).max()
    #expect(largest == 1)
    #expect(distribution.smallestP >= 0)
  }
}
