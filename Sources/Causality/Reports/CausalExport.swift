// autointerp
// `CausalExport` writes what a battery found as JSON.
// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// The results of a battery as JSON: `results`, a record for each set, prompt and intervention, and `neurons`, a summary for
/// each set.
package struct CausalExport {
  private let result: BatteryResult
  private let plan: InterventionPlan
  private let modelName: String
  private let modelFingerprint: String
  private let seed: UInt64
  private let tokenText: (Int32) -> String

  package init(
    _ result: BatteryResult, plan: InterventionPlan, modelName: String, modelFingerprint: String, seed: UInt64,
    tokenText: @escaping (Int32) -> String
  ) {
    self.result = result
    self.plan = plan
    self.modelName = modelName
    self.modelFingerprint = modelFingerprint
    self.seed = seed
    self.tokenText = tokenText
  }

  package func json() -> [UInt8] {
    var json = JSONByteWriter()
    json.beginObject(lines: true)
    json.field("schema", "autointerp.causal/1")
    json.field("model", modelName)
    json.field("model_fingerprint", modelFingerprint)
    json.field("positions", "\(plan.positions)")
    json.field("path", plan.path.rawValue)
    json.field("seed", seed)
    json.key("results")
    json.beginArray(lines: true)
    for (number, set) in plan.sets.enumerated() {
      for (prompt, measured) in zip(result.prompts, result.measurements) {
        for kind in plan.kinds.indices {
          write(measured.changes[number * plan.kinds.count + kind], set, prompt, measured, to: &json)
        }
      }
    }
    json.end()
    json.key("neurons")
    json.beginArray(lines: true)
    for (summary, controls) in zip(result.summaries, padded) { write(summary, controls, to: &json) }
    json.end()
    json.key("work")
    json.beginObject()
    json.field("interventions", result.work.interventions)
    json.field("row_layers", result.work.computed)
    json.field("row_layers_of_full_passes", result.work.separately)
    if let gain = result.work.gain { json.field("gain", gain) }
    json.end()
    json.end()
    return json.bytes
  }

  /// The controls of every set, also where there are none.
  private var padded: [[(set: NeuronSet, divergence: Double)]] {
    result.controls.isEmpty ? result.summaries.map { _ in [] } : result.controls
  }

  private func write(
    _ change: MeasuredChange, _ set: NeuronSet, _ prompt: BatteryPrompt, _ measured: PromptMeasurement,
    to json: inout JSONByteWriter
  ) {
    json.beginObject()
    json.field("neuron", "\(set)")
    json.field("prompt", prompt.text)
    json.field("intervention", "\(plan.kinds[change.item.kind])")
    json.field("kl_base_new", change.divergence)
    json.field("metric_before", change.metricBefore)
    json.field("metric_change", change.metricChange)
    json.field("amount", change.amount)
    json.field("answer_changed", change.answerChanged)
    json.field("answer_logprob_change", change.answerAfter - change.answerBefore)
    json.field("effective_tokens", change.effectiveTokens)
    if let shift = change.expectedShift { json.field("expected_shift", shift) }
    if let share = change.expectedShare { json.field("expected_share", share) }
    json.key("top_before")
    write(measured.topBefore, to: &json)
    json.key("top_after")
    write(change.topAfter, to: &json)
    json.key("moved")
    json.beginArray()
    for shift in change.moved {
      json.beginObject()
      json.field("token", shift.token)
      json.field("text", tokenText(shift.token))
      json.field("logit_change", shift.logitChange)
      json.field("probability_change", shift.probabilityChange)
      json.end()
    }
    json.end()
    json.end()
  }

  private func write(_ tokens: [RankedToken], to json: inout JSONByteWriter) {
    json.beginArray()
    for token in tokens {
      json.beginObject()
      json.field("token", token.token)
      json.field("text", tokenText(token.token))
      json.field("logit", token.logit)
      json.field("probability", token.probability)
      json.end()
    }
    json.end()
  }

  private func write(
    _ summary: CausalSummary, _ controls: [(set: NeuronSet, divergence: Double)], to json: inout JSONByteWriter
  ) {
    json.beginObject()
    json.field("neuron", "\(summary.set)")
    json.field("prompts", summary.promptCount)
    json.key("effects")
    json.beginArray()
    for effect in summary.effects {
      json.beginObject()
      json.field("intervention", "\(effect.kind)")
      for (key, estimate) in effect.estimates { write(key, estimate, to: &json) }
      json.end()
    }
    json.end()
    if let comparison = summary.comparison {
      json.key("matched_random")
      json.beginObject()
      json.field("intervention", "\(comparison.kind)")
      json.field("ratio_to_median", comparison.ratio)
      json.field("p", comparison.p)
      json.field("q", comparison.q)
      json.field("draws", comparison.drawCount)
      json.key("controls")
      json.beginArray()
      for control in controls {
        json.beginObject()
        json.field("neuron", "\(control.set)")
        json.field("kl_base_new", control.divergence)
        json.end()
      }
      json.end()
      json.end()
    }
    json.end()
  }

  private func write(_ key: String, _ estimate: IntervalEstimate, to json: inout JSONByteWriter) {
    json.key(named: key)
    json.beginObject()
    json.field("mean", estimate.mean)
    if let low = estimate.low { json.field("low", low) }
    if let high = estimate.high { json.field("high", high) }
    json.end()
  }
}

extension CausalSummary.Effect {
  /// All figures, by their names in JSON.
  var estimates: [(String, IntervalEstimate)] {
    var list = [
      ("kl_base_new", divergence), ("metric_change", metricChange), ("answer_logprob_change", answerChange),
      ("answers_changed", changedAnswers), ("answers_falling", fallingAnswers), ("effective_tokens", effectiveTokens),
    ]
    if let expectedShift { list.append(("expected_shift", expectedShift)) }
    if let expectedShare { list.append(("expected_share", expectedShare)) }
    return list
  }
}
