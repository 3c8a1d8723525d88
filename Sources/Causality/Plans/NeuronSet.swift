// autointerp
// `NeuronSet` names the neurons that one intervention changes together.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// One neuron or several that are changed together. Written `L28/N1095` or `L28/N1095+L11/N1229`.
package struct NeuronSet: Hashable, Sendable {
  package let neurons: [NeuronID]

  /// - Precondition: there is at least one neuron.
  package init(_ neurons: [NeuronID]) {
    precondition(!neurons.isEmpty, "a set has at least one neuron")
    self.neurons = neurons
  }

  /// The neuron of a set of one.
  package var single: NeuronID? { neurons.count == 1 ? neurons[0] : nil }
}

extension NeuronSet: LosslessStringConvertible {
  package var description: String { neurons.map(\.description).joined(separator: "+") }

  /// Reads neurons separated by `+`. Returns nil if one of them cannot be read or occurs twice.
  package init?(_ text: String) {
    let neurons = text.split(separator: "+", omittingEmptySubsequences: false).map { NeuronID(String($0)) }
    let known = neurons.compactMap(\.self)
    guard !known.isEmpty, known.count == neurons.count, Set(known).count == known.count else { return nil }
    self.neurons = known
  }
}
