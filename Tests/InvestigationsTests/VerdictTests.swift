// autointerp
// Tests how measurements become verdicts.
// SPDX-License-Identifier: Apache-2.0

import Causality
import Circuits
import Platform
import Testing

@testable import Investigations

@Suite struct VerdictTests {
  private let rules = InvestigationRules()
  private let hypothesis = Hypothesis(.matters, basis: "a test")

  /// Random neurons with figures from -0.075 to 0.074.
  private var controls: [Double] { (0..<149).map { Double($0 - 75) / 1000 } }

  private func measured(_ mean: Double, _ low: Double, _ high: Double) -> Measurement {
    Measurement(
      effect: IntervalEstimate(mean: mean, low: low, high: high), controls: controls, promptCount: 20, design: "")
  }

  @Test(arguments: [
    (0.2, 0.1, 0.3, Verdict.Outcome.confirmed),
    // Larger than all random neurons, but its interval holds chance.
    (0.2, -0.1, 0.5, .undecided),
    // Above the threshold and surely not zero, and so are many random neurons; its interval reaches above them.
    (0.05, 0.02, 0.09, .undecided),
    // One in twenty random neurons is at 0.066: it is surely below.
    (0.03, 0.02, 0.04, .refuted),
    // Against the prediction.
    (-0.2, -0.3, -0.1, .refuted),
    (0.001, -0.002, 0.004, .refuted),
  ])
  func oneMeasurementIsJudged(_ mean: Double, _ low: Double, _ high: Double, _ outcome: Verdict.Outcome) {
    #expect(Verdict.decide([(hypothesis, measured(mean, low, high))], rules)[0].outcome == outcome)
  }

  @Test func anUnusualButTinyEffectIsRefuted() {
    var small = measured(0.005, 0.004, 0.006)
    small.controls = [Double](repeating: 0, count: 149)
    let verdict = Verdict.decide([(hypothesis, small)], rules)[0]
    #expect(verdict.q < 0.05 && verdict.outcome == .refuted)
  }

  @Test func whatWasNotMeasuredIsUndecidedAndCountsInTheCorrection() {
    let missing = Measurement(promptCount: 0, design: "", problem: "too few prompts")
    let alone = Verdict.decide([(hypothesis, measured(0.2, 0.1, 0.3))], rules)[0]
    let among = Verdict.decide(
      [(hypothesis, measured(0.2, 0.1, 0.3))] + Array(repeating: (hypothesis, missing), count: 9), rules)
    #expect(alone.outcome == .confirmed && alone.q == alone.p)
    #expect(abs(among[0].q - 10 * alone.p) < 1e-12)
    #expect(among[0].outcome == .undecided)
    #expect(among[1].outcome == .undecided && among[1].p == 1 && among[1].detectable == nil)
  }

  @Test func whatIsDetectableWouldHaveBeenConfirmed() throws {
    // Six hypotheses, five of which say nothing: the sixth needs p of at most 0.05 / 6.
    let other = Measurement(promptCount: 0, design: "", problem: "none")
    func verdict(_ mean: Double) -> Verdict {
      Verdict.decide(
        [(hypothesis, measured(mean, mean - 0.01, mean + 0.01))] + Array(repeating: (hypothesis, other), count: 5),
        rules)[0]
    }
    let detectable = try #require(verdict(0.05).detectable)
    #expect(verdict(detectable + 1e-9).outcome == .confirmed)
    #expect(verdict(detectable - 0.002).outcome != .confirmed)
  }

  @Test func neuronsDrawnLikeTheirControlsAreSeldomConfirmed() {
    var (confirmed, all) = (0, 0)
    for round in 0..<300 {
      var random = SeededRandom(seed: UInt64(round))
      let tests = (0..<5).map { _ -> (Hypothesis, Measurement) in
        let values = (0..<150).map { _ in random.unit() - 0.5 }
        let effect = IntervalEstimate(mean: values[0], low: values[0] - 0.01, high: values[0] + 0.01)
        return (
          hypothesis, Measurement(effect: effect, controls: Array(values.dropFirst()), promptCount: 20, design: "")
        )
      }
      let outcomes = Verdict.decide(tests, rules).map(\.outcome)
      confirmed += outcomes.contains(.confirmed) ? 1 : 0
      all += 1
    }
    // At least one false discovery in at most 5 % of the neurons; 300 rounds are within 2.5 % of it.
    #expect(Double(confirmed) / Double(all) <= 0.075)
    #expect(confirmed > 0)
  }
}
