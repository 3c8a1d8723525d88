// autointerp
// `LabelScore` says how well a label predicts where its neuron is at work, beside what other neurons' labels reach.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import JSON
internal import Platform

/// One measurement of a label on prompts that it was not made from.
package struct LabelScore: Hashable, Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    /// AUC: do prompts that have the label's words select the neuron?
    case tokens
    /// AUC: does a language model that reads the label find the prompts that select the neuron?
    case detection
    /// Correlation: does a language model that reads the label predict the activation of each token?
    case simulation

    /// What the value is.
    package var unit: String { self == .simulation ? "correlation" : "AUC" }
    /// The value of a label that says nothing.
    package var chance: Double { self == .simulation ? 0 : 0.5 }
  }

  package var kind: Kind
  /// The language model that was asked; empty if none was.
  package var scorer: String
  package var value: Double
  /// The 95 % interval; nil if there is none.
  package var low: Double?
  package var high: Double?
  /// The same with labels of other neurons; nil if there are none.
  package var control: Double?
  /// Prompts that were judged.
  package var prompts: Int

  package init(
    kind: Kind, scorer: String = "", value: Double, low: Double? = nil, high: Double? = nil, control: Double?,
    prompts: Int
  ) {
    self.kind = kind
    self.scorer = scorer
    self.value = value
    self.low = low
    self.high = high
    self.control = control
    self.prompts = prompts
  }

  var json: JSONValue {
    [
      "kind": .string(kind.rawValue), "scorer": .string(scorer), "value": .optional(value), "low": .optional(low),
      "high": .optional(high), "other_labels": .optional(control), "prompts": .integer(prompts),
    ]
  }

  /// Such as `tokens AUC 0.83 (0.75 to 0.90) on 212 held-out prompts, other neurons' labels 0.52`.
  package var text: String {
    let interval = low.flatMap { low in
      high.map { " (\(ReadableNumber.fixed(low, decimals: 2)) to \(ReadableNumber.fixed($0, decimals: 2)))" }
    }
    let asked = scorer.isEmpty ? "" : " by \(scorer.harmless(maximumBytes: 60))"
    let others = control.map { ", other neurons' labels \(ReadableNumber.fixed($0, decimals: 2))" } ?? ""
    return "\(kind.rawValue) \(kind.unit) \(ReadableNumber.fixed(value, decimals: 2))\(interval ?? "")\(asked) on "
      + "\(prompts) held-out prompts\(others)"
  }
}
