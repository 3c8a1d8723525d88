// autointerp
// `ObservedNeuron` is what a run says about one neuron, as far as hypotheses are formed from it.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// What the graphs of a run show of one neuron. Position 0, where sinks are, is left out.
package struct ObservedNeuron: Sendable {
  /// A token at which the neuron was selected.
  package struct Token: Hashable, Sendable {
    package var token: Int32
    package var text: String
    package var places: Int
  }

  /// The direct effect of a source on a target, in units of the target's activation; see `Hypothesis.direction`.
  package struct Edge: Hashable, Sendable {
    /// The other end.
    package var neuron: NeuronID
    package var prompts: Int
    /// The mean over prompts of effect / activation of the target.
    package var meanShare: Double
    /// The share of these prompts in which the effect has the sign of the mean.
    package var signShare: Double
  }

  /// What the run's comparison of groups says.
  package struct Preference: Hashable, Sendable {
    package var group: String
    package var other: String
    /// Counts of prompts and q, in words.
    package var reason: String
  }

  package var neuron: NeuronID
  package var promptCount: Int
  package var placeCount: Int
  /// How many of the places are the last position.
  package var lastPlaceCount: Int
  /// Activations at the places, ascending.
  package var activations: [Double]
  /// By the run's rule.
  package var meanScore: Double
  package var meanAbsoluteScore: Double
  /// The most frequent first; only places at which the activation has the usual sign.
  package var tokens: [Token]
  package var preference: Preference?
  /// The most influential first.
  package var drivers: [Edge]
  package var targets: [Edge]

  package init(_ neuron: NeuronID) {
    self.neuron = neuron
    (promptCount, placeCount, lastPlaceCount, meanScore, meanAbsoluteScore) = (0, 0, 0, 0, 0)
    (activations, tokens, drivers, targets) = ([], [], [], [])
  }

  /// The usual sign of the activation, 1 or -1.
  package var sign: Int { activations.reduce(0, +) < 0 ? -1 : 1 }

  /// Where the neuron is read: at the last position if it was mostly selected there, otherwise where it is most active.
  package var isReadLast: Bool { 2 * lastPlaceCount >= placeCount }

  /// The activation, in the usual sign, that three quarters of the places reach: what counts as active.
  package var activeLevel: Double {
    let oriented = activations.map { Double(sign) * $0 }.filter { $0 > 0 }.sorted()
    return oriented.isEmpty ? 0 : oriented[oriented.count / 4]
  }
}
