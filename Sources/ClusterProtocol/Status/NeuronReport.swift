// autointerp
// `NeuronReport` is one neuron as the status port reports it and its clients read it.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// What is known about a neuron so far, with as many edges as requested.
package struct NeuronReport: Codable, Equatable, Sendable {
  /// `L15/N7890`.
  package var neuron: String
  package var layer: Int
  package var index: Int
  /// What the neuron seems to be about, if known.
  package var label: String?
  /// The prompts in which the neuron was selected.
  package var prompts: Int
  package var domainPrompts: Int
  package var baselinePrompts: Int
  /// `DomainSpecificity.ratio`, in `0...1`. Nil until both domain and baseline have prompts.
  package var domainSpecificity: Double?
  /// The mean RelP over the prompts with the neuron, signed.
  package var meanRelp: Double
  /// The mean |RelP| over the prompts with the neuron.
  package var meanAbsoluteRelp: Double
  /// The rule of the run's scores, which ranks the neurons; this and the following are nil from an earlier release.
  package var rule: String?
  /// The mean score, and the mean |score|, over the prompts with the neuron.
  package var meanScore: Double?
  package var meanAbsoluteScore: Double?
  /// How far its scores can be trusted, by the run's random sample so far: `NodeTrust`.
  package var trust: String?
  /// At how many positions its removal was measured, and what it contributed to the metric there on average.
  package var verifiedCount: Int?
  package var meanContribution: Double?
  /// Edges that carry most come first: by the sum of |flow| over all prompts.
  package var upstream: [EdgeReport]
  package var downstream: [EdgeReport]
  /// The neurons selected most often in the same prompts.
  package var cooccurring: [CooccurrenceReport]

  package init(neuron: NeuronID, prompts: Int, domainPrompts: Int, baselinePrompts: Int) {
    self.neuron = neuron.description
    self.layer = Int(neuron.layer)
    self.index = Int(neuron.index)
    self.prompts = prompts
    self.domainPrompts = domainPrompts
    self.baselinePrompts = baselinePrompts
    meanRelp = 0
    meanAbsoluteRelp = 0
    upstream = []
    downstream = []
    cooccurring = []
  }
}

/// One edge of a neuron, without positions.
package struct EdgeReport: Codable, Equatable, Sendable {
  /// The other end: `15_7890`, `E_13347` or `L_791`.
  package var node: String
  /// The token's text for embeddings and logits, or the label of a labelled neuron.
  package var text: String?
  /// Prompts with the edge.
  package var prompts: Int
  /// `prompts` divided by the neuron's prompts, in `0...1`.
  package var frequency: Double
  /// The mean flow over the prompts with the edge, signed.
  package var meanFlow: Double
  /// The mean |flow| over the prompts with the edge. It equals |`meanFlow`| exactly if all flows have the same sign.
  package var meanAbsoluteFlow: Double

  package init(
    node: String, text: String?, prompts: Int, frequency: Double, meanFlow: Double, meanAbsoluteFlow: Double
  ) {
    self.node = node
    self.text = text
    self.prompts = prompts
    self.frequency = frequency
    self.meanFlow = meanFlow
    self.meanAbsoluteFlow = meanAbsoluteFlow
  }

  /// True if more than a tenth of what the edge carries, over all prompts, has the opposite sign. Then its mean says
  /// little.
  package var hasMixedSigns: Bool { abs(meanFlow) < 0.8 * meanAbsoluteFlow }
}

/// A neuron that is selected together with another one.
package struct CooccurrenceReport: Codable, Equatable, Sendable {
  package var neuron: String
  package var prompts: Int
  /// `prompts` divided by the first neuron's prompts, in `0...1`.
  package var frequency: Double

  package init(neuron: NeuronID, prompts: Int, frequency: Double) {
    self.neuron = neuron.description
    self.prompts = prompts
    self.frequency = frequency
  }
}
