// autointerp
// `ModelExperiments` lists the experiments that tools can make with a loaded model, and the results that they return.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import RunIndex

/// A model that experiments can be made with. Methods compute for up to some seconds; several may be called at once.
package protocol ModelExperiments: Sendable {
  /// What every experiment with this model must be read with, such as that its texts are no chats.
  var caveats: [String] { get }

  /// The neuron's value multiplied by `factor` at all positions of a text, and what the model predicts then.
  func change(_ neuron: NeuronID, by factor: Float, in text: ExperimentText) throws -> ExperimentResult
  /// The neuron's value at each token of a text.
  func activations(of neuron: NeuronID, in text: ExperimentText) throws -> [TokenActivation]
  /// The tokens that the neuron's output weights promote and suppress when it is positive.
  func projection(of neuron: NeuronID, count: Int) throws -> ProjectedTokens
  /// The attribution graph of a text, with the run's settings.
  func graph(of text: ExperimentText) throws -> EdgeDelta
  /// How the model continues a text with and without changed neurons.
  func steer(_ request: SteeringRequest, _ progress: ExperimentProgress) throws -> SteeredText
  /// A small set of neurons that keeps a behaviour on its own.
  func circuit(_ request: CircuitRequest, _ progress: ExperimentProgress) throws -> CircuitResult
  /// What a run suggests about a neuron, tested on prompts that it has not seen.
  func investigate(
    _ request: InvestigationRequest, _ index: RunIndex, _ progress: ExperimentProgress
  ) throws -> InvestigationResult
}

/// A text as a prompt has it; the run's template is put around it.
package struct ExperimentText: Equatable, Sendable {
  package var text: String
  package var answerPrefix: String

  package init(text: String, answerPrefix: String = "") {
    self.text = text
    self.answerPrefix = answerPrefix
  }
}

package struct ExperimentResult: Equatable, Sendable {
  package struct Token: Equatable, Sendable {
    package var text: String
    package var probability: Double

    package init(text: String, probability: Double) {
      self.text = text
      self.probability = probability
    }
  }

  /// In nats, over the whole vocabulary.
  package var divergence: Double
  /// Log p of the token that was the most probable one before.
  package var answerBefore: Double
  package var answerAfter: Double
  package var answerChanged: Bool
  package var topBefore: [Token]
  package var topAfter: [Token]
  /// The neuron's value at the last position before the change.
  package var lastActivation: Double

  package init(
    divergence: Double, answerBefore: Double, answerAfter: Double, answerChanged: Bool, topBefore: [Token],
    topAfter: [Token], lastActivation: Double
  ) {
    self.divergence = divergence
    self.answerBefore = answerBefore
    self.answerAfter = answerAfter
    self.answerChanged = answerChanged
    self.topBefore = topBefore
    self.topAfter = topAfter
    self.lastActivation = lastActivation
  }
}

package struct TokenActivation: Equatable, Sendable {
  package var text: String
  package var activation: Double

  package init(text: String, activation: Double) {
    self.text = text
    self.activation = activation
  }
}

package struct ProjectedTokens: Equatable, Sendable {
  package struct Token: Equatable, Sendable {
    package var text: String
    package var zScore: Double

    package init(text: String, zScore: Double) {
      self.text = text
      self.zScore = zScore
    }
  }

  package var promoted: [Token]
  package var suppressed: [Token]
  /// The z score that the largest of so many random numbers reaches.
  package var chanceZScore: Double

  package init(promoted: [Token], suppressed: [Token], chanceZScore: Double) {
    self.promoted = promoted
    self.suppressed = suppressed
    self.chanceZScore = chanceZScore
  }
}
