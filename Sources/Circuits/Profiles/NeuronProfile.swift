// autointerp
// What a run knows of one neuron.
// SPDX-License-Identifier: Apache-2.0

/// What the merged prompts say about one neuron. Frequencies are relative to the prompts the neuron appears in and
/// always in `0...1`. Lists are cut for display only; the counts beside them are those before the cut.
package struct NeuronProfile: Equatable, Sendable {
  /// An edge of the neuron, in the order asked for; see `EdgeOrder`.
  package struct Edge: Equatable, Sendable {
    /// The other end.
    package var endpoint: Endpoint
    package var statistics: EdgeStatistics
    /// Prompts with the edge / prompts with the neuron.
    package var frequency: Double
  }

  /// Another neuron in the same prompts; in order of prompts, then neuron.
  package struct Cooccurrence: Equatable, Sendable {
    package var neuron: NeuronID
    /// Prompts that both appear in.
    package var prompts: Int
    /// `prompts` / prompts with the profile's neuron.
    package var frequency: Double
  }

  package var neuron: NeuronID
  package var statistics: NeuronStatistics
  package var specificity: DomainSpecificity
  /// Distinct neurons and tokens that drive it.
  package var upstreamCount: Int
  package var upstream: [Edge]
  /// Distinct neurons and output tokens that it drives.
  package var downstreamCount: Int
  package var downstream: [Edge]
  /// The traced logits among `downstream`: an edge counts the prompts in which the neuron has a direct edge to that
  /// logit.
  package var outputTokenCount: Int
  package var outputTokens: [Edge]
  package var cooccurringCount: Int
  package var cooccurring: [Cooccurrence]
}

/// An order of neurons, best first; ties are broken by |relp| and then by the neuron, so that it is total.
package enum NeuronOrder: String, Sendable, CaseIterable {
  /// By the z-score of the log odds of domain against baseline: specific *and* seen often enough to say so.
  case domain
  /// The reverse of `domain`.
  case baseline
  /// By prompts they appear in.
  case prompts
  /// By summed |relp|: total effect on the metrics.
  case relp
}
