// autointerp
// `Specificity` is what a comparison of two groups says about one neuron.
// SPDX-License-Identifier: Apache-2.0

/// How much more often a neuron appears in one group of prompts than in another, and whether that is chance.
package struct Specificity: Equatable, Sendable {
  /// One way to test it.
  package struct Test: Equatable, Sendable {
    /// The p-value of an exact two-sided test.
    package var pValue: Double
    /// The q-value among all neurons tested in the comparison; see `FalseDiscovery`.
    package var qValue: Double
    /// The log odds ratio of the first group against the second. Its error is infinite if the prompts cannot be
    /// compared.
    package var logOdds: Estimate
  }

  package let table: FourfoldTable
  /// The test that treats all prompts of a group alike. Nil if the neuron was not tested.
  package let crude: Test?
  /// The test that compares only prompts of equal form. Nil if the neuron was not tested.
  package let stratified: Test?
  /// True if the stratified test is the one that counts.
  package let isStratified: Bool
  /// The figure for ranking; see `ExactDistribution.shrunkenLogOdds`.
  package let shrunkenLogOdds: Double

  init(table: FourfoldTable, crude: Test, stratified: Test, isStratified: Bool, shrunkenLogOdds: Double) {
    self.table = table
    self.crude = crude
    self.stratified = stratified
    self.isStratified = isStratified
    self.shrunkenLogOdds = shrunkenLogOdds
  }

  /// Makes the result for a neuron in too few prompts, or in too many, to be tested.
  init(untested table: FourfoldTable, shrunkenLogOdds: Double) {
    self.table = table
    crude = nil
    stratified = nil
    isStratified = false
    self.shrunkenLogOdds = shrunkenLogOdds
  }

  /// The test that counts.
  package var test: Test? { isStratified ? stratified : crude }

  /// The log odds ratio of the first group against the second that belongs to `test`: whoever shows a q-value shows this
  /// beside it. Over all prompts if the neuron was not tested.
  package var logOdds: Estimate { test?.logOdds ?? table.logOdds }

  package var `class`: SpecificityClass { ClassRule.classify(q: test?.qValue, logOdds: logOdds) }

  /// Whether the neuron differs between the groups by more than chance: q < 0.05.
  package var isFinding: Bool { test.map { $0.qValue < ClassRule.largestQ } ?? false }

  /// Whether the two tests lead to different conclusions, so that both should be shown.
  package var testsDisagree: Bool {
    guard let crude, let stratified else { return false }
    return ClassRule.classify(q: crude.qValue, logOdds: crude.logOdds)
      != ClassRule.classify(q: stratified.qValue, logOdds: stratified.logOdds)
  }

  /// Why the class is what it is, in words that need no knowledge of statistics.
  package var reason: String {
    let counts =
      "in \(table.first.count) of \(table.first.total) against \(table.second.count) of \(table.second.total)"
    guard let test else {
      let isRare = 2 * table.appearing <= table.first.total + table.second.total
      return "\(counts) prompts: too \(isRare ? "few" : "many") for any difference to be more than chance"
    }
    guard test.logOdds.error.isFinite else {
      return "\(counts) prompts, but no prompts of both groups have the same form"
    }
    switch self.class {
    case .domain, .baseline: return "\(counts) prompts: far from equal, and not by chance"
    case .general: return "\(counts) prompts: takes part in both, with odds that differ less than five times"
    case .undetermined where test.qValue < ClassRule.largestQ:
      return "\(counts) prompts: not equal, but less than five times the odds, or not surely more"
    case .undetermined: return "\(counts) prompts: may be chance, and a large difference is not excluded"
    }
  }
}
