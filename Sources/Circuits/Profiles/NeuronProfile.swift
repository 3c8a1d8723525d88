// autointerp
// `NeuronProfile` is what a run says about one neuron: its statistics, drivers, targets and co-occurring neurons.
// SPDX-License-Identifier: Apache-2.0

/// What the merged prompts say about one neuron. Frequencies are relative to the prompts that the neuron appears in,
/// and always in `0...1`. Lists are cut for display only; the counts beside them are those before the cut.
package struct NeuronProfile: Equatable, Sendable {
  /// An edge of the neuron. `EdgeOrder` decides the order of a list.
  package struct Edge: Equatable, Sendable {
    /// The other end of the edge.
    package var endpoint: Endpoint
    package var statistics: EdgeStatistics
    /// Prompts with the edge divided by prompts with the neuron.
    package var frequency: Double
  }

  /// Another neuron that appears in the same prompts. Lists are sorted by prompts, then neuron.
  package struct Cooccurrence: Equatable, Sendable {
    package var neuron: NeuronID
    /// The number of prompts that both appear in.
    package var prompts: Int
    /// `prompts` divided by the prompts with the profile's neuron.
    package var frequency: Double
  }

  package var neuron: NeuronID
  package var statistics: NeuronStatistics
  package var specificity: DomainSpecificity
  /// The number of distinct neurons and tokens that drive it.
  package var upstreamCount: Int
  package var upstream: [Edge]
  /// The number of distinct neurons and output tokens that it drives.
  package var downstreamCount: Int
  package var downstream: [Edge]
  /// The traced logits in `downstream`. An edge counts the prompts in which the neuron has a direct edge to the
  /// logit.
  package var outputTokenCount: Int
  package var outputTokens: [Edge]
  package var cooccurringCount: Int
  package var cooccurring: [Cooccurrence]
}

/// An order of neurons, best first. Ties are decided by |score|, then by the neuron.
package enum NeuronOrder: String, Sendable, CaseIterable {
  /// By the z-score of the log odds of domain against baseline: specific, and seen often enough to be sure.
  case domain
  /// The reverse of `domain`.
  case baseline
  /// By the number of prompts they appear in.
  case prompts
  /// By summed |score| under the run's rule: the total effect on the metrics.
  case score
  /// By summed |relp|, whatever the rule.
  case relp
}
