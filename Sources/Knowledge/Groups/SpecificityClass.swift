// autointerp
// `SpecificityClass` says whether a neuron belongs to one group of prompts or to both; `ClassRule` is the rule for it.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// Where a neuron belongs, as far as a run can tell.
package enum SpecificityClass: String, Hashable, Sendable, CaseIterable {
  /// Much more often in the first group.
  case domain
  /// Much more often in the second group.
  case baseline
  /// In both, with odds that differ less than `ClassRule.largeOddsRatio`, which is known well enough.
  case general
  /// Not known: too few prompts, or the interval allows more than one of the others.
  case undetermined
}

/// The rule by which a neuron gets its class.
///
/// 1. A neuron is tested only if its number of prompts, whatever their groups, could give p <= 0.05 at all (Tarone 1990).
///    This looks at both groups together, so that the choice favours neither, and tests that cannot succeed do not make the
///    correction for many tests stricter.
/// 2. `domain` and `baseline` need two things: q < 0.05 (it is not chance) and odds at least five times as high (it
///    matters). With thousands of prompts, every neuron differs somewhat between two groups.
/// 3. `general` needs a 95 % interval that lies within a factor of five on both sides: absence of a finding is no finding.
/// 4. All others are `undetermined`.
package enum ClassRule {
  /// A test that cannot give a p-value as small as this is not made.
  package static let attainableP = 0.05
  /// The largest q-value of a finding.
  package static let largestQ = 0.05
  /// With this ratio, a neuron in half of one group's prompts is in less than 17 % of the other's, and a neuron in a
  /// tenth of them is in less than 2.2 %.
  package static let largeOddsRatio = 5.0

  /// - Parameters:
  ///   - q: nil if the neuron was not tested.
  ///   - logOdds: the log odds ratio of the first group against the second.
  /// - Returns: the class by the rule above.
  static func classify(q: Double?, logOdds: Estimate) -> SpecificityClass {
    guard let q else { return .undetermined }
    let large = log(largeOddsRatio)
    if q < largestQ, abs(logOdds.value) >= large { return logOdds.value > 0 ? .domain : .baseline }
    return logOdds.low > -large && logOdds.high < large ? .general : .undetermined
  }
}
