// autointerp
// `RoleAssessment.figuresText` and `stabilityText` say in words what a neuron's role rests on.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

extension CircuitRole {
  /// The role's name for people, such as `feature detector`.
  package var words: String { Self.words(rawValue) }

  /// The name of a role, as it is stored, for people.
  package static func words(_ name: String) -> String { name.split(separator: "_").joined(separator: " ") }
}

extension RoleAssessment {
  /// The figures that decide the role.
  package var figuresText: String {
    var parts: [String] = []
    if let share = figures.tokenShare {
      parts.append("\(ReadableNumber.percent(share)) of what drives it comes from tokens")
    }
    if let share = figures.outputShare {
      parts.append("\(ReadableNumber.percent(share)) of what it drives are predictions")
    }
    parts.append("sign \(ReadableNumber.fixed(figures.sign, decimals: 2, signed: true))")
    parts.append("\(ReadableNumber.fixed(figures.fanIn, decimals: 1)) effective edges in")
    parts.append("\(ReadableNumber.fixed(figures.fanOut, decimals: 1)) out")
    return parts.joined(separator: "; ")
  }

  /// Whether the halves of the prompts give the same role.
  package var stabilityText: String {
    isStable
      ? "both halves of the prompts agree"
      : "the halves of the prompts disagree: \(halves.map(\.words).joined(separator: ", "))"
  }
}
