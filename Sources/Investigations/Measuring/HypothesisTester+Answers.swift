// autointerp
// `HypothesisTester.answers` measures how predictions change when a neuron is removed or doubled.
// SPDX-License-Identifier: Apache-2.0

internal import Causality
internal import Circuits
internal import Inference
internal import Platform

/// What removing and doubling a neuron did to the predictions of some prompts, beside what it is compared with.
struct AnswerChanges {
  /// `[prompts]` of the neuron, then of each random neuron: how far log p of the answer fell when it was removed.
  var falls: [[Double]]
  /// `[prompts]` of the promoted tokens when the neuron is doubled, then of each random neuron or of each random list of
  /// tokens: how far they rose above the mean of all logits.
  var rises: [[Double]]
  /// True if other tokens are compared, because no neuron of the layer is of the neuron's size.
  var comparesTokens = false

  init(controlCount: Int) {
    falls = [[Double]](repeating: [], count: controlCount + 1)
    rises = falls
  }
}

extension HypothesisTester {
  /// Removes and doubles the neuron and random neurons in each prompt, as far as the hypotheses need it.
  func answers(
    _ hypotheses: [Hypothesis], _ neuron: NeuronID, in prompts: [Int], progress: () -> Void
  ) throws(InvestigationError) -> AnswerChanges {
    var (promoted, matters): ([Int32]?, Bool) = (nil, false)
    for hypothesis in hypotheses {
      if case .promotes(let tokens) = hypothesis.claim { promoted = tokens }
      if case .matters = hypothesis.claim { matters = true }
    }
    let similar = controls(for: neuron, in: prompts)
    let hasEnough = similar.count >= rules.fewestControls
    // Without neurons of its size only the neuron itself is measured.
    let random = hasEnough ? similar : []
    var changes = AnswerChanges(controlCount: random.count)
    let kinds = (matters ? [InterventionKind.zero] : []) + (promoted == nil ? [] : [.scale(2)])
    guard prompts.count >= rules.fewestPrompts, !kinds.isEmpty else {
      for _ in prompts { progress() }
      return changes
    }
    let sets = ([neuron] + random).map { NeuronSet([$0]) }
    let plan = InterventionPlan(sets: sets, kinds: kinds)
    // Every neuron is asked about the same tokens, in whichever direction it is moved.
    let tokens = promoted.map { ExpectedTokens(rising: $0, falling: $0) }
    let expected = Dictionary(uniqueKeysWithValues: sets.compactMap { set in tokens.map { (set, $0) } })
    for prompt in prompts {
      guard !isStopped() else { throw .stopped }
      let measured: PromptMeasurement
      do throws(CausalityError) {
        measured = try runner.measure(unseen.prompts[prompt].tokens, plan: plan, topCount: 1, expected: expected)
      } catch {
        throw .causality(error)
      }
      for change in measured.changes {
        if plan.kinds[change.item.kind] == .zero {
          changes.falls[change.item.set].append(change.answerBefore - change.answerAfter)
        } else {
          changes.rises[change.item.set].append(change.expectedShift ?? 0)
        }
      }
      progress()
    }
    if let promoted, !hasEnough {
      changes.rises = try rises(of: promoted, neuron, in: prompts)
      changes.comparesTokens = true
    }
    return changes
  }

  /// How far tokens rise above the mean of all logits when the neuron is doubled, in each prompt; then the same for random
  /// lists of as many tokens.
  private func rises(
    of promoted: [Int32], _ neuron: NeuronID, in prompts: [Int]
  ) throws(InvestigationError) -> [[Double]] {
    let vocabularySize = runner.transformer.configuration.vocabularySize
    var random = SeededRandom(seed: seed)
    let others = (0..<rules.controlCount).map { _ in
      promoted.map { _ in Int32(random.integer(in: 0...vocabularySize - 1)) }
    }
    let lists = [promoted] + others
    var rises = [[Double]](repeating: [], count: lists.count)
    let doubled = Intervention(layer: Int(neuron.layer), index: Int(neuron.index), operation: .scale(2))
    for prompt in prompts {
      guard !isStopped() else { throw .stopped }
      do throws(InferenceError) {
        let trace = try runner.transformer.forward(unseen.prompts[prompt].tokens, on: runner.backend)
        let logits = try runner.transformer.logits(under: [[], [doubled]], over: trace, on: runner.backend)
        let shifts = zip(logits[1], logits[0]).map { Double($0) - Double($1) }
        let mean = shifts.reduce(0, +) / Double(shifts.count)
        for (i, list) in lists.enumerated() {
          rises[i].append(list.reduce(0) { $0 + shifts[Int($1)] } / Double(list.count) - mean)
        }
      } catch {
        throw .inference(error)
      }
    }
    return rises
  }
}

extension AnswerChanges {
  /// The measurement of a `promotes` or `matters` hypothesis.
  func measurement<Backend: ComputeBackend>(
    of hypothesis: Hypothesis, activeCount: Int, _ tester: HypothesisTester<Backend>
  ) -> Measurement {
    let isRemoval = hypothesis.claim == .matters
    let sign = Double(hypothesis.direction)
    let values = (isRemoval ? falls : rises).map { $0.map { sign * $0 } }
    let controls = values.dropFirst().filter { !$0.isEmpty }.map { $0.reduce(0, +) / Double($0.count) }
    let count = values.first?.count ?? 0
    let others =
      !isRemoval && comparesTokens
      ? "; for comparison \(controls.count) random lists of tokens, because no other neuron of the layer is of its size"
      : ""
    return Measurement(
      effect: Bootstrap.estimate(values.first ?? [], seed: tester.seed), controls: controls, promptCount: count,
      design:
        "\(isRemoval ? "removed" : "doubled") at all positions of \(count) of the \(activeCount) unseen prompts in which it "
        + "is as active as where the run selected it\(others)",
      problem: tester.problem(
        prompts: activeCount, needed: tester.rules.fewestPrompts,
        what: "the neuron is as active as where the run selected it", controls: controls.count))
  }
}
