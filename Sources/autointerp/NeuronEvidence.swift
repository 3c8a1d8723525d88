// autointerp
// `NeuronEvidence` writes a neuron's labels and the places where it was selected, for its page.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Labels
internal import Platform
internal import RunIndex

struct NeuronEvidence {
  static let placeCount = 5
  private static let width = 100
  /// Room for the text of a place, in characters, on each side of its token.
  private static let sideWidth = 34

  private let places: [Exemplar]
  private let total: Int
  /// Where it is among the most active neurons; nil if the run does not tell.
  private let active: (rows: [Exemplar], total: Int)?
  private let tokens: [NeuronToken]
  private let labels: [NeuronLabel]

  init(of neuron: NeuronID, in index: RunIndex, labels: [NeuronLabel]) throws {
    (places, total) = try index.exemplars(of: neuron, context: 8, limit: Self.placeCount)
    active = try index.activePromptCount(of: neuron).map { _ in
      try index.exemplars(of: neuron, by: .active, context: 8, limit: Self.placeCount)
    }
    tokens = try index.tokens(of: neuron, limit: 6)
    self.labels = labels
  }

  /// Labels are claims of their sources, so that they are quoted.
  var labelLines: [String] {
    labels.prefix(4).flatMap { label in
      ["label: \(label.text.quoted(maximumBytes: 160)) (\(label.claim))"] + label.scores.map { "  \($0.text)" }
    }
  }

  var placeLines: [String] {
    guard !places.isEmpty else { return [] }
    var lines = [
      "Where it was selected (\(ReadableNumber.grouped(total)) places; the strongest activations, its token in « »)"
    ]
    lines += places.map(Self.line)
    let most = tokens.map { token in
      "\(String(token: token.text)) \(token.positions)"
    }
    var line = "  tokens:"
    for token in most where line.count + token.count < Self.width - 2 {
      line += (line.hasSuffix(":") ? " " : ", ") + token
    }
    return lines + [line] + activeLines
  }

  private var activeLines: [String] {
    guard let active else { return [] }
    guard active.total > 0 else {
      return ["Nowhere is it among the strongest activations of a prompt, selected or not"]
    }
    return [
      "",
      "Where it is among the strongest activations of a prompt, selected or not (\(ReadableNumber.grouped(active.total)) places)",
    ]
      + active.rows.map(Self.line)
  }

  private static func line(_ place: Exemplar) -> String {
    let before = String(place.before.joined().visible.suffix(sideWidth))
    let after = String(place.after.joined().visible.prefix(sideWidth / 2))
    let activation = ReadableNumber.fixed(place.activation, decimals: 2, signed: true)
    return "  " + String(repeating: " ", count: max(0, 8 - activation.count)) + activation
      + "  \(before)«\(place.tokenText.visible)»\(after)  (#\(place.prompt) \(place.group))"
  }
}
