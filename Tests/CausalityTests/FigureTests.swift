// autointerp
// Tests the figures of causal statistics against plain computations, where random data would forgive a mistake.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Foundation
import Inference
import Platform
import Testing

@testable import Causality

@Suite struct FigureTests {
  /// The quotients of `rounds` draws with replacement, sorted.
  private func draws(_ values: [Double], _ bases: [Double], seed: UInt64) -> [Double] {
    var random = SeededRandom(seed: seed)
    return (0..<Bootstrap.rounds).map { _ in
      let drawn = values.indices.map { _ in random.integer(in: 0...values.count - 1) }
      return drawn.reduce(0) { $0 + values[$1] } / drawn.reduce(0) { $0 + bases[$1] }
    }.sorted()
  }

  @Test func bootstrapEndsAreTheFiftiethFromEachSide() throws {
    let values = (0..<25).map { exp(Double($0) / 7) }
    let bases = (0..<25).map { 1 + Double($0 * $0 % 11) }
    let plain = try #require(Bootstrap.estimate(values, seed: 5))
    let sorted = draws(values, values.map { _ in 1 }, seed: 5)
    #expect(Bootstrap.rounds == 2000 && plain.low == sorted[49] && plain.high == sorted[1950])
    let ratio = try #require(Bootstrap.ratio(values, to: bases, seed: 6))
    let quotients = draws(values, bases, seed: 6)
    #expect(ratio.low == quotients[49] && ratio.high == quotients[1950])
    #expect(abs(ratio.mean - values.reduce(0, +) / bases.reduce(0, +)) < 1e-12)
  }

  /// A ratio of values to themselves does not vary, whatever is drawn.
  @Test func basesAreDrawnWithTheirValues() throws {
    let values = [1.0, 20, 300, 4000]
    let estimate = try #require(Bootstrap.ratio(values.map { 3 * $0 }, to: values, seed: 1))
    #expect(estimate.low == 3 && estimate.high == 3)
    #expect(Bootstrap.ratio([1, 2], to: [1, -1], seed: 1) == nil)
  }

  /// Each control is compared with the median of the others, the neuron with that of all its controls.
  @Test func aControlIsComparedWithTheOthersOfItsGroup() {
    let groups = [
      PooledNull.Group(effect: 6, controls: [1, 2, 4]), PooledNull.Group(effect: 0.5, controls: [1, 10]),
      PooledNull.Group(effect: 2, controls: [1, 2, 3, 50]),
    ]
    let null = PooledNull(groups)
    func median(_ values: [Double]) -> Double {
      let sorted = values.sorted()
      return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
    var draws: [Double] = []
    for group in groups {
      for (i, control) in group.controls.enumerated() {
        var others = group.controls
        others.remove(at: i)
        draws.append(log(control) - median(others.map { log($0) }))
      }
    }
    for (i, group) in groups.enumerated() {
      let statistic = log(group.effect) - median(group.controls.map { log($0) })
      let atLeast = draws.count { $0 >= statistic - 1e-12 }
      #expect(abs(null.ratios[i] - exp(statistic)) < 1e-9)
      #expect(abs(null.pValues[i] - Double(atLeast + 1) / Double(draws.count + 1)) < 1e-12, "group \(i)")
    }
  }

  /// A control of a set has as many neurons as the set, none of them twice.
  @Test func controlsOfASetHoldDifferentNeurons() {
    var sizes = ActivationSizes(layers: [0], width: 60)
    sizes.add(layer: 0, values: (0..<60).map { 10 + Float($0) / 100 }, positions: [0])
    let set = NeuronSet([3, 4, 5].map { NeuronID(layer: 0, index: $0) })
    let drawn = sizes.controls(for: set, count: 15, avoiding: Set(set.neurons), seed: 2)
    #expect(drawn.count == 15)
    let neurons = drawn.flatMap(\.neurons)
    #expect(neurons.count == 45 && Set(neurons).count == 45 && Set(neurons).isDisjoint(with: set.neurons))
  }

  private func curve(_ values: [Double]) -> FaithfulnessCurve {
    FaithfulnessCurve(
      method: .gradient, ablation: .zero,
      points: values.enumerated().map { place, value in
        let estimate = IntervalEstimate(mean: value, low: nil, high: nil)
        return FaithfulnessCurve.Point(
          share: Double(place) / Double(values.count - 1), size: Double(10 * place), faithfulness: estimate,
          complement: estimate)
      })
  }

  @Test func aSizeIsTheOneFromWhichOnTheLevelHolds() {
    let wavy = curve([0, 0.9, 0.4, 0.8, 1])
    #expect(wavy.size(for: 0.8) == 30 && wavy.size(for: 0.85) == 40 && wavy.size(for: 0.3) == 10)
    #expect(wavy.size(for: 1.1) == nil && curve([0.9, 1]).size(for: 0.8) == 0)
  }

  /// By hand, with steps of a third: (0 + 1/2) / 2, (1/2 + 3/2) / 2 and (3/2 + 1) / 2, and the same of 1, 1/2, 1/2 and 0.
  @Test func areasAreThoseOfTrapezoids() {
    let curve = curve([0, 0.5, 1.5, 1])
    #expect(abs(curve.cpr - (0.25 + 1 + 1.25) / 3) < 1e-12)
    #expect(abs(curve.cmd - (0.75 + 0.5 + 0.25) / 3) < 1e-12)
  }

  private func distribution(_ logits: [Float]) -> OutputDistribution { OutputDistribution(logits) }

  /// All logits rise by 3, and one by 2 more: only that is a shift towards the token.
  @Test func aShiftThatAllLogitsShareIsNone() throws {
    let (before, after) = (distribution([1, 2, 0, -1]), distribution([4, 7, 3, 2]))
    let change = MeasuredChange(
      InterventionPlan.Case(set: 0, kind: 0), amount: 1, before: before, after: after, metric: (0, 0), topCount: 2,
      expected: ExpectedTokens(rising: [1], falling: [0]))
    #expect(abs(try #require(change.expectedShift) - 1.5) < 1e-6)
    let moves = zip(before.probabilities, after.probabilities).map { abs($1 - $0) }
    #expect(abs(try #require(change.expectedShare) - moves[1] / moves.reduce(0, +)) < 1e-9)
  }

  /// Two of three signs are right in every order of equal predictions, so that every shuffle does as well.
  @Test func shufflesThatDoEquallyWellCount() throws {
    let accuracy = try #require(PredictionAccuracy(predicted: [1, 1, 1], measured: [2, -1, 1], seed: 1))
    #expect(accuracy.signs.p == 1 && abs(accuracy.signs.shuffledMean - accuracy.signs.estimate.mean) < 1e-9)
  }

  @Test(arguments: [0.25, 0.5, 2, 5]) func theTemperatureDividesLogits(temperature: Double) {
    let logits: [Float] = [0, 1, 2, -3]
    var sampler = TokenSampler(temperature: temperature, seed: 11)
    let drawn = (0..<4000).map { _ in sampler.next(logits) }
    let expected = OutputDistribution(logits.map { $0 / Float(temperature) }).probabilities
    for token in 0..<4 {
      let share = Double(drawn.count { $0 == Int32(token) }) / 4000
      // Four standard errors of a share at most.
      #expect(abs(share - expected[token]) < 4 * 0.0079, "token \(token)")
    }
  }

  /// Controls undergo the plan's removal at the plan's positions: measured one by one, they have the battery's figures.
  @Test(arguments: [PositionChoice.last, .notFirst]) func controlsAreChangedWhereTheSetsAre(positions: PositionChoice)
    throws
  {
    let rig = SmallRig()
    let prompts = ([SmallRig.tokens] + SmallRig.others).map { BatteryPrompt(text: "", tokens: $0) }
    let plan = InterventionPlan(sets: [SmallRig.set(0, 2)], kinds: [.zero], positions: positions)
    let result = try CausalBattery(runner: rig.runner, plan: plan, controlCount: 3, seed: 4).run(prompts)
    #expect(result.controls[0].count == 3)
    for control in result.controls[0] {
      let alone = InterventionPlan(sets: [control.set], kinds: [.zero], positions: positions)
      let mean =
        try prompts.map { try rig.runner.measure($0.tokens, plan: alone).changes[0].divergence }.reduce(0, +)
        / Double(prompts.count)
      #expect(abs(control.divergence - mean) < 1e-12 * max(1, mean))
    }
  }
}
