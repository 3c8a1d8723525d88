// autointerp
// `InterventionKind` says what an intervention does to the value of a neuron.
// SPDX-License-Identifier: Apache-2.0

internal import Inference

/// What an intervention does to the value of a neuron at each of the chosen positions.
package enum InterventionKind: Hashable, Sendable {
  case zero
  /// Sets the neuron's mean over reference prompts, of its class of position (the first, or later ones).
  case mean
  /// Sets the neuron's value in another prompt.
  case resample
  /// Multiplies the live value, which a change of a lower neuron in the same set may have moved already.
  case scale(Float)
  case add(Float)
  case set(Float)

  /// True if the neuron's own contribution is taken away.
  package var isRemoval: Bool {
    switch self {
    case .zero, .mean, .resample: true
    case .scale(let factor): factor == 0
    case .set(let value): value == 0
    case .add: false
    }
  }

  /// True if the neuron's own contribution is enlarged.
  package var isBoost: Bool {
    if case .scale(let factor) = self { factor > 1 } else { false }
  }

  /// The edit of a neuron's value. `mean` and `donor` are asked for what those kinds set.
  func operation(
    mean: () throws(CausalityError) -> Float, donor: () throws(CausalityError) -> Float
  ) throws(CausalityError) -> NeuronEdit.Operation {
    switch self {
    case .zero: .set(0)
    case .scale(let factor): .scale(factor)
    case .add(let value): .add(value)
    case .set(let value): .set(value)
    case .mean: .set(try mean())
    case .resample: .set(try donor())
    }
  }

  /// The factor by which the live value is multiplied; nil for other kinds.
  package var dose: Float? {
    switch self {
    case .zero: 0
    case .scale(let factor): factor
    default: nil
    }
  }
}

extension InterventionKind: LosslessStringConvertible {
  package static let expected = "zero, mean, resample, xF, scale:F, add:V or set:V, such as x2 or add:-1.5"

  /// `zero`, `mean`, `resample`, `x2`, `add:1.5`, `set:0.5`.
  package var description: String {
    switch self {
    case .zero: "zero"
    case .mean: "mean"
    case .resample: "resample"
    case .scale(let factor): "x\(Self.text(factor))"
    case .add(let value): "add:\(Self.text(value))"
    case .set(let value): "set:\(Self.text(value))"
    }
  }

  /// Reads what `description` writes, and `scale:2` for `x2`. Returns nil for anything else.
  package init?(_ text: String) {
    func number(_ text: Substring) -> Float? {
      guard let value = Float(text), value.isFinite else { return nil }
      return value
    }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    switch (parts.first, parts.count) {
    case ("zero", 1): self = .zero
    case ("mean", 1): self = .mean
    case ("resample", 1): self = .resample
    case ("scale", 2):
      guard let value = number(parts[1]) else { return nil }
      self = .scale(value)
    case ("add", 2):
      guard let value = number(parts[1]) else { return nil }
      self = .add(value)
    case ("set", 2):
      guard let value = number(parts[1]) else { return nil }
      self = .set(value)
    default:
      guard text.hasPrefix("x"), let value = number(text.dropFirst()) else { return nil }
      self = .scale(value)
    }
  }

  /// A number without a useless `.0`.
  private static func text(_ value: Float) -> String {
    let text = value.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
