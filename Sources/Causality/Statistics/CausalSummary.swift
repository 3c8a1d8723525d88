// autointerp
// `CausalSummary` says over all prompts what a set of neurons does when it is removed or boosted.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

/// What a set of neurons does, over prompts.
package struct CausalSummary: Sendable {
  /// The figures of one kind of intervention.
  package struct Effect: Sendable {
    package var kind: InterventionKind
    /// KL(before || after), in nats.
    package var divergence: IntervalEstimate
    package var metricChange: IntervalEstimate
    /// Change of log p of the answer, the token that was the most probable one.
    package var answerChange: IntervalEstimate
    /// Share of prompts whose answer is another token.
    package var changedAnswers: IntervalEstimate
    /// Share of prompts on which the answer's probability falls.
    package var fallingAnswers: IntervalEstimate
    package var effectiveTokens: IntervalEstimate
    /// How far the expected tokens' logits rose above all logits' mean; nil if nothing is expected.
    package var expectedShift: IntervalEstimate?
    /// Share of all change of probability on the expected tokens.
    package var expectedShare: IntervalEstimate?
  }

  /// How unusual the removal's divergence is among matched random neurons.
  package struct Comparison: Sendable {
    package var kind: InterventionKind
    package var controlCount: Int
    /// The effect over the median control's.
    package var ratio: Double
    package var p: Double
    package var q: Double
    /// The controls of all sets together.
    package var drawCount: Int
  }

  package var set: NeuronSet
  package var promptCount: Int
  /// In the order of the plan.
  package var effects: [Effect]
  package var comparison: Comparison?

  /// The first removal: how necessary the neurons are.
  package var necessity: Effect? { effects.first { $0.kind.isRemoval } }

  /// The largest factor above 1: whether more of the neurons is sufficient to move the output to what their weights
  /// promote. Values that were added or set are not called a boost, because nothing says that they are more.
  package var sufficiency: Effect? {
    effects.filter(\.kind.isBoost).max { ($0.kind.dose ?? 0) < ($1.kind.dose ?? 0) }
  }

  /// The effects of all factors, by factor; 1 would be no change.
  package var doseResponse: [(dose: Float, effect: Effect)] {
    effects.compactMap { effect in effect.kind.dose.map { ($0, effect) } }.sorted { $0.dose < $1.dose }
  }

  /// Summarises the measurements of one set.
  package init(
    _ set: NeuronSet, number: Int, kinds: [InterventionKind], measurements: [PromptMeasurement], seed: UInt64
  ) {
    self.set = set
    promptCount = measurements.count
    comparison = nil
    effects = kinds.enumerated().compactMap { kind, operation in
      let changes = measurements.map { $0.changes[number * kinds.count + kind] }
      func estimate(_ value: (MeasuredChange) -> Double) -> IntervalEstimate? {
        Bootstrap.estimate(changes.map(value), seed: seed)
      }
      func optional(_ value: (MeasuredChange) -> Double?) -> IntervalEstimate? {
        let values = changes.compactMap(value)
        return values.count == changes.count ? Bootstrap.estimate(values, seed: seed) : nil
      }
      guard let divergence = estimate(\.divergence), let metric = estimate(\.metricChange),
        let answer = estimate({ $0.answerAfter - $0.answerBefore }),
        let changed = estimate({ $0.answerChanged ? 1 : 0 }),
        let falling = estimate({ $0.answerAfter < $0.answerBefore ? 1 : 0 }), let tokens = estimate(\.effectiveTokens)
      else { return nil }
      return Effect(
        kind: operation, divergence: divergence, metricChange: metric, answerChange: answer, changedAnswers: changed,
        fallingAnswers: falling, effectiveTokens: tokens, expectedShift: optional(\.expectedShift),
        expectedShare: optional(\.expectedShare))
    }
  }
}
