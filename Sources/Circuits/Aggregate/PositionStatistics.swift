// autointerp
// `PositionStatistics` counts and sums what a neuron did at one class of positions: the first, the last or the others.
// SPDX-License-Identifier: Apache-2.0

/// Where in a prompt a position is. Many models park large activations at the first token, whatever it is; the metric is
/// read at the last.
package enum PositionClass: String, Sendable, CaseIterable {
  case first
  /// The position of the metric, unless it is the first.
  case last
  case other

  init(_ position: Int32, metricPosition: Int32) {
    self = position == 0 ? .first : position == metricPosition ? .last : .other
  }
}

/// Sums of one neuron over the positions of one class. All are exact; see `FixedPoint`.
package struct PositionStatistics: Equatable, Sendable {
  /// How many positions it occurs at.
  package internal(set) var occurrences: UInt64 = 0
  /// In `2^-32`.
  package internal(set) var absoluteRelpNumber: Int128 = 0
  package internal(set) var absoluteActivationNumber: Int128 = 0

  init() {}

  mutating func add(relp: Int64, activation: Int64) {
    occurrences += 1
    absoluteRelpNumber += Int128(relp.magnitude)
    absoluteActivationNumber += Int128(activation.magnitude)
  }

  mutating func add(_ other: PositionStatistics) {
    occurrences += other.occurrences
    absoluteRelpNumber += other.absoluteRelpNumber
    absoluteActivationNumber += other.absoluteActivationNumber
  }

  package var absoluteRelpSum: Double { FixedPoint.value(absoluteRelpNumber) }
  package var absoluteActivationSum: Double { FixedPoint.value(absoluteActivationNumber) }
}
