// autointerp
// `InterventionBenchmark` measures how much faster batched interventions are than one forward pass for each.
// SPDX-License-Identifier: Apache-2.0

internal import Attribution
internal import Causality
internal import Circuits
internal import Inference
internal import Platform

/// Times interventions on neurons of one layer.
struct InterventionBenchmark {
  /// The figures of one layer.
  struct Rate {
    var layer: Int
    var positions: PositionChoice
    /// Measured interventions a second, with KL, metric and top tokens.
    var perSecond: Double
    /// Forward passes a second, without any of these.
    var passesPerSecond: Double

    var ratio: Double { perSecond / passesPerSecond }
  }

  private let runner: InterventionRunner<OpenBLASBackend>

  init(_ relevance: RelevancePropagation<OpenBLASBackend>) {
    runner = InterventionRunner(transformer: relevance.transformer, backend: relevance.backend)
  }

  /// Removes `count` neurons of a layer one at a time, and runs as many passes as fit into a similar time. Returns the best
  /// of `rounds`; both are measured in turns, so that a change of the machine's speed affects both.
  func rate(
    of tokens: [Int32], layer: Int, positions: PositionChoice, count: Int, rounds: Int
  ) throws -> Rate {
    let width = runner.transformer.configuration.feedForwardDimension
    var random = SeededRandom(seed: UInt64(layer))
    var sets: [NeuronSet] = []
    while sets.count < min(count, width) {
      let set = NeuronSet([NeuronID(layer: layer, index: random.integer(in: 0...width - 1))])
      if !sets.contains(set) { sets.append(set) }
    }
    let plan = InterventionPlan(sets: sets, kinds: [.zero], positions: positions)
    let clock = ContinuousClock()
    var best = Rate(layer: layer, positions: positions, perSecond: 0, passesPerSecond: 0)
    for _ in 0..<max(1, rounds) {
      let measured = try clock.measure { _ = try runner.measure(tokens, plan: plan) }
      best.perSecond = max(best.perSecond, Double(sets.count) / (measured / .seconds(1)))
      let passes = 8
      let plain = try clock.measure {
        for _ in 0..<passes { _ = try runner.transformer.forward(tokens, on: runner.backend) }
      }
      best.passesPerSecond = max(best.passesPerSecond, Double(passes) / (plain / .seconds(1)))
    }
    return best
  }
}
