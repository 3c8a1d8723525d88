// autointerp
// `SideDifference` is what a comparison of two sides found about one neuron or one edge.
// SPDX-License-Identifier: Apache-2.0

/// How something that prompts have or do not have differs between a first and a second side.
package struct SideDifference: Equatable, Sendable {
  /// In words of what happened from the first side to the second.
  package enum Change: String, CaseIterable, Sendable {
    /// In prompts of the second side only, and that is not chance.
    case gained
    /// In prompts of the first side only, and that is not chance.
    case lost
    /// In both, more often in one, and that is not chance.
    case changed
    /// In both, with odds that differ less than `ClassRule.largeOddsRatio`, which is known well enough; or, where both sides have
    /// the same prompts, in exactly the same ones.
    case shared
    /// Not told apart.
    case undetermined
  }

  /// Prompts that have it, of all prompts of each side.
  package let table: FourfoldTable
  /// Of prompts that are on both sides: how many have it on one side only. Nil if the sides have different prompts.
  package let onlyFirst: Int?
  package let onlySecond: Int?
  /// The test that counts: McNemar's for pairs, the stratified one if the sides differ in form, else Fisher's. Nil if too few
  /// or too many prompts have it for any difference to be found.
  package let test: Specificity.Test?
  /// Fisher's test, where the stratified one counts.
  package let crude: Specificity.Test?
  /// The figure for ranking; see `ExactDistribution.shrunkenLogOdds`.
  package let shrunkenLogOdds: Double

  package var isFinding: Bool { test.map { $0.qValue < ClassRule.largestQ } ?? false }

  /// The log odds ratio of first against second, as everywhere.
  package var logOdds: Estimate { test?.logOdds ?? table.logOdds }

  package var change: Change {
    if isFinding {
      if table.first.count == 0 { return .gained }
      return table.second.count == 0 ? .lost : .changed
    }
    if let onlyFirst, let onlySecond, onlyFirst + onlySecond == 0, table.appearing > 0 { return .shared }
    return ClassRule.classify(q: test?.qValue, logOdds: logOdds) == .general ? .shared : .undetermined
  }
}

/// Which test the differences of a comparison rest on.
package enum SideTest: String, Sendable {
  case mcnemar
  case stratified
  case fisher

  package var words: String {
    switch self {
    case .mcnemar: "McNemar's exact test over the prompts that both have"
    case .stratified: "exact test within prompts of equal ending and length"
    case .fisher: "Fisher's exact test"
    }
  }
}

/// All differences of one kind of thing between two sides, and what chance alone would have found.
package struct SideComparison: Sendable {
  /// In the order of the rows.
  package let differences: [SideDifference]
  package let test: SideTest
  /// The findings if prompts are given to sides at random.
  package let null: PermutationNull

  package var testCount: Int { differences.count { $0.test != nil } }
  package var findingCount: Int { differences.count { $0.isFinding } }

  /// Compares sides with different prompts.
  package init(_ comparison: GroupComparison, seed: UInt64, rounds: Int = PermutationNull.defaultRounds) {
    let isStratified = comparison.isStratified
    test = isStratified ? .stratified : .fisher
    differences = comparison.specificities().map { found in
      SideDifference(
        table: found.table, onlyFirst: nil, onlySecond: nil, test: isStratified ? found.stratified : found.crude,
        crude: isStratified ? found.crude : nil, shrunkenLogOdds: found.shrunkenLogOdds)
    }
    null = PermutationNull(comparison, seed: seed, rounds: rounds)
  }

  /// Compares sides with the same prompts.
  package init(_ comparison: PairedComparison, seed: UInt64, rounds: Int = PermutationNull.defaultRounds) {
    test = .mcnemar
    differences = comparison.differences()
    null = PermutationNull(comparison, seed: seed, rounds: rounds)
  }
}
