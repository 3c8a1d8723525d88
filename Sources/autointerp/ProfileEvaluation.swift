// autointerp
// `ProfileEvaluation` predicts from a run what removing its neurons does, and measures it on other prompts.
// SPDX-License-Identifier: Apache-2.0

internal import Causality
internal import Checkpoints
internal import Circuits
internal import Coordinator
internal import Inference
internal import Knowledge

/// What profiles predict against what removals do.
struct ProfileEvaluation {
  var neuronCount: Int
  var promptCount: Int
  /// The mean gradient score of a neuron in the run, against how much the metric falls without it.
  var scores: PredictionAccuracy
  /// By how many logits the tokens that a neuron's weights promote move in the expected direction when it is doubled: the
  /// mean over neurons, and for the tokens of another neuron.
  var tokenShift: IntervalEstimate
  var shuffledTokenShift: IntervalEstimate
  /// Share of neurons whose expected tokens move in the expected direction.
  var tokenSigns: IntervalEstimate
  var shuffledTokenSigns: IntervalEstimate

  /// - Parameters:
  ///   - archived: the run with the profiles.
  ///   - neurons: those to test, each in at least one prompt of the run.
  ///   - prompts: none of the run's own.
  ///   - runner: the model.
  ///   - seed: of shuffles and intervals.
  ///   - progress: called after each prompt.
  /// - Throws: `CausalityError`; `invalid` for fewer than three neurons.
  init(
    _ archived: ArchivedRun, neurons: [NeuronID], prompts: [BatteryPrompt],
    runner: InterventionRunner<OpenBLASBackend>, seed: UInt64, progress: (Int) -> Void
  ) throws {
    let sets = neurons.map { NeuronSet([$0]) }
    let expected = try ExpectedTokens.projected(sets, transformer: runner.transformer, on: runner.backend, count: 20)
    // Each neuron gets the tokens of the next one.
    var shuffled: [NeuronSet: ExpectedTokens] = [:]
    for (i, set) in sets.enumerated() { shuffled[set] = expected[sets[(i + 1) % sets.count]] }
    let steps = 2 * prompts.count
    func run(_ kinds: [InterventionKind], _ expected: [NeuronSet: ExpectedTokens]) throws -> BatteryResult {
      let plan = InterventionPlan(sets: sets, kinds: kinds)
      return try CausalBattery(runner: runner, plan: plan, topCount: 1, seed: seed, expected: expected)
        .run(prompts) { _, _ in progress(steps) }
    }
    let (own, other) = (try run([.zero, .scale(2)], expected), try run([.scale(2)], shuffled))
    let predicted = neurons.map { neuron -> Double in
      guard let statistics = archived.aggregate.statistics(of: neuron) else { return 0 }
      return statistics.gradientScoreSum / Double(max(1, statistics.prompts))
    }
    let measured = own.summaries.map { -($0.effects.first?.metricChange.mean ?? 0) }
    func shifts(_ result: BatteryResult) -> [Double] {
      result.summaries.map { $0.effects.last?.expectedShift?.mean ?? 0 }
    }
    func estimate(_ values: [Double]) -> IntervalEstimate {
      Bootstrap.estimate(values, seed: seed) ?? IntervalEstimate(mean: 0, low: nil, high: nil)
    }
    guard let scores = PredictionAccuracy(predicted: predicted, measured: measured, seed: seed) else {
      throw CausalityError.invalid(name: "the number of neurons", value: "\(neurons.count)", expected: "at least 3")
    }
    (neuronCount, promptCount, self.scores) = (neurons.count, prompts.count, scores)
    tokenShift = estimate(shifts(own))
    shuffledTokenShift = estimate(shifts(other))
    tokenSigns = estimate(shifts(own).map { $0 > 0 ? 1 : 0 })
    shuffledTokenSigns = estimate(shifts(other).map { $0 > 0 ? 1 : 0 })
  }

  func text() -> String {
    func fixed(_ value: Double) -> String { ReadableNumber.fixed(value, decimals: 2) }
    func interval(_ estimate: IntervalEstimate) -> String {
      guard let low = estimate.low, let high = estimate.high else { return fixed(estimate.mean) }
      return "\(fixed(estimate.mean)) (\(fixed(low)) to \(fixed(high)))"
    }
    func row(_ name: String, _ value: String, _ control: String) -> String {
      name.leading(58) + value.leading(24) + control
    }
    return """
      Predictions from the profiles of \(neuronCount) neurons, measured on \(promptCount) prompts that the run has not seen

      \(row("", "profile", "shuffled profiles"))
      \(row("removal: mean score against fall of the metric, rank r", interval(scores.sizes.estimate), "\(fixed(scores.sizes.shuffledMean)), p \(ReadableNumber.scientific(scores.sizes.p))"))
      \(row("removal: sign of the change right, share of neurons", interval(scores.signs.estimate), "\(fixed(scores.signs.shuffledMean)), p \(ReadableNumber.scientific(scores.signs.p))"))
      \(row("doubling: expected tokens rise above the mean, logits", interval(tokenShift), interval(shuffledTokenShift)))
      \(row("doubling: expected tokens rise, share of neurons", interval(tokenSigns), interval(shuffledTokenSigns)))

      """
  }
}
