// autointerp
// `NeuronLabel` is a short text that says what a neuron does, with where it comes from.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// A label. Neurons have one for activations of each sign, from each source.
package struct NeuronLabel: Hashable, Sendable {
  package enum Polarity: Int, Sendable, CaseIterable {
    case positive = 1
    case negative = -1
    /// The source does not say.
    case both = 0

    package var name: String {
      switch self {
      case .positive: "positive"
      case .negative: "negative"
      case .both: "both"
      }
    }

    /// Reads `positive`, `+1`, `1`, `-`, ...; nil for anything else.
    package init?(_ text: String) {
      switch text.lowercased() {
      case "positive", "pos", "+", "+1", "1": self = .positive
      case "negative", "neg", "-", "-1": self = .negative
      case "both", "any", "0", "": self = .both
      default: return nil
      }
    }
  }

  package var neuron: NeuronID
  package var polarity: Polarity
  /// Untrusted: it comes from files and databases of others.
  package var text: String
  /// Who says so, such as `neurondb`, a file's name, or `people`.
  package var source: String
  package var version: String
  /// How well the label predicts activations, as the source measured it.
  package var score: Double?

  package init(
    neuron: NeuronID, polarity: Polarity, text: String, source: String, version: String = "", score: Double? = nil
  ) {
    self.neuron = neuron
    self.polarity = polarity
    self.text = text
    self.source = source
    self.version = version
    self.score = score
  }

  /// What may exist once only.
  package var key: Key { Key(neuron: neuron, polarity: polarity, source: source, version: version) }

  package struct Key: Hashable, Sendable {
    package var neuron: NeuronID
    package var polarity: Polarity
    package var source: String
    package var version: String
  }
}

/// The source of labels that people write.
extension NeuronLabel {
  package static let people = "people"
}
