// autointerp
// Tests the accuracy of predictions on values whose relation is known.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Platform
import Testing

@testable import Causality

@Suite struct PredictionAccuracyTests {
  @Test func ranksShareTheirMeanWhereValuesAreEqual() {
    #expect(ScoreAgreement.ranks([3, 1, 3, 2]) == [3.5, 1, 3.5, 2])
    #expect(ScoreAgreement.ranks([]) == [])
  }

  @Test func goodPredictionsBeatShuffledOnes() throws {
    var random = SeededRandom(seed: 2)
    let predicted = (0..<40).map { _ in 2 * random.unit() - 1 }
    let measured = predicted.map { $0 * $0 * $0 + 0.05 * (random.unit() - 0.5) }
    let accuracy = try #require(PredictionAccuracy(predicted: predicted, measured: measured, seed: 1))
    #expect(accuracy.sizes.estimate.mean > 0.9 && accuracy.signs.estimate.mean > 0.8)
    #expect(accuracy.sizes.p < 0.005 && accuracy.signs.p < 0.005)
    #expect(abs(accuracy.sizes.shuffledMean) < 0.05 && abs(accuracy.signs.shuffledMean - 0.5) < 0.1)
    let (low, high) = (accuracy.sizes.estimate.low ?? 1, accuracy.sizes.estimate.high ?? 0)
    #expect(low < accuracy.sizes.estimate.mean && accuracy.sizes.estimate.mean < high)
  }

  @Test func predictionsWithoutRelationAreRarelySignificant() throws {
    var significant = 0
    for round in 0..<40 {
      var random = SeededRandom(seed: UInt64(round))
      let predicted = (0..<15).map { _ in random.unit() - 0.5 }
      let measured = (0..<15).map { _ in random.unit() - 0.5 }
      let accuracy = try #require(PredictionAccuracy(predicted: predicted, measured: measured, seed: 3))
      if accuracy.sizes.p < 0.05 { significant += 1 }
    }
    #expect(significant <= 6)
  }

  /// A neuron without an effect has no sign, and neither has one for which nothing is predicted.
  @Test func anEffectOfZeroHasNoRightSign() throws {
    let accuracy = try #require(PredictionAccuracy(predicted: [1, -2, 0, 3], measured: [0, 0, 1, 1], seed: 1))
    #expect(accuracy.signs.estimate.mean == 0.25)
  }

  @Test func twoNeuronsAreTooFew() {
    #expect(PredictionAccuracy(predicted: [1, 2], measured: [1, 2], seed: 0) == nil)
  }
}
