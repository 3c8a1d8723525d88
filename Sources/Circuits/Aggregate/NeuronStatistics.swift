// autointerp
// `NeuronStatistics` counts and sums what one neuron did in the merged prompts.
// SPDX-License-Identifier: Apache-2.0

/// The statistics of one neuron over the merged prompts. A neuron "occurs" at each position where it was selected and
/// "appears" in a prompt in which it occurs. All sums are exact; see `FixedPoint`.
package struct NeuronStatistics: Equatable, Sendable {
  /// How many prompts of the domain it appears in.
  package internal(set) var domainPrompts: UInt32 = 0
  package internal(set) var baselinePrompts: UInt32 = 0
  /// How many prompts of all other groups it appears in.
  package internal(set) var otherPrompts: UInt32 = 0
  /// How many positions it occurs at, over all prompts.
  package internal(set) var occurrences: UInt64 = 0
  /// How many positions have relp above 0, and below 0.
  package internal(set) var positiveRelp: UInt64 = 0
  package internal(set) var negativeRelp: UInt64 = 0
  /// How many positions have an activation above 0, and below 0.
  package internal(set) var positiveActivation: UInt64 = 0
  package internal(set) var negativeActivation: UInt64 = 0
  /// The sum over positions, in `2^-32`.
  package internal(set) var relpNumber: Int128 = 0
  package internal(set) var absoluteRelpNumber: Int128 = 0
  package internal(set) var activationNumber: Int128 = 0
  package internal(set) var gradientScoreNumber: Int128 = 0
  package internal(set) var absoluteGradientScoreNumber: Int128 = 0
  /// At how many positions its removal was measured.
  package internal(set) var verifiedCount: UInt64 = 0
  /// The sum of its contributions there: the metric minus the metric without it, in units of `2^-32`.
  package internal(set) var contributionNumber: Int128 = 0
  package internal(set) var absoluteContributionNumber: Int128 = 0
  /// The positions where its removal was not measured, by `TrustFeatures.number`. Empty for graphs of one rule.
  package internal(set) var unverified = FeatureCounts()
  /// By class of position.
  package internal(set) var first = PositionStatistics()
  package internal(set) var last = PositionStatistics()
  package internal(set) var other = PositionStatistics()

  /// Where its flow comes from and goes to, in two halves of the prompts: what holds in one half and not in the other is
  /// chance.
  package internal(set) var firstHalfFlows = FlowProfile()
  package internal(set) var secondHalfFlows = FlowProfile()

  init() {}

  mutating func addPrompt(of group: PromptGroup) {
    switch group.column {
    case .domain: domainPrompts += 1
    case .baseline: baselinePrompts += 1
    case .other: otherPrompts += 1
    }
  }

  mutating func addOccurrence(relp: Float, gradientScore: Float, activation: Float, at position: PositionClass) {
    occurrences += 1
    if relp > 0 { positiveRelp += 1 } else if relp < 0 { negativeRelp += 1 }
    if activation > 0 { positiveActivation += 1 } else if activation < 0 { negativeActivation += 1 }
    let number = FixedPoint.number(relp)
    let activationNumber = FixedPoint.number(activation)
    relpNumber += Int128(number)
    absoluteRelpNumber += Int128(number.magnitude)
    self.activationNumber += Int128(activationNumber)
    let gradient = FixedPoint.number(gradientScore)
    gradientScoreNumber += Int128(gradient)
    absoluteGradientScoreNumber += Int128(gradient.magnitude)
    switch position {
    case .first: first.add(relp: number, activation: activationNumber)
    case .last: last.add(relp: number, activation: activationNumber)
    case .other: other.add(relp: number, activation: activationNumber)
    }
  }

  mutating func addVerified(contribution: Float) {
    let number = FixedPoint.number(contribution)
    verifiedCount += 1
    contributionNumber += Int128(number)
    absoluteContributionNumber += Int128(number.magnitude)
  }

  mutating func addUnverified(_ features: TrustFeatures) { unverified[features.number] += 1 }

  mutating func addFlows(_ flows: FlowProfile, ofPrompt prompt: Int32) {
    // Not by odd and even numbers: groups of the same size take turns, so that these would be the groups.
    let isFirstHalf = (UInt32(bitPattern: prompt) &* 0x9E37_79B9) >> 31 == 0
    if isFirstHalf { firstHalfFlows.add(flows) } else { secondHalfFlows.add(flows) }
  }

  /// Adds the prompts of `other`. None of them may be in these statistics already.
  mutating func add(_ other: NeuronStatistics) {
    domainPrompts += other.domainPrompts
    baselinePrompts += other.baselinePrompts
    otherPrompts += other.otherPrompts
    occurrences += other.occurrences
    positiveRelp += other.positiveRelp
    negativeRelp += other.negativeRelp
    positiveActivation += other.positiveActivation
    negativeActivation += other.negativeActivation
    relpNumber += other.relpNumber
    absoluteRelpNumber += other.absoluteRelpNumber
    activationNumber += other.activationNumber
    gradientScoreNumber += other.gradientScoreNumber
    absoluteGradientScoreNumber += other.absoluteGradientScoreNumber
    verifiedCount += other.verifiedCount
    contributionNumber += other.contributionNumber
    absoluteContributionNumber += other.absoluteContributionNumber
    unverified &+= other.unverified
    first.add(other.first)
    last.add(other.last)
    self.other.add(other.other)
    firstHalfFlows.add(other.firstHalfFlows)
    secondHalfFlows.add(other.secondHalfFlows)
  }

  package var prompts: Int { Int(domainPrompts) + Int(baselinePrompts) + Int(otherPrompts) }
  /// The sum over positions of the total effect on the metric, in logits.
  package var relpSum: Double { FixedPoint.value(relpNumber) }
  package var absoluteRelpSum: Double { FixedPoint.value(absoluteRelpNumber) }
  package var gradientScoreSum: Double { FixedPoint.value(gradientScoreNumber) }
  package var absoluteGradientScoreSum: Double { FixedPoint.value(absoluteGradientScoreNumber) }
  package var contributionSum: Double { FixedPoint.value(contributionNumber) }
  package var absoluteContributionSum: Double { FixedPoint.value(absoluteContributionNumber) }

  /// The sum of its scores by a rule, over positions.
  package func scoreSum(_ rule: AttributionRule) -> Double { rule == .relp ? relpSum : gradientScoreSum }
  package func absoluteScoreSum(_ rule: AttributionRule) -> Double {
    rule == .relp ? absoluteRelpSum : absoluteGradientScoreSum
  }
  /// What the neuron contributed to the metric on average where its removal was measured; nil if it never was.
  package var meanContribution: Double? { verifiedCount > 0 ? contributionSum / Double(verifiedCount) : nil }
  package var activationSum: Double { FixedPoint.value(activationNumber) }
  package var absoluteActivationSum: Double {
    first.absoluteActivationSum + last.absoluteActivationSum + other.absoluteActivationSum
  }

  package var flows: FlowProfile {
    var all = firstHalfFlows
    all.add(secondHalfFlows)
    return all
  }

  package func statistics(at position: PositionClass) -> PositionStatistics {
    switch position {
    case .first: first
    case .last: last
    case .other: other
    }
  }
}
