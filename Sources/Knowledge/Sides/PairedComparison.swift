// autointerp
// `PairedComparison` tests for every neuron whether it appears more often on one side, if both sides have the same prompts.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// The same prompts on two sides, such as two runs of one corpus.
///
/// A prompt that has a neuron on both sides, or on neither, says nothing about a difference. Of the pairs that are left, each
/// has the neuron on one side only; if the sides do not differ, it is as likely the one as the other (McNemar 1947; exact
/// p-values from the binomial distribution). This is the stratified test of `GroupComparison` with every pair a stratum.
package struct PairedComparison: Sendable {
  let pairCount: Int
  /// `[rows]`: the pairs with the neuron on the first side only, and on the second only.
  let discordant: [(first: [UInt32], second: [UInt32])]
  /// `[rows]`: how many pairs have it on both sides.
  private let common: [Int]
  /// By the number of discordant pairs.
  private let distributions: [Int: ExactDistribution]
  /// `[rows]`: rows whose number of discordant pairs allows p <= `ClassRule.attainableP`. The choice does not look at sides.
  let isTested: [Bool]

  /// - Parameters:
  ///   - pairCount: the number of prompts that both sides have.
  ///   - appearances: for every neuron its places, distinct, in any order: pair `p` of the first side is `p`, that of the
  ///     second side `pairCount + p`.
  /// - Complexity: O(places + distinct numbers of discordant pairs * pairs)
  package init(pairCount: Int, appearances: [[UInt32]]) {
    self.pairCount = pairCount
    var common: [Int] = []
    var distributions: [Int: ExactDistribution] = [:]
    var isTested: [Bool] = []
    discordant = appearances.map { places in
      let sides = places.sorted()
      let split = sides.firstIndex { Int($0) >= pairCount } ?? sides.endIndex
      let (first, second) = (Set(sides[..<split]), Set(sides[split...].map { $0 - UInt32(pairCount) }))
      let onlyFirst = sides[..<split].filter { !second.contains($0) }
      let onlySecond = second.subtracting(first).sorted()
      common.append(first.count - onlyFirst.count)
      let count = onlyFirst.count + onlySecond.count
      let distribution = distributions[count] ?? ExactDistribution(discordantPairs: count)
      distributions[count] = distribution
      isTested.append(distribution.smallestP <= ClassRule.attainableP)
      return (onlyFirst, onlySecond)
    }
    self.common = common
    self.distributions = distributions
    self.isTested = isTested
  }

  func distribution(_ row: Int) -> ExactDistribution {
    let (first, second) = discordant[row]
    guard let known = distributions[first.count + second.count] else { preconditionFailure("made in init") }
    return known
  }

  /// The log odds that a pair with the neuron on one side only has it on the first, with half a pair added to each count so
  /// that it is finite; the error is that of Robins, Breslow and Greenland for pairs.
  package static func logOdds(onlyFirst: Int, onlySecond: Int) -> Estimate {
    let (b, c) = (Double(onlyFirst) + 0.5, Double(onlySecond) + 0.5)
    return Estimate(value: log(b / c), error: (1 / b + 1 / c).squareRoot())
  }

  /// What is found about every row, in their order.
  package func differences() -> [SideDifference] {
    let tested = isTested.indices.filter { isTested[$0] }
    let p = tested.map { distribution($0).twoSidedP(discordant[$0].first.count) }
    let q = FalseDiscovery.qValues(p)
    var next = 0
    return discordant.indices.map { row in
      let (first, second) = (discordant[row].first.count, discordant[row].second.count)
      let table = FourfoldTable(
        Proportion(common[row] + first, of: pairCount), Proportion(common[row] + second, of: pairCount))
      var test: Specificity.Test?
      if isTested[row] {
        test = Specificity.Test(
          pValue: p[next], qValue: q[next], logOdds: Self.logOdds(onlyFirst: first, onlySecond: second))
        next += 1
      }
      return SideDifference(
        table: table, onlyFirst: first, onlySecond: second, test: test, crude: nil,
        shrunkenLogOdds: distribution(row).shrunkenLogOdds(first))
    }
  }
}
