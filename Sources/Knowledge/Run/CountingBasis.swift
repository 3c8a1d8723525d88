// autointerp
// `CountingBasis` says which prompts of a neuron a comparison of groups counts.
// SPDX-License-Identifier: Apache-2.0

/// What it means that a prompt "has" a neuron.
package enum CountingBasis: String, CaseIterable, Sendable {
  /// The neuron was selected into the prompt's graph: it mattered for the metric.
  case selected
  /// The neuron is among those that fire most in the prompt, whatever that does.
  case active

  /// What happens to a neuron in a prompt that counts.
  package var verb: String { self == .selected ? "selected" : "active" }
}
