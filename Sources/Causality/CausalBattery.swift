// autointerp
// `CausalBattery` runs a plan on many prompts, with matched random neurons beside it, and summarises the results.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import Inference
internal import Platform

/// One prompt of a battery.
package struct BatteryPrompt: Sendable {
  package var text: String
  package var tokens: [Int32]
  package var metric: MetricSpecification

  package init(text: String, tokens: [Int32], metric: MetricSpecification = .logProbability([])) {
    self.text = text
    self.tokens = tokens
    self.metric = metric
  }
}

/// What a battery found.
package struct BatteryResult: Sendable {
  package var prompts: [BatteryPrompt]
  package var measurements: [PromptMeasurement]
  /// One for each set of the plan.
  package var summaries: [CausalSummary]
  /// The mean effect of the controls of each set, for each control.
  package var controls: [[(set: NeuronSet, divergence: Double)]]
  package var work: InterventionWork
}

/// Runs the same interventions on many prompts.
package struct CausalBattery<Backend: ComputeBackend>: Sendable {
  package let runner: InterventionRunner<Backend>
  package var plan: InterventionPlan
  /// Matched random neurons for each set; 0 for none. They undergo the plan's first removal.
  package var controlCount: Int
  package var topCount: Int
  package var seed: UInt64
  /// What the neurons' weights promote.
  package var expected: [NeuronSet: ExpectedTokens]

  package init(
    runner: InterventionRunner<Backend>, plan: InterventionPlan, controlCount: Int = 0, topCount: Int = 10,
    seed: UInt64 = 0, expected: [NeuronSet: ExpectedTokens] = [:]
  ) {
    self.runner = runner
    self.plan = plan
    self.controlCount = controlCount
    self.topCount = topCount
    self.seed = seed
    self.expected = expected
  }

  /// Runs the battery. The result depends on prompts, plan and seed alone.
  ///
  /// `progress` is called after each prompt of each of the two passes, with the number done and how many there are. The
  /// first pass, which measures activations for the matching, is left out without controls.
  package func run(
    _ prompts: [BatteryPrompt], progress: (Int, Int) -> Void = { _, _ in }
  ) throws(CausalityError) -> BatteryResult {
    let removal = plan.kinds.first(where: \.isRemoval)
    let controls = removal != nil && controlCount >= 2 ? try draw(prompts, progress: progress) : []
    let steps = prompts.count * (controls.isEmpty ? 1 : 2)
    // The same random neuron may serve several sets; it is measured once.
    var places: [NeuronSet: Int] = [:]
    for set in controls.joined() where places[set] == nil { places[set] = places.count }
    let ordered = places.sorted { $0.value < $1.value }.map(\.key)
    var sums = [Double](repeating: 0, count: ordered.count)
    var measurements: [PromptMeasurement] = []
    var work = InterventionWork()
    for (number, prompt) in prompts.enumerated() {
      let measured = try runner.measure(
        prompt.tokens, plan: plan, metric: prompt.metric, topCount: topCount, expected: expected)
      work += measured.work
      measurements.append(measured)
      if let removal, !ordered.isEmpty {
        let null = try runner.measure(
          prompt.tokens,
          plan: InterventionPlan(sets: ordered, kinds: [removal], positions: plan.positions, path: plan.path),
          topCount: 1)
        for (i, change) in null.changes.enumerated() { sums[i] += change.divergence }
        work += null.work
      }
      progress(steps - prompts.count + number + 1, steps)
    }
    var summaries = plan.sets.enumerated().map { number, set in
      CausalSummary(set, number: number, kinds: plan.kinds, measurements: measurements, seed: seed)
    }
    let effects = controls.map { sets in
      sets.map { (set: $0, divergence: sums[places[$0] ?? 0] / Double(prompts.count)) }
    }
    if let removal { compare(&summaries, effects, removal: removal) }
    return BatteryResult(
      prompts: prompts, measurements: measurements, summaries: summaries, controls: effects, work: work)
  }

  private func compare(
    _ summaries: inout [CausalSummary], _ effects: [[(set: NeuronSet, divergence: Double)]], removal: InterventionKind
  ) {
    let tested = effects.indices.filter { effects[$0].count >= 2 }
    guard !tested.isEmpty else { return }
    let null = PooledNull(
      tested.map { number in
        PooledNull.Group(
          effect: summaries[number].effects.first { $0.kind == removal }?.divergence.mean ?? 0,
          controls: effects[number].map(\.divergence))
      })
    for (i, number) in tested.enumerated() {
      summaries[number].comparison = CausalSummary.Comparison(
        kind: removal, controlCount: effects[number].count, ratio: null.ratios[i], p: null.pValues[i],
        q: null.qValues[i], drawCount: null.drawCount)
    }
  }

  /// Draws the controls of each set after a pass over all prompts that measures how large activations are.
  private func draw(
    _ prompts: [BatteryPrompt], progress: (Int, Int) -> Void
  ) throws(CausalityError) -> [[NeuronSet]] {
    let (transformer, backend) = (runner.transformer, runner.backend)
    for neuron in plan.sets.flatMap(\.neurons) { try runner.check(neuron) }
    let width = transformer.configuration.feedForwardDimension
    var sizes = ActivationSizes(
      layers: Set(plan.sets.flatMap { $0.neurons.map { Int($0.layer) } }), width: width)
    for (number, prompt) in prompts.enumerated() {
      let trace = try InterventionRunner.trace(prompt.tokens, transformer: transformer, on: backend)
      let positions = try plan.positions.positions(tokens: prompt.tokens.count)
      for layer in sizes.layers {
        sizes.add(
          layer: layer,
          values: backend.download(trace.layers[layer].activations, rows: prompt.tokens.count, columns: width),
          positions: positions)
      }
      progress(number + 1, 2 * prompts.count)
    }
    let taken = Set(plan.sets.flatMap(\.neurons))
    return plan.sets.map { sizes.controls(for: $0, count: controlCount, avoiding: taken, seed: seed) }
  }
}
