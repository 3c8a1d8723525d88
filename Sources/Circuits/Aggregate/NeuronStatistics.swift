// autointerp
// What an aggregate knows of one neuron, apart from its edges.
// SPDX-License-Identifier: Apache-2.0

/// Statistics of one neuron over the merged prompts. A neuron "occurs" at each position where it was selected and
/// "appears" in a prompt where it occurs at all. All sums are exact; see `FixedPoint`.
package struct NeuronStatistics: Equatable, Sendable {
  /// Prompts of the domain that it appears in.
  package internal(set) var domainPrompts: UInt32 = 0
  package internal(set) var baselinePrompts: UInt32 = 0
  /// Positions, over all prompts.
  package internal(set) var occurrences: UInt64 = 0
  /// Positions with relp above and below 0.
  package internal(set) var positiveRelp: UInt64 = 0
  package internal(set) var negativeRelp: UInt64 = 0
  /// Positions with an activation above and below 0.
  package internal(set) var positiveActivation: UInt64 = 0
  package internal(set) var negativeActivation: UInt64 = 0
  /// Over positions, in `2^-32`.
  package internal(set) var relpNumber: Int128 = 0
  package internal(set) var absoluteRelpNumber: Int128 = 0
  package internal(set) var activationNumber: Int128 = 0

  init() {}

  mutating func addPrompt(_ origin: PromptOrigin) {
    if origin == .domain { domainPrompts += 1 } else { baselinePrompts += 1 }
  }

  mutating func addOccurrence(relp: Float, activation: Float) {
    occurrences += 1
    if relp > 0 { positiveRelp += 1 } else if relp < 0 { negativeRelp += 1 }
    if activation > 0 { positiveActivation += 1 } else if activation < 0 { negativeActivation += 1 }
    let number = FixedPoint.number(relp)
    relpNumber += Int128(number)
    absoluteRelpNumber += Int128(number.magnitude)
    activationNumber += Int128(FixedPoint.number(activation))
  }

  /// Adds the prompts of `other`, none of which is in these statistics.
  mutating func add(_ other: NeuronStatistics) {
    domainPrompts += other.domainPrompts
    baselinePrompts += other.baselinePrompts
    occurrences += other.occurrences
    positiveRelp += other.positiveRelp
    negativeRelp += other.negativeRelp
    positiveActivation += other.positiveActivation
    negativeActivation += other.negativeActivation
    relpNumber += other.relpNumber
    absoluteRelpNumber += other.absoluteRelpNumber
    activationNumber += other.activationNumber
  }

  package var prompts: Int { Int(domainPrompts) + Int(baselinePrompts) }
  /// Sum over positions of the total effect on the metric, in logits.
  package var relpSum: Double { FixedPoint.value(relpNumber) }
  package var absoluteRelpSum: Double { FixedPoint.value(absoluteRelpNumber) }
  package var activationSum: Double { FixedPoint.value(activationNumber) }
}
