// autointerp
// `NeuronReport.init` makes a report from the aggregate's profile of a neuron.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

extension NeuronReport {
  /// - Parameters:
  ///   - profile: from the running aggregate.
  ///   - texts: the texts of the tokens in it, as far as known.
  ///   - hasBothOrigins: true if prompts of the domain and of the baseline were merged.
  ///   - rule: the rule of the run's scores.
  ///   - calibration: of the run's random sample so far, under that rule.
  package init(
    _ profile: NeuronProfile, texts: [Int32: String], hasBothOrigins: Bool, rule: AttributionRule,
    calibration: TrustCalibration
  ) {
    let statistics = profile.statistics
    self.init(
      neuron: profile.neuron, prompts: statistics.prompts, domainPrompts: Int(statistics.domainPrompts),
      baselinePrompts: Int(statistics.baselinePrompts))
    domainSpecificity = hasBothOrigins ? profile.specificity.ratio : nil
    if prompts > 0 {
      meanRelp = statistics.relpSum / Double(prompts)
      meanAbsoluteRelp = statistics.absoluteRelpSum / Double(prompts)
      meanScore = statistics.scoreSum(rule) / Double(prompts)
      meanAbsoluteScore = statistics.absoluteScoreSum(rule) / Double(prompts)
    }
    self.rule = rule.rawValue
    trust = NeuronTrust(statistics, calibration: calibration).overall.rawValue
    verifiedCount = Int(statistics.verifiedCount)
    meanContribution = statistics.meanContribution
    func report(_ edge: NeuronProfile.Edge) -> EdgeReport {
      EdgeReport(
        node: edge.endpoint.description, text: edge.endpoint.token.flatMap { texts[$0] },
        prompts: edge.statistics.prompts, frequency: edge.frequency, meanFlow: edge.statistics.mean,
        meanAbsoluteFlow: edge.statistics.absoluteSum / Double(edge.statistics.prompts))
    }
    upstream = profile.upstream.map { report($0) }
    downstream = profile.downstream.map { report($0) }
    cooccurring = profile.cooccurring.map {
      CooccurrenceReport(neuron: $0.neuron, prompts: $0.prompts, frequency: $0.frequency)
    }
  }

  /// The tokens in the profiles.
  package static func tokens(in profiles: [NeuronProfile]) -> Set<Int32> {
    Set(profiles.flatMap { ($0.upstream + $0.downstream).compactMap(\.endpoint.token) })
  }
}
