// autointerp
// `NeuronLabel` is a short text that says what a neuron does, with where it comes from.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Platform

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
  /// What this program measured.
  package var scores: [LabelScore]

  package init(
    neuron: NeuronID, polarity: Polarity, text: String, source: String, version: String = "", score: Double? = nil,
    scores: [LabelScore] = []
  ) {
    self.neuron = neuron
    self.polarity = polarity
    self.text = text
    self.source = source
    self.version = version
    self.score = score
    self.scores = scores
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

extension NeuronLabel {
  /// The source of labels that people write.
  package static let people = "people"
  /// The source of labels that this program composes from a run.
  package static let machine = "machine"
  /// The source of labels that a language model proposes; their version is its name.
  package static let languageModel = "llm"

  /// True if no person wrote it and no database of others: this program or a language model made it up.
  package var isMachineMade: Bool { source == Self.machine || source == Self.languageModel }

  /// The text for places that show nothing else of the label.
  package var markedText: String { isMachineMade ? "machine-made: \(text)" : text }

  /// Who says so, and the source's own score: `neurondb, positive, score 0.53`, or `machine, machine-made`.
  package var claim: String {
    var parts = [source.harmless(maximumBytes: 60)]
    if isMachineMade { parts.append("machine-made") }
    if source == Self.languageModel, !version.isEmpty { parts.append(version.harmless(maximumBytes: 60)) }
    if polarity != .both { parts.append(polarity.name) }
    if let score, !isMachineMade { parts.append("score \(ReadableNumber.fixed(score, decimals: 2))") }
    return parts.joined(separator: ", ")
  }
}
