// autointerp
// Tests the null of matched random neurons and the bootstrap on data whose truth is planted.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Foundation
import Platform
import Testing

@testable import Causality

@Suite struct CausalStatisticsTests {
  /// A skewed positive size, as divergences are: e to the power of a sum of uniforms.
  private func size(_ random: inout SeededRandom) -> Double {
    exp(6 * ((0..<6).reduce(0.0) { sum, _ in sum + random.unit() } / 6 - 0.5))
  }

  @Test func randomNeuronsAgainstRandomNeuronsAreNotSignificant() {
    var (discoveries, small) = (0, 0)
    let (rounds, neurons) = (100, 20)
    for round in 0..<rounds {
      var random = SeededRandom(seed: UInt64(round))
      let groups = (0..<neurons).map { layer in
        // Each group at a scale of its own, as layers are.
        let scale = exp(Double(layer % 5))
        return PooledNull.Group(
          effect: scale * size(&random), controls: (0..<50).map { _ in scale * size(&random) })
      }
      let null = PooledNull(groups)
      #expect(null.drawCount == 1000)
      discoveries += null.qValues.count { $0 < 0.05 } > 0 ? 1 : 0
      small += null.pValues.count { $0 < 0.05 }
    }
    // 5 % of p-values, and a false discovery in about 5 % of rounds.
    #expect((0.03...0.07).contains(Double(small) / Double(rounds * neurons)))
    #expect(discoveries <= 11)
  }

  @Test func plantedNeuronsAreFound() {
    var random = SeededRandom(seed: 3)
    let planted = Set([2, 7, 11])
    let groups = (0..<20).map { number in
      PooledNull.Group(
        effect: (planted.contains(number) ? 60 : 1) * size(&random), controls: (0..<60).map { _ in size(&random) })
    }
    let null = PooledNull(groups)
    let found = Set(null.qValues.indices.filter { null.qValues[$0] < 0.05 })
    #expect(planted.isSubset(of: found))
    #expect(found.count <= 4)
    #expect(null.ratios[7] > 5)
  }

  @Test func pIsNeverZeroAndNeverAboveOne() {
    let null = PooledNull([
      PooledNull.Group(effect: 1e6, controls: [1, 2, 3]), PooledNull.Group(effect: 0, controls: [1, 1, 1]),
    ])
    #expect(null.pValues[0] == 1.0 / 7)
    #expect(null.pValues[1] == 1)
  }

  @Test func bootstrapIntervalsHoldTheMeanAboutNineteenTimesInTwenty() throws {
    var hits = 0
    for round in 0..<200 {
      var random = SeededRandom(seed: 1000 + UInt64(round))
      let estimate = try #require(Bootstrap.estimate((0..<30).map { _ in random.unit() }, seed: 1))
      if let low = estimate.low, let high = estimate.high, (low...high).contains(0.5) { hits += 1 }
    }
    #expect((176...198).contains(hits))
  }

  @Test func bootstrapDependsOnTheSeedAlone() {
    let values = (0..<12).map { Double($0 * $0) }
    #expect(Bootstrap.estimate(values, seed: 4) == Bootstrap.estimate(values, seed: 4))
    #expect(Bootstrap.estimate(values, seed: 4) != Bootstrap.estimate(values, seed: 5))
    #expect(Bootstrap.estimate([2], seed: 0) == IntervalEstimate(mean: 2, low: nil, high: nil))
    #expect(Bootstrap.estimate([], seed: 0) == nil)
  }

  @Test func controlsAreOfTheSameLayerAndOfSimilarSize() {
    var sizes = ActivationSizes(layers: [3], width: 400)
    sizes.add(layer: 3, values: (0..<800).map { Float($0 % 400) }, positions: [0, 1])
    let neuron = NeuronID(layer: 3, index: 200)
    let taken: Set<NeuronID> = [neuron, NeuronID(layer: 3, index: 201)]
    let drawn = sizes.controls(for: neuron, count: 10, avoiding: taken, seed: 1)
    #expect(drawn.count == 10 && Set(drawn).count == 10)
    #expect(drawn.allSatisfy { $0.layer == 3 && (170...235).contains($0.index) && !taken.contains($0) })
    #expect(drawn == sizes.controls(for: neuron, count: 10, avoiding: taken, seed: 1))
    #expect(drawn != sizes.controls(for: neuron, count: 10, avoiding: taken, seed: 2))
  }

  @Test func anOutlierHasNoControls() {
    // Sizes 1 to 10 and one of 1,000: nothing in its layer is like it.
    var sizes = ActivationSizes(layers: [0], width: 11)
    sizes.add(layer: 0, values: (0..<10).map { Float($0 + 1) } + [1000], positions: [0])
    let outlier = NeuronID(layer: 0, index: 10)
    #expect(sizes.controls(for: outlier, count: 5, avoiding: [outlier], seed: 0).isEmpty)
    let pair = NeuronSet([NeuronID(layer: 0, index: 3), outlier])
    #expect(sizes.controls(for: pair, count: 5, avoiding: Set(pair.neurons), seed: 0).isEmpty)
    // A neuron of size 4 has those from 2 to 8.
    let usual = NeuronID(layer: 0, index: 3)
    let drawn = sizes.controls(for: usual, count: 20, avoiding: [usual], seed: 0)
    #expect(Set(drawn.map(\.index)) == [1, 2, 4, 5, 6, 7])
  }

  @Test func batteriesFindAPlantedNeuronAndSayTheSameTwice() throws {
    let rig = SmallRig()
    let prompts = ([SmallRig.tokens] + SmallRig.others).map { BatteryPrompt(text: "\($0)", tokens: $0) }
    // A neuron that is set far outside of its range is no random neuron.
    let plan = InterventionPlan(sets: [SmallRig.set(1, 2), SmallRig.set(1, 9)], kinds: [.zero, .scale(2)])
    let battery = CausalBattery(runner: rig.runner, plan: plan, controlCount: 12, seed: 4)
    let (first, second) = (try battery.run(prompts), try battery.run(prompts))
    #expect(first.summaries.map(\.promptCount) == [4, 4])
    for (a, b) in zip(first.summaries, second.summaries) {
      #expect(a.effects.map(\.divergence) == b.effects.map(\.divergence))
      #expect(a.comparison?.p == b.comparison?.p)
      #expect(a.comparison?.drawCount == 24)
    }
    #expect(first.controls.allSatisfy { $0.count == 12 && $0.allSatisfy { $0.divergence > 0 } })
    let mean = first.measurements.map { $0.changes[0].divergence }.reduce(0, +) / 4
    #expect(abs((first.summaries[0].necessity?.divergence.mean ?? 0) - mean) < 1e-12)
  }
}
