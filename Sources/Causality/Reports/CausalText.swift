// autointerp
// `CausalText` shows what a battery found to people.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

/// The results of a battery as tables.
package struct CausalText {
  private let result: BatteryResult
  private let plan: InterventionPlan
  private let tokenText: (Int32) -> String

  package init(_ result: BatteryResult, plan: InterventionPlan, tokenText: @escaping (Int32) -> String) {
    self.result = result
    self.plan = plan
    self.tokenText = tokenText
  }

  package func text() -> String {
    var lines = [heading, ""]
    lines += result.prompts.count == 1 ? promptLines() : summaryLines()
    lines += comparisonLines() + doseLines()
    lines += ["", workLine]
    return lines.joined(separator: "\n") + "\n"
  }

  private var heading: String {
    let prompts = result.prompts.count
    let what = "\(plan.sets.count) neuron\(plan.sets.count == 1 ? "" : "s or sets"), positions \(plan.positions)"
    let path = plan.path == .direct ? ", direct path only" : ""
    return "\(prompts) prompt\(prompts == 1 ? "" : "s"), \(what)\(path). KL in nats; metric: \(metricText)"
  }

  private var metricText: String {
    let texts = Set(result.prompts.map(\.metric.settingText))
    switch texts.count {
    case 1 where texts.contains("logprob"): return "log p of the answer (the top token before)"
    case 1: return texts.first ?? ""
    default: return "each prompt's own"
    }
  }

  private var neuronWidth: Int { max(12, (plan.sets.map { "\($0)".utf8.count }.max() ?? 0) + 2) }

  // MARK: One prompt

  private func promptLines() -> [String] {
    let measured = result.measurements[0]
    var lines = ["Before: " + tokens(measured.topBefore.prefix(5)), ""]
    lines.append(
      "neuron".leading(neuronWidth) + "change".leading(10) + "KL".trailing(9) + "metric".trailing(9) + "   after")
    for change in measured.changes {
      let set = plan.sets[change.item.set]
      lines.append(
        "\(set)".leading(neuronWidth) + "\(plan.kinds[change.item.kind])".leading(10)
          + number(change.divergence, 4)
          .trailing(9)
          + number(change.metricChange, 4, signed: true).trailing(9) + "   " + tokens(change.topAfter.prefix(3))
          + (change.answerChanged ? "  (answer changed)" : ""))
    }
    return lines
  }

  private func tokens(_ list: ArraySlice<RankedToken>) -> String {
    list.map { "\(String(token: tokenText($0.token))) \(number($0.probability * 100, 1)) %" }.joined(separator: ", ")
  }

  // MARK: Many prompts

  private func summaryLines() -> [String] {
    var lines = [
      "neuron".leading(neuronWidth) + "change".leading(10) + "KL".trailing(26) + "metric".trailing(26)
        + "answer other".trailing(14) + "expected shift".trailing(26) + "share".trailing(8)
    ]
    for summary in result.summaries {
      for effect in summary.effects {
        lines.append(
          "\(summary.set)".leading(neuronWidth) + "\(effect.kind)".leading(10)
            + estimate(effect.divergence, 3)
            .trailing(26)
            + estimate(effect.metricChange, 3, signed: true).trailing(26)
            + "\(number(effect.changedAnswers.mean * 100, 0)) %".trailing(14)
            + (effect.expectedShift.map { estimate($0, 2, signed: true) } ?? "-").trailing(26)
            + (effect.expectedShare.map { "\(number($0.mean * 100, 1)) %" } ?? "-").trailing(8))
      }
    }
    lines.append("")
    for summary in result.summaries { lines += verdict(summary) }
    return lines
  }

  private func verdict(_ summary: CausalSummary) -> [String] {
    var parts: [String] = []
    if let removal = summary.necessity {
      parts.append(
        "necessity: without it (\(removal.kind)) the answer's log p changes by "
          + "\(estimate(removal.answerChange, 3, signed: true)), and falls on \(number(removal.fallingAnswers.mean * 100, 0)) % "
          + "of prompts")
    }
    if let boost = summary.sufficiency {
      if let shift = boost.expectedShift {
        parts.append(
          "sufficiency: \(boost.kind) lifts the tokens it projects to by \(estimate(shift, 2, signed: true)) logits")
      }
      if let share = boost.expectedShare {
        parts.append(
          "selectivity: \(number(share.mean * 100, 1)) % of the change lands on these tokens; about "
            + "\(number(boost.effectiveTokens.mean, 1)) tokens move")
      }
    }
    return ["\(summary.set)"] + parts.map { "  " + $0 }
  }

  private func comparisonLines() -> [String] {
    let compared = result.summaries.compactMap { summary in summary.comparison.map { (summary.set, $0) } }
    let wanted = !result.controls.isEmpty
    guard let first = compared.first?.1 else {
      let reason = "No neuron has two random neurons of its layer and of similar activation to compare with."
      return wanted ? ["", reason] : []
    }
    var lines = [
      "",
      "Against random neurons of the same layer and of similar activation (\(first.kind), KL; pooled null of "
        + "\(ReadableNumber.grouped(first.drawCount)) draws)",
    ]
    for (set, comparison) in compared {
      lines.append(
        "\(set)".leading(neuronWidth)
          + "\(number(comparison.ratio, 1)) times the median of \(comparison.controlCount)"
          .leading(32)
          + "p \(ReadableNumber.scientific(comparison.p))".leading(12)
          + "q \(ReadableNumber.scientific(comparison.q))")
    }
    for summary in result.summaries where summary.comparison == nil {
      lines.append(
        "\(summary.set)".leading(neuronWidth) + "not compared: its layer has no two neurons of similar activation")
    }
    if first.drawCount < 1000 {
      let each = (1000 + compared.count - 1) / compared.count
      lines.append(
        "  p cannot be below \(ReadableNumber.scientific(1 / Double(first.drawCount + 1))) with so few draws; "
          + "--controls \(each) gives 1,000")
    }
    return lines
  }

  private func doseLines() -> [String] {
    let curves = result.summaries.map { (set: $0.set, doses: $0.doseResponse) }.filter { $0.doses.count >= 3 }
    if curves.isEmpty { return [] }
    var lines = ["", "Dose and response (factor: KL, metric)"]
    for curve in curves {
      let points = curve.doses.map {
        "x\(number(Double($0.dose), 2)): \(number($0.effect.divergence.mean, 3)), "
          + number($0.effect.metricChange.mean, 3, signed: true)
      }
      lines.append("\(curve.set)".leading(neuronWidth) + points.joined(separator: "; "))
    }
    return lines
  }

  private var workLine: String {
    let work = result.work
    let gain = work.gain.map { "; \(number($0, 1)) times less than a full pass for each" } ?? ""
    return "\(ReadableNumber.grouped(work.interventions)) interventions\(gain)"
  }

  private func number(_ value: Double, _ decimals: Int, signed: Bool = false) -> String {
    ReadableNumber.fixed(value, decimals: decimals, signed: signed)
  }

  private func estimate(_ estimate: IntervalEstimate, _ decimals: Int, signed: Bool = false) -> String {
    let mean = number(estimate.mean, decimals, signed: signed)
    guard let low = estimate.low, let high = estimate.high else { return mean }
    return "\(mean) (\(number(low, decimals, signed: signed)) to \(number(high, decimals, signed: signed)))"
  }
}
