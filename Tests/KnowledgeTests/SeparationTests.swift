// autointerp
// Tests of `Separation`: the AUC against a count of pairs, and the coverage of its interval.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Platform
internal import Testing

@testable import Knowledge

@Suite struct SeparationTests {
  @Test func theAreaIsTheShareOfPairsInOrder() throws {
    var random = SeededRandom(seed: 3)
    for _ in 0..<50 {
      let positives = (0..<random.integer(in: 1...20)).map { _ in Double(random.integer(in: 0...6)) }
      let negatives = (0..<random.integer(in: 1...20)).map { _ in Double(random.integer(in: 0...5)) }
      let found = try #require(Separation(positives: positives, negatives: negatives))
      var pairs = 0.0
      for a in positives { for b in negatives { pairs += a > b ? 1 : a == b ? 0.5 : 0 } }
      #expect(abs(found.value - pairs / Double(positives.count * negatives.count)) < 1e-12)
      #expect(found.low <= found.value && found.value <= found.high && found.low >= 0 && found.high <= 1)
      let mirrored = try #require(Separation(positives: negatives, negatives: positives))
      #expect(abs(mirrored.value + found.value - 1) < 1e-12 && abs(mirrored.low + found.high - 1) < 1e-9)
    }
  }

  @Test func aPerfectScoreIsNotCertain() throws {
    let few = try #require(Separation(positives: [2, 3, 4], negatives: [0, 1, 1]))
    let many = try #require(
      Separation(positives: (100..<200).map(Double.init), negatives: (0..<100).map(Double.init)))
    #expect(few.value == 1 && few.high == 1 && few.low < 0.75 && many.low > 0.95)
    #expect(Separation(positives: [], negatives: [1]) == nil && Separation(positives: [1], negatives: []) == nil)
  }

  /// Normal scores whose true area is known: nineteen of twenty intervals hold it.
  @Test(arguments: [(0.0, 12, 40), (1.0, 25, 25), (1.8, 15, 60)])
  func theIntervalCoversTheTruth(shift: Double, positives: Int, negatives: Int) throws {
    var random = SeededRandom(seed: 11)
    func normal() -> Double { (-2 * log(1 - random.unit())).squareRoot() * cos(2 * .pi * random.unit()) }
    let truth = 0.5 * erfc(-shift / 2)
    var covered = 0
    for _ in 0..<1000 {
      let found = try #require(
        Separation(
          positives: (0..<positives).map { _ in normal() + shift }, negatives: (0..<negatives).map { _ in normal() }))
      if found.low <= truth, truth <= found.high { covered += 1 }
    }
    // 950 expected; four standard errors are 28, and the interval is approximate.
    #expect((915...990).contains(covered), "\(covered)")
  }
}
