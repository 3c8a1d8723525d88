// autointerp
// `Dossier` is the result of an investigation: every registered hypothesis with its measurement and verdict.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// All findings about one neuron, also those that failed.
package struct Dossier: Sendable {
  package struct Finding: Sendable {
    package var hypothesis: Hypothesis
    package var measurement: Measurement
    package var verdict: Verdict
  }

  package let register: InvestigationRegister
  /// In the order of the register.
  package let findings: [Finding]

  package init(_ register: InvestigationRegister, _ measurements: [Measurement]) {
    self.register = register
    let tests = Array(zip(register.neuron.hypotheses, measurements))
    findings = zip(tests, Verdict.decide(tests, register.rules)).map { test, verdict in
      Finding(hypothesis: test.0, measurement: test.1, verdict: verdict)
    }
  }

  package var neuron: NeuronID { register.neuron.neuron }

  package func count(_ outcome: Verdict.Outcome) -> Int { findings.count { $0.verdict.outcome == outcome } }

  /// How many hypotheses had which end.
  package var counts: String {
    Verdict.Outcome.allCases.map { "\(count($0)) \($0.rawValue)" }.joined(separator: ", ")
  }

  /// What a language model added; nil if none was asked.
  package var proposalText: String? {
    guard let refused = register.neuron.refusedProposals else { return nil }
    let proposed = findings.filter { $0.hypothesis.proposer != nil }
    return
      "a language model proposed \(proposed.count) of them, \(proposed.count { $0.verdict.outcome == .confirmed }) "
      + "confirmed; \(refused) of its entries were no new hypothesis of a fixed kind and were refused"
  }

  /// What is true of all statements.
  package var cautions: [String] {
    [
      "Statements hold for the \(register.promptCount) unseen prompts and prompts like them, and for removal, doubling and "
        + "activations as they were measured; they do not say what the neuron is for.",
      "p is the share of random neurons of the same layer and of similar activation that reach the figure, or of what else is "
        + "named for comparison; q corrects it over all hypotheses about a neuron, not over several neurons.",
    ]
  }
}

extension Dossier.Finding {
  /// The figures in words.
  package var figures: String {
    guard let effect = measurement.effect else {
      return measurement.problem.map { "not tested: \($0)" } ?? "not tested"
    }
    let interval =
      effect.low.flatMap { low in effect.high.map { " (\(Self.number(low)) to \(Self.number($0)))" } } ?? ""
    let measured = "\(Self.number(effect.mean))\(interval) \(hypothesis.unit)"
    if let problem = measurement.problem { return "\(measured), which decides nothing: \(problem)" }
    return
      "\(measured); at random \(Self.number(median)), one in twenty \(Self.number(verdict.controlBound ?? 0)) or more; "
      + "p \(Self.probability(verdict.p)), q \(Self.probability(verdict.q))"
  }

  /// Why the verdict is what it is.
  package func reason(_ rules: InvestigationRules) -> String {
    guard let effect = measurement.effect, let low = effect.low, let high = effect.high, measurement.problem == nil
    else { return measurement.effect == nil ? "nothing could be measured" : "the figure alone decides nothing" }
    let threshold = hypothesis.threshold(rules)
    switch verdict.outcome {
    case .confirmed:
      return
        "it reaches \(Self.number(threshold)), excludes \(Self.number(hypothesis.chance)), and exceeds what is random"
    case .refuted:
      if high < threshold { return "even the upper end of the interval is below \(Self.number(threshold))" }
      let common = "even the upper end of the interval is no more than one in twenty reaches at random"
      return effect.mean >= threshold && low > hypothesis.chance
        ? "the effect is there, but it is nothing special: \(common)" : common
    case .undecided:
      var missing: [String] = []
      if effect.mean < threshold { missing.append("it is below \(Self.number(threshold)), but its interval is not") }
      if low <= hypothesis.chance { missing.append("its interval holds \(Self.number(hypothesis.chance))") }
      if verdict.q > rules.level {
        missing.append("too many reach it at random (q above \(Self.number(rules.level)))")
      }
      let detectable =
        verdict.detectable.map { "; surely confirmed from \(Self.number($0)) on" }
        ?? "; with \(measurement.controls.count) to compare with it could be confirmed only beside other hypotheses"
      return missing.joined(separator: ", ") + detectable
    }
  }

  /// The middle of the random neurons.
  package var median: Double {
    let sorted = measurement.controls.sorted()
    return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
  }

  /// Three decimals, or two digits where three decimals would be zero.
  static func number(_ value: Double) -> String {
    value != 0 && abs(value) < 0.001
      ? ReadableNumber.scientific(value) : ReadableNumber.fixed(value, decimals: abs(value) < 10 ? 3 : 1)
  }

  static func probability(_ value: Double) -> String {
    value >= 0.01 ? ReadableNumber.fixed(value, decimals: 2) : ReadableNumber.fixed(value, decimals: 4)
  }
}
