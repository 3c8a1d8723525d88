// autointerp
// `InvestigationRequest` says which neuron an agent wants investigated on which prompts, `InvestigationResult` what was found.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

package struct InvestigationRequest: Equatable, Sendable {
  package struct Prompt: Equatable, Sendable {
    package var text: String
    /// A group of the run.
    package var group: String

    package init(text: String, group: String) {
      self.text = text
      self.group = group
    }
  }

  package var neuron: NeuronID
  /// Those of the run are left out.
  package var prompts: [Prompt]
  /// Random neurons beside each hypothesis.
  package var controls: Int
  /// When it is over, the investigation ends without a result.
  package var maximumSeconds: Int

  package init(neuron: NeuronID, prompts: [Prompt], controls: Int = 149, maximumSeconds: Int = 120) {
    self.neuron = neuron
    self.prompts = prompts
    self.controls = controls
    self.maximumSeconds = maximumSeconds
  }
}

/// A dossier: every registered hypothesis with its measurement and verdict.
package struct InvestigationResult: Equatable, Sendable {
  package struct Finding: Equatable, Sendable {
    package var kind: String
    package var statement: String
    package var basis: String
    package var prediction: String
    /// Whether the test changed something in the model.
    package var isCausal: Bool
    /// `confirmed`, `refuted` or `undecided`, and why.
    package var outcome: String
    package var reason: String
    package var figures: String
    /// In `unit`, with its interval; nil if nothing could be measured.
    package var effect: Double?
    package var low: Double?
    package var high: Double?
    package var unit: String
    package var p: Double
    package var q: Double
    /// Prompts on which it was measured, and random neurons beside it.
    package var prompts: Int
    package var controls: Int

    package init(
      kind: String, statement: String, basis: String, prediction: String, isCausal: Bool, outcome: String,
      reason: String, figures: String, effect: Double?, low: Double?, high: Double?, unit: String, p: Double, q: Double,
      prompts: Int, controls: Int
    ) {
      self.kind = kind
      self.statement = statement
      self.basis = basis
      self.prediction = prediction
      self.isCausal = isCausal
      self.outcome = outcome
      self.reason = reason
      self.figures = figures
      self.effect = effect
      self.low = low
      self.high = high
      self.unit = unit
      self.p = p
      self.q = q
      self.prompts = prompts
      self.controls = controls
    }
  }

  /// Of the register, which was complete before anything was measured.
  package var registerDigest: String
  package var unseenPrompts: Int
  /// In the order of the register.
  package var findings: [Finding]
  package var cautions: [String]

  package init(registerDigest: String, unseenPrompts: Int, findings: [Finding], cautions: [String]) {
    self.registerDigest = registerDigest
    self.unseenPrompts = unseenPrompts
    self.findings = findings
    self.cautions = cautions
  }
}
