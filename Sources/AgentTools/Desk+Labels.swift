// autointerp
// `Desk.labels` reads a neuron's labels, and `json` and `text` show them as claims of their sources with their scores.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import JSON
internal import Labels

extension Desk {
  func labels(of neuron: NeuronID) throws -> [NeuronLabel] { try labels?.labels(of: neuron) ?? [] }

  static let labelSchema = Schema.object([
    ("text", Schema.string), ("polarity", Schema.string), ("source", Schema.string), ("score", Schema.maybeNumber),
    ("is_machine_made", Schema.boolean), ("scores", Schema.list(scoreSchema)),
  ])

  private static let scoreSchema = Schema.object([
    ("kind", Schema.string), ("unit", Schema.string), ("scorer", Schema.string), ("value", Schema.number),
    ("low", Schema.maybeNumber), ("high", Schema.maybeNumber), ("other_labels", Schema.maybeNumber),
    ("prompts", Schema.integer),
  ])

  static func json(_ label: NeuronLabel) -> JSONValue {
    [
      "text": Quoted.value(label.text), "polarity": .string(label.polarity.name), "source": Quoted.value(label.source),
      "score": .optional(label.score), "is_machine_made": .boolean(label.isMachineMade),
      "scores": .array(label.scores.map(json)),
    ]
  }

  /// What the program measured: on prompts that the label was not made from, beside labels of other neurons.
  private static func json(_ score: LabelScore) -> JSONValue {
    [
      "kind": .string(score.kind.rawValue), "unit": .string(score.kind.unit), "scorer": Quoted.value(score.scorer),
      "value": score.value.short, "low": .optional(score.low), "high": .optional(score.high),
      "other_labels": .optional(score.control), "prompts": .integer(score.prompts),
    ]
  }

  /// A label as a quotation of its source.
  static func text(_ label: NeuronLabel) -> String {
    let scores = label.scores.map { "; \($0.text)" }.joined()
    return "\(label.isMachineMade ? "Machine-made label" : "Label") from \(Quoted.text(label.source)) "
      + "(\(label.polarity.name)\(scores)): \(Quoted.text(label.text))"
  }
}
