// autointerp
// One neuron as the status port reports it.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// What is known about a neuron so far, with as many edges as were asked for.
package struct NeuronReport: Codable, Equatable, Sendable {
  /// `L15/N7890`.
  package var neuron: String
  package var layer: Int
  package var index: Int
  /// What the neuron seems to be about, where somebody knows.
  package var label: String?
  /// Prompts that the neuron was selected in.
  package var prompts: Int
  package var domainPrompts: Int
  package var baselinePrompts: Int
  /// `DomainSpecificity.ratio`, in `0...1`; nil until domain and baseline both have prompts.
  package var domainSpecificity: Double?
  /// Mean RelP over the prompts with the neuron, signed.
  package var meanRelp: Double
  /// Mean |RelP| over the prompts with the neuron.
  package var meanAbsoluteRelp: Double
  /// Those that carry most first: by the sum of |flow| over all prompts.
  package var upstream: [EdgeReport]
  package var downstream: [EdgeReport]
  /// Neurons most often selected in the same prompts.
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

/// One position-free edge of a neuron.
package struct EdgeReport: Codable, Equatable, Sendable {
  /// The other end: `15_7890`, `E_13347` or `L_791`.
  package var node: String
  /// The token's text for embeddings and logits, the label for labelled neurons.
  package var text: String?
  /// Prompts with the edge.
  package var prompts: Int
  /// `prompts` over the neuron's prompts, in `0...1`.
  package var frequency: Double
  /// Mean flow over the prompts with the edge, signed.
  package var meanFlow: Double
  /// Mean |flow| over the prompts with the edge: equal to |`meanFlow`| exactly when all have the same sign.
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

  /// True when more than a tenth of what the edge carries, over all prompts, goes the other way: then its mean says little.
  package var hasMixedSigns: Bool { abs(meanFlow) < 0.8 * meanAbsoluteFlow }
}

/// A neuron that is selected together with another one.
package struct CooccurrenceReport: Codable, Equatable, Sendable {
  package var neuron: String
  package var prompts: Int
  /// `prompts` over the first neuron's prompts, in `0...1`.
  package var frequency: Double

  package init(neuron: NeuronID, prompts: Int, frequency: Double) {
    self.neuron = neuron.description
    self.prompts = prompts
    self.frequency = frequency
  }
}
