// autointerp
// `RunKnowledge` and its parts can be made again from stored figures, without the aggregate they were concluded from.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

extension RunKnowledge {
  /// Conclusions that were stored. `aggregate` need only know the neurons that will be asked for.
  package init(specificity: RunSpecificity, sinks: Sinks, aggregate: EdgeAggregate) {
    self.specificity = specificity
    self.sinks = sinks
    self.aggregate = aggregate
  }
}

extension RunSpecificity {
  /// - Parameters:
  ///   - specification: the run.
  ///   - merged: the numbers of the merged prompts, ascending.
  ///   - comparisons: without neurons.
  ///   - neuron: the one neuron that can be asked for.
  ///   - specificities: what each comparison says about it.
  package init(
    specification: RunSpecification, merged: [Int32], comparisons: [Comparison], neuron: NeuronID,
    specificities: [Specificity]
  ) {
    balance = Self.balance(of: specification, merged: merged)
    rows = [neuron: 0]
    self.comparisons = zip(comparisons, specificities).map { $0.with([$1]) }
  }

  /// The forms of the merged prompts of each group that has any.
  package static func balance(of specification: RunSpecification, merged: [Int32]) -> GroupBalance {
    let prompts = merged.filter { specification.prompts.indices.contains(Int($0)) }.map {
      specification.prompts[Int($0)]
    }
    return GroupBalance(
      specification.groups.map { group in
        (
          name: group.rawValue,
          shapes: prompts.filter { $0.origin == group }.map {
            PromptShape(text: $0.text, answerPrefix: $0.answerPrefix)
          }
        )
      }.filter { !$0.shapes.isEmpty })
  }
}

extension RunSpecificity.Comparison {
  /// A comparison without its neurons.
  package init(
    first: String, second: String, basis: CountingBasis, isStratified: Bool, testCount: Int, findingCount: Int,
    nullFindings: [Int], level: Double, fewestAgainstNone: Int?, rateAgainstTenth: Double?
  ) {
    self.init(
      first: first, second: second, basis: basis, isStratified: isStratified, testCount: testCount,
      findingCount: findingCount, null: PermutationNull(findings: nullFindings),
      detectable: RunSpecificity.Detectable(
        level: level, fewestAgainstNone: fewestAgainstNone, rateAgainstTenth: rateAgainstTenth),
      specificities: [])
  }

  fileprivate func with(_ specificities: [Specificity]) -> RunSpecificity.Comparison {
    RunSpecificity.Comparison(
      first: first, second: second, basis: basis, isStratified: isStratified, testCount: testCount,
      findingCount: findingCount, null: null, detectable: detectable, specificities: specificities)
  }
}

extension PermutationNull {
  init(findings: [Int]) { self.findings = findings }
}

extension Specificity {
  /// What was stored about a neuron; without tests if it was not tested.
  package init(
    stored table: FourfoldTable, crude: Test?, stratified: Test?, isStratified: Bool, shrunkenLogOdds: Double
  ) {
    self.table = table
    self.crude = crude
    self.stratified = stratified
    self.isStratified = isStratified
    self.shrunkenLogOdds = shrunkenLogOdds
  }
}

extension Specificity.Test {
  package init(storedP pValue: Double, q qValue: Double, logOdds: Estimate) {
    self.init(pValue: pValue, qValue: qValue, logOdds: logOdds)
  }
}

extension Estimate {
  package init(stored value: Double, error: Double) { self.init(value: value, error: error) }
}

extension Sinks {
  /// Sinks that were stored, in order of the neurons.
  package init(stored: [Sink]) {
    all = stored
    neurons = Set(stored.map(\.neuron))
  }
}

extension Sinks.Sink {
  package init(stored neuron: NeuronID, smallestRate: Double, activationRatio: Double, firstPositionShare: Double) {
    self.init(
      neuron: neuron, smallestRate: smallestRate, activationRatio: activationRatio,
      firstPositionShare: firstPositionShare)
  }
}
