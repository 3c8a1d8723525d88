// autointerp
// `Verdict` decides from a measurement whether a hypothesis is confirmed, refuted or undecided.
// SPDX-License-Identifier: Apache-2.0

internal import Knowledge

/// What a test says about its hypothesis; see `InvestigationRules` for the rule.
package struct Verdict: Hashable, Sendable {
  package enum Outcome: String, Hashable, Sendable, CaseIterable {
    case confirmed
    case refuted
    case undecided
  }

  package var outcome: Outcome
  package var p: Double
  /// Corrected over the hypotheses of the neuron.
  package var q: Double
  /// The smallest effect that would have been confirmed whatever the other hypotheses gave; nil without a measurement.
  package var detectable: Double?
  /// The largest figure of the lower share of random neurons that a refuted effect stays below.
  package var controlBound: Double?

  /// Decides on all hypotheses of one neuron together.
  ///
  /// - Parameters:
  ///   - tests: each hypothesis with its measurement.
  ///   - rules: the protocol.
  /// - Returns: a verdict for each, in their order.
  package static func decide(_ tests: [(Hypothesis, Measurement)], _ rules: InvestigationRules) -> [Verdict] {
    let p = tests.map(\.1.p)
    let q = FalseDiscovery.qValues(p)
    return tests.indices.map { i in
      verdict(tests[i].0, tests[i].1, p: p[i], q: q[i], testCount: tests.count, rules)
    }
  }

  private static func verdict(
    _ hypothesis: Hypothesis, _ measured: Measurement, p: Double, q: Double, testCount: Int, _ rules: InvestigationRules
  ) -> Verdict {
    var verdict = Verdict(outcome: .undecided, p: p, q: q, detectable: nil, controlBound: nil)
    guard let effect = measured.effect, let low = effect.low, let high = effect.high, measured.problem == nil else {
      return verdict
    }
    let threshold = hypothesis.threshold(rules)
    let sorted = measured.controls.sorted()
    let bound = sorted[min(sorted.count - 1, Int((rules.controlShare * Double(sorted.count)).rounded(.down)))]
    verdict.controlBound = bound
    // Without help from other hypotheses p must be at most level / tests: so many controls may reach the effect.
    let allowed = Int((rules.level / Double(testCount) * Double(sorted.count + 1)).rounded(.down)) - 1
    if allowed >= 0 {
      let needed = sorted[sorted.count - 1 - min(allowed, sorted.count - 1)]
      verdict.detectable = max(threshold, needed, hypothesis.chance + effect.mean - low)
    }
    if q <= rules.level, effect.mean >= threshold, low > hypothesis.chance {
      verdict.outcome = .confirmed
    } else if high < max(threshold, bound) {
      verdict.outcome = .refuted
    }
    return verdict
  }
}
