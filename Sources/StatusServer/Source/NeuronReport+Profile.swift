// autointerp
// From the aggregate's profile of a neuron to the status port's report.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

extension NeuronReport {
  /// - Parameters:
  ///   - profile: from the running aggregate.
  ///   - texts: the text of each token that it mentions, as far as known.
  ///   - hasBothOrigins: whether prompts of the domain and of the baseline have been merged.
  package init(_ profile: NeuronProfile, texts: [Int32: String], hasBothOrigins: Bool) {
    let statistics = profile.statistics
    self.init(
      neuron: profile.neuron, prompts: statistics.prompts, domainPrompts: Int(statistics.domainPrompts),
      baselinePrompts: Int(statistics.baselinePrompts))
    domainSpecificity = hasBothOrigins ? profile.specificity.ratio : nil
    if prompts > 0 {
      meanRelp = statistics.relpSum / Double(prompts)
      meanAbsoluteRelp = statistics.absoluteRelpSum / Double(prompts)
    }
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

  /// The tokens that profiles mention.
  package static func tokens(in profiles: [NeuronProfile]) -> Set<Int32> {
    Set(profiles.flatMap { ($0.upstream + $0.downstream).compactMap(\.endpoint.token) })
  }
}
