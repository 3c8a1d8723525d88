// autointerp
// `RunSpecificity` compares the groups of a run, neuron by neuron, and says how far the comparison can be trusted.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// All comparisons between the groups of a run.
///
/// The first group with prompts (`domain`, unless there is none) is compared with each of the others, first by the prompts
/// in which a neuron was selected, then, if the graphs tell it, by those in which it is among the most active ones. Only
/// merged prompts count. The result is a function of the merged prompts, their graphs and the run's seed.
package struct RunSpecificity: Sendable {
  /// The first group against one other.
  package struct Comparison: Sendable {
    package let first: String
    package let second: String
    package let basis: CountingBasis
    /// Whether the groups differ so much in form that the stratified tests count.
    package let isStratified: Bool
    /// Neurons that were tested; the others appear in too few or too many prompts.
    package let testCount: Int
    /// Neurons with q < 0.05.
    package let findingCount: Int
    /// The same if prompts are given to groups at random.
    package let null: PermutationNull
    package let detectable: Detectable
    let specificities: [Specificity]
  }

  /// What a comparison of this size finds in four of five cases, at the threshold that the correction for many tests sets.
  package struct Detectable: Equatable, Sendable {
    /// The largest p-value that is a finding.
    package let level: Double
    /// The fewest prompts of the first group that are a finding against none of the second; nil if there is no such number.
    package let fewestAgainstNone: Int?
    /// The smallest rate in the first group that is found against 10 % in the second; nil if none is.
    package let rateAgainstTenth: Double?
  }

  package let balance: GroupBalance
  /// In order of the groups; all by selection before all by activity.
  package let comparisons: [Comparison]
  let rows: [NeuronID: Int]

  /// - Parameters:
  ///   - aggregate: the merged prompts.
  ///   - specification: the run that they belong to.
  /// - Complexity: O(neurons in prompts * permutations)
  package init(aggregate: EdgeAggregate, specification: RunSpecification) {
    let merged = aggregate.sortedPrompts().filter { specification.prompts.indices.contains(Int($0.prompt)) }
    let prompts = merged.map { record in
      let prompt = specification.prompts[Int(record.prompt)]
      return MergedPrompt(
        number: record.prompt, group: prompt.origin.rawValue,
        shape: PromptShape(text: prompt.text, answerPrefix: prompt.answerPrefix))
    }
    let groups = specification.groups.map(\.rawValue).filter { group in prompts.contains { $0.group == group } }
    let balance = GroupBalance(
      groups.map { group in (group, prompts.filter { $0.group == group }.map(\.shape)) })
    var rows: [NeuronID: Int] = [:]
    for neuron in aggregate.sortedNeurons() { rows[neuron] = rows.count }
    let bases: [CountingBasis] = aggregate.knowsActiveNeurons ? [.selected, .active] : [.selected]
    comparisons = bases.flatMap { basis in
      groups.dropFirst().map { second in
        let pair = prompts.filter { $0.group == groups[0] || $0.group == second }
        return Self.compare(
          pair, groups[0], second, basis, isStratified: !balance.warnings(between: groups[0], and: second).isEmpty,
          seed: specification.seed, rows: rows, aggregate)
      }
    }
    self.balance = balance
    self.rows = rows
  }

  /// What the comparison number `comparison` says about a neuron; nil if no merged prompt has the neuron.
  package func specificity(of neuron: NeuronID, inComparison comparison: Int = 0) -> Specificity? {
    guard comparisons.indices.contains(comparison) else { return nil }
    return rows[neuron].map { comparisons[comparison].specificities[$0] }
  }

  private struct MergedPrompt {
    var number: Int32
    var group: String
    var shape: PromptShape
  }

  private static func compare(
    _ prompts: [MergedPrompt], _ first: String, _ second: String, _ basis: CountingBasis, isStratified: Bool,
    seed: UInt64, rows: [NeuronID: Int], _ aggregate: EdgeAggregate
  ) -> Comparison {
    let strata = PromptStrata(prompts.map(\.shape))
    var appearances = [[UInt32]](repeating: [], count: rows.count)
    for (place, prompt) in prompts.enumerated() {
      let neurons =
        basis == .selected
        ? aggregate.neurons(inPrompt: prompt.number) : aggregate.activeNeurons(inPrompt: prompt.number)
      for neuron in neurons {
        if let row = rows[neuron] { appearances[row].append(UInt32(place)) }
      }
    }
    let comparison = GroupComparison(
      prompts: zip(prompts, strata.numbers).map { GroupComparison.Prompt(isFirst: $0.group == first, stratum: $1) },
      appearances: appearances, isStratified: isStratified)
    let specificities = comparison.specificities()
    let findings = specificities.count { $0.isFinding }
    return Comparison(
      first: first, second: second, basis: basis, isStratified: isStratified, testCount: comparison.testCount,
      findingCount: findings, null: PermutationNull(comparison, seed: seed),
      detectable: Detectable(
        first: comparison.firstCount, second: comparison.secondCount, tests: comparison.testCount, findings: findings),
      specificities: specificities)
  }
}

extension RunSpecificity.Detectable {
  /// Of so many tests, so many are findings: the threshold of Benjamini and Hochberg, at least that of Bonferroni.
  init(first: Int, second: Int, tests: Int, findings: Int) {
    level = ClassRule.largestQ * Double(max(1, findings)) / Double(max(1, tests))
    let difference = DetectableDifference(first: first, second: second, level: level, highestRate: 0.1)
    fewestAgainstNone = difference.fewestAgainstNone
    rateAgainstTenth = difference.smallestRate(against: 0.1)
  }
}
