// autointerp
// `RunKnowledge` writes balance, comparisons, sinks and every neuron's specificity into a run's export.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import JSON

extension RunKnowledge: ExportAdditions {
  package func writeOverview(to json: inout JSONByteWriter) {
    json.key("balance")
    json.beginObject(lines: true)
    json.key("groups")
    json.beginObject(lines: true)
    for group in specificity.balance.groups { write(group, to: &json) }
    json.end()
    json.key("warnings")
    json.beginArray(lines: true)
    for warning in specificity.balance.warnings { json.value(warning.text) }
    json.end()
    json.end()
    json.key("comparisons")
    json.beginArray(lines: true)
    for comparison in specificity.comparisons { write(comparison, to: &json) }
    json.end()
    json.key("sinks")
    json.beginArray(lines: true)
    for sink in sinks.all {
      json.beginObject()
      json.key("neuron_id")
      json.value(sink.neuron)
      json.field("smallest_rate", sink.smallestRate.significant)
      json.field("activation_ratio", sink.activationRatio.significant)
      json.field("first_position_share", sink.firstPositionShare.significant)
      json.end()
    }
    json.end()
  }

  private func write(_ group: GroupBalance.Group, to json: inout JSONByteWriter) {
    json.key(named: group.name)
    json.beginObject()
    json.field("prompts", group.promptCount)
    json.field("mean_words", group.meanWords.significant)
    json.key("word_quartiles")
    json.beginArray()
    for length in group.wordQuartiles { json.value(length) }
    json.end()
    json.key("endings")
    json.beginObject()
    for ending in EndingClass.allCases where group.endings[ending] != nil {
      json.key(named: ending.rawValue)
      json.value(group.endings[ending] ?? 0)
    }
    json.end()
    json.key("last_words")
    json.beginArray()
    for entry in group.lastWords {
      json.beginObject()
      json.field("word", entry.word)
      json.field("prompts", entry.prompts)
      json.end()
    }
    json.end()
    json.field("ending_with_punctuation", group.punctuated)
    json.field("with_answer_prefix", group.withAnswerPrefix)
    json.end()
  }

  private func write(_ comparison: RunSpecificity.Comparison, to json: inout JSONByteWriter) {
    json.beginObject()
    json.field("first", comparison.first)
    json.field("second", comparison.second)
    json.field("basis", comparison.basis.rawValue)
    json.field("test", comparison.isStratified ? "stratified" : "fisher")
    json.field("tested_neurons", comparison.testCount)
    json.field("findings", comparison.findingCount)
    json.key("permutation_null")
    json.beginObject()
    json.field("rounds", comparison.null.findings.count)
    json.field("mean_findings", comparison.null.mean.significant)
    json.field("largest_findings", comparison.null.largest)
    json.end()
    json.key("minimum_detectable")
    json.beginObject()
    json.field("p_value", comparison.detectable.level.significant)
    json.key("fewest_prompts_against_none")
    if let fewest = comparison.detectable.fewestAgainstNone { json.value(fewest) } else { json.null() }
    json.key("rate_against_a_tenth")
    if let rate = comparison.detectable.rateAgainstTenth { json.value(rate.significant) } else { json.null() }
    json.end()
    json.end()
  }

  // MARK: One neuron

  package func writeProfile(of neuron: NeuronID, to json: inout JSONByteWriter) {
    json.field("is_sink", sinks.neurons.contains(neuron))
    if let statistics = aggregate.statistics(of: neuron) {
      write(statistics, to: &json)
      write(RoleAssessment(statistics, isSink: sinks.neurons.contains(neuron)), to: &json)
    }
    json.key("specificity")
    if let found = specificity.specificity(of: neuron), let comparison = specificity.comparisons.first {
      write(found, of: comparison, to: &json)
    } else {
      json.null()
    }
    json.key("comparisons")
    json.beginArray()
    for (number, comparison) in specificity.comparisons.enumerated().dropFirst() {
      // By activity most neurons are too rare for a test, and their entries would say nothing.
      if let found = specificity.specificity(of: neuron, inComparison: number),
        comparison.basis == .selected || found.test != nil
      {
        write(found, of: comparison, to: &json)
      }
    }
    json.end()
  }

  private func write(_ statistics: NeuronStatistics, to json: inout JSONByteWriter) {
    json.key("positions")
    json.beginObject()
    for position in PositionClass.allCases {
      let sums = statistics.statistics(at: position)
      json.key(named: position.rawValue)
      json.beginObject()
      json.field("occurrences", sums.occurrences)
      json.field("relp_absolute_sum", sums.absoluteRelpSum)
      json.field("activation_absolute_sum", sums.absoluteActivationSum)
      json.end()
    }
    json.end()
  }

  private func write(_ assessment: RoleAssessment, to json: inout JSONByteWriter) {
    json.key("role")
    json.beginObject()
    json.field("name", assessment.role.rawValue)
    json.field("score", assessment.score.significant)
    json.key("token_share")
    write(assessment.figures.tokenShare, to: &json)
    json.key("output_share")
    write(assessment.figures.outputShare, to: &json)
    json.field("sign", assessment.figures.sign.significant)
    json.field("fan_in", assessment.figures.fanIn.significant)
    json.field("fan_out", assessment.figures.fanOut.significant)
    json.key("halves")
    json.beginArray()
    for half in assessment.halves { json.value(half.rawValue) }
    json.end()
    json.field("is_stable", assessment.isStable)
    json.end()
  }

  private func write(
    _ found: Specificity, of comparison: RunSpecificity.Comparison, to json: inout JSONByteWriter
  ) {
    json.beginObject()
    json.field("class", found.class.rawValue)
    json.field("reason", found.reason)
    json.key("q_value")
    write(found.test?.qValue, to: &json)
    json.key("p_value")
    write(found.test?.pValue, to: &json)
    json.key("q_crude")
    write(found.crude?.qValue, to: &json)
    json.key("q_stratified")
    write(found.stratified?.qValue, to: &json)
    json.field("test", found.isStratified ? "stratified" : "fisher")
    json.field("tests_disagree", found.testsDisagree)
    write(found.table.logOdds, to: &json)
    json.key("stratified")
    if let stratified = found.stratified, stratified.logOdds.error.isFinite {
      json.beginObject()
      json.key("p_value")
      write(stratified.pValue, to: &json)
      write(stratified.logOdds, to: &json)
      json.end()
    } else {
      json.null()
    }
    json.field("shrunken_log_odds", found.shrunkenLogOdds.significant)
    json.field("basis", comparison.basis.rawValue)
    json.key("groups")
    json.beginObject()
    for (name, share) in [(comparison.first, found.table.first), (comparison.second, found.table.second)] {
      json.key(named: name)
      json.beginObject()
      json.field("prompts", share.count)
      json.field("of", share.total)
      json.field("rate", share.rate.significant)
      json.key("interval")
      json.beginArray()
      json.value(share.interval.lowerBound.significant)
      json.value(share.interval.upperBound.significant)
      json.end()
      json.end()
    }
    json.end()
    json.end()
  }

  /// `log_odds` and its `interval`.
  private func write(_ estimate: Estimate, to json: inout JSONByteWriter) {
    json.field("log_odds", estimate.value.significant)
    json.key("interval")
    json.beginArray()
    write(estimate.low, to: &json)
    write(estimate.high, to: &json)
    json.end()
  }

  private func write(_ value: Double?, to json: inout JSONByteWriter) {
    if let value, value.isFinite { json.value(value.significant) } else { json.null() }
  }
}
