// autointerp
// Tests of `PartitionAgreement` and `AgainstChance` with figures of scikit-learn and by hand.
// SPDX-License-Identifier: Apache-2.0

internal import Testing

@testable import Knowledge

@Suite struct PartitionAgreementTests {
  /// `sklearn.metrics.adjusted_rand_score` 1.x.
  @Test(
    arguments: [
      ([0, 0, 1, 1], [0, 0, 1, 2], 0.571_428_571_428_571_4),
      ([0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 0, 1, 1, 1, 2, 2, 2, 0], 0.111_111_111_111_111_1),
      ([0, 0, 1, 1], [0, 1, 0, 1], -0.5), ([1, 2, 3, 4], [1, 1, 2, 2], 0.0),
      ([0, 0, 0, 0, 1, 1, 1, 1, 2, 2], [5, 5, 5, 7, 7, 7, 7, 7, 9, 5], 0.443_194_600_674_915_6),
      ([3, 3, 1, 1], [0, 0, 9, 9], 1.0), ([0, 1, 2], [0, 1, 2], 1.0), ([0, 0, 0], [1, 1, 1], 1.0),
    ] as [([Int], [Int], Double)])
  func adjustedRandIndexIsThatOfScikitLearn(first: [Int], second: [Int], expected: Double) {
    #expect(abs(PartitionAgreement.adjustedRandIndex(first, second) - expected) < 1e-12)
    #expect(abs(PartitionAgreement.adjustedRandIndex(second, first) - expected) < 1e-12)
  }

  @Test func theMostSimilarSetIsFoundAndNoneIfNothingIsShared() throws {
    let sets: [Set<Int>] = [[1, 2], [1, 2, 3, 4], [7]]
    let found = try #require(PartitionAgreement.mostAlike([1, 2, 3], in: sets))
    #expect(found.place == 1 && found.jaccard == 0.75)
    #expect(PartitionAgreement.mostAlike([9], in: sets) == nil)
  }

  @Test func aFigureNeverHasASmallerPValueThanItsRoundsAllow() {
    let figure = AgainstChance(3, random: [1, 2, 1, 2])
    #expect(figure.pValue == 0.2 && figure.largest == 2 && figure.mean == 1.5)
    #expect(abs((figure.z ?? 0) - 1.5 / (1.0 / 3).squareRoot()) < 1e-12)
    #expect(AgainstChance(2, random: [1, 2, 1, 2]).pValue == 0.6)
    #expect(AgainstChance(1, random: [0, 0]).z == nil)
  }
}
