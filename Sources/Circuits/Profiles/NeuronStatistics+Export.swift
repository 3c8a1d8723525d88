// autointerp
// `NeuronStatistics.writeScore` writes a neuron's score, its trust and its verified effect into the export of a run.
// SPDX-License-Identifier: Apache-2.0

internal import JSON

extension NeuronStatistics {
  /// Writes the score under the rule of the run, how far it can be trusted, and what was measured, as members of the
  /// open object. A contribution is the metric minus the metric without the neuron.
  func writeScore(rule: AttributionRule, trust calibration: TrustCalibration, to json: inout JSONByteWriter) {
    let trust = NeuronTrust(self, calibration: calibration)
    json.field("rule", rule.rawValue)
    json.field("score_sum", scoreSum(rule))
    json.field("score_absolute_sum", absoluteScoreSum(rule))
    json.field("score_mean", scoreSum(rule) / Double(occurrences))
    json.field("trust", trust.overall.rawValue)
    json.key("trust_counts")
    json.beginObject()
    for level in NodeTrust.allCases where trust.count(level) > 0 {
      json.key(named: level.rawValue)
      json.value(trust.count(level))
    }
    json.end()
    json.field("verified_count", verifiedCount)
    json.key("contribution_mean")
    if let meanContribution { json.value(meanContribution) } else { json.null() }
    json.field("contribution_sum", contributionSum)
    json.field("contribution_absolute_sum", absoluteContributionSum)
  }
}
