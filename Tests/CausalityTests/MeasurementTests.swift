// autointerp
// Tests measured changes against plain computations on a small random model.
// SPDX-License-Identifier: Apache-2.0

import Attribution
import Checkpoints
import Circuits
import Foundation
import Inference
import TestSupport
import Testing

@testable import Causality

/// A small random model and prompts for it.
struct SmallRig {
  let backend = OpenBLASBackend()
  let runner: InterventionRunner<OpenBLASBackend>
  var transformer: Transformer<OpenBLASBackend> { runner.transformer }
  static let tokens: [Int32] = [3, 9, 0, 7, 7, 2]
  static let others: [[Int32]] = [[1, 2, 3, 4], [5, 6], [8, 9, 10, 0, 1]]

  init(seed: UInt64 = 5) {
    let checkpoint = Checkpoint.random(configuration: .small(), seed: seed, standardDeviation: 0.25)
    runner = InterventionRunner(
      transformer: Transformer(checkpoint, backend: backend, storage: .resident), backend: backend)
  }

  static func set(_ layer: Int, _ index: Int) -> NeuronSet { NeuronSet([NeuronID(layer: layer, index: index)]) }
}

@Suite struct MeasurementTests {
  private let rig = SmallRig()

  /// KL, metric and probabilities from a forward pass with the same values set, in plain loops.
  private func check(_ change: MeasuredChange, _ interventions: [Intervention]) throws {
    let trace = try rig.transformer.forward(SmallRig.tokens, on: rig.backend)
    let after = try rig.transformer.logits(under: [interventions], over: trace, on: rig.backend)[0]
    func softmax(_ logits: [Float]) -> [Double] {
      let total = logits.reduce(0.0) { $0 + exp(Double($1)) }
      return logits.map { exp(Double($0)) / total }
    }
    let (p, q) = (softmax(trace.logits), softmax(after))
    let divergence = zip(p, q).reduce(0.0) { $0 + $1.0 * log($1.0 / $1.1) }
    #expect(abs(change.divergence - divergence) < 1e-6)
    let answer = p.firstIndex(of: p.max() ?? 0) ?? 0
    #expect(abs(change.metricChange - (log(q[answer]) - log(p[answer]))) < 1e-5)
    #expect(change.answerChanged == (q.firstIndex(of: q.max() ?? 0) != answer))
    let moves = zip(p, q).map { abs($0 - $1) }
    let sum = moves.reduce(0, +)
    #expect(abs(change.effectiveTokens - sum * sum / moves.reduce(0) { $0 + $1 * $1 }) < 1e-2 * change.effectiveTokens)
    #expect(change.topAfter.map(\.probability) == change.topAfter.map(\.probability).sorted(by: >))
  }

  @Test func figuresAgreeWithPlainLoops() throws {
    let sets = [
      SmallRig.set(0, 3), SmallRig.set(1, 12),
      NeuronSet([NeuronID(layer: 0, index: 3), NeuronID(layer: 1, index: 12)]),
    ]
    let plan = InterventionPlan(sets: sets, kinds: [.zero, .scale(3), .add(1), .set(-2)], positions: .all)
    let measured = try rig.runner.measure(SmallRig.tokens, plan: plan)
    for change in measured.changes {
      let operation: NeuronEdit.Operation =
        switch plan.kinds[change.item.kind] {
        case .zero: .set(0)
        case .scale(let factor): .scale(factor)
        case .add(let value): .add(value)
        case .set(let value): .set(value)
        case .mean, .resample: .set(.nan)
        }
      try check(
        change,
        sets[change.item.set].neurons.map {
          Intervention(layer: Int($0.layer), index: Int($0.index), operation: operation)
        })
    }
    #expect(Set(measured.changes.map(\.divergence)).count == measured.changes.count)
  }

  @Test func meanAblationEqualsANaiveMean() throws {
    // The mean of each class of position, over the reference prompts one by one.
    let neuron = NeuronID(layer: 1, index: 7)
    var (first, later): ([Float], [Float]) = ([], [])
    for tokens in SmallRig.others {
      let trace = try rig.transformer.forward(tokens, on: rig.backend)
      for position in tokens.indices {
        let value = trace.value(layer: 1, index: 7, position: position, on: rig.backend)
        if position == 0 { first.append(value) } else { later.append(value) }
      }
    }
    let means = (first.reduce(0, +) / Float(first.count), later.reduce(0, +) / Float(later.count))
    let reference = try ActivationMeans.over(SmallRig.others, transformer: rig.transformer, on: rig.backend)
    #expect(abs(reference.mean(layer: 1, index: 7, position: 0) - means.0) < 1e-6)
    #expect(abs(reference.mean(layer: 1, index: 7, position: 3) - means.1) < 1e-6)
    #expect(abs(means.0 - means.1) > 1e-4)
    var runner = rig.runner
    runner.reference = reference
    let plan = InterventionPlan(sets: [NeuronSet([neuron])], kinds: [.mean])
    let change = try runner.measure(SmallRig.tokens, plan: plan).changes[0]
    try check(
      change,
      SmallRig.tokens.indices.map {
        Intervention(layer: 1, index: 7, position: $0, operation: .set($0 == 0 ? means.0 : means.1))
      })
  }

  @Test func resampledValuesComeFromTheSamePlaceOfTheOtherPrompt() throws {
    let donor = try DonorActivations(of: SmallRig.others[2], transformer: rig.transformer, on: rig.backend)
    let trace = try rig.transformer.forward(SmallRig.others[2], on: rig.backend)
    let neuron = NeuronID(layer: 0, index: 4)
    func value(_ position: Int) -> Float { trace.value(layer: 0, index: 4, position: position, on: rig.backend) }
    // Six tokens against five: first to first, the others from the end.
    for (position, expected) in [(0, 0), (1, 1), (2, 1), (3, 2), (5, 4)] {
      #expect(donor.value(of: neuron, position: position, tokens: 6) == value(expected))
    }
  }

  @Test func batchesGiveTheSameBitsAsSingleInterventions() throws {
    let sets = (0..<2).flatMap { layer in (0..<20).map { SmallRig.set(layer, $0) } }
    let kinds: [InterventionKind] = [.zero, .scale(2), .add(0.5)]
    for positions in [PositionChoice.all, .last, .notFirst, .given([1, 4])] {
      let plan = InterventionPlan(sets: sets, kinds: kinds, positions: positions)
      let together = try rig.runner.measure(SmallRig.tokens, plan: plan)
      for place in [0, 17, 59, 119] {
        let item = plan.cases[place]
        let single = InterventionPlan(sets: [sets[item.set]], kinds: [kinds[item.kind]], positions: positions)
        let alone = try rig.runner.measure(SmallRig.tokens, plan: single).changes[0]
        #expect(alone.divergence == together.changes[place].divergence)
        #expect(alone.metricAfter == together.changes[place].metricAfter)
        #expect(alone.topAfter == together.changes[place].topAfter)
      }
    }
  }

  @Test func changesAtSomePositionsTogetherAreThoseAtAll() throws {
    func measure(_ positions: PositionChoice) throws -> MeasuredChange {
      try rig.runner.measure(
        SmallRig.tokens, plan: InterventionPlan(sets: [SmallRig.set(0, 3)], kinds: [.zero], positions: positions)
      ).changes[0]
    }
    let all = try measure(.all)
    #expect(abs(all.divergence - (try measure(.given([0, 1, 2, 3, 4, 5]))).divergence) < 1e-9)
    #expect(abs(all.divergence - (try measure(.last)).divergence) > 1e-7)
    #expect(throws: CausalityError.self) { try measure(.given([6])) }
  }

  @Test func theDirectPathOfTheLastLayerIsTheWholeEffect() throws {
    for layer in [0, 1] {
      var plan = InterventionPlan(sets: [SmallRig.set(layer, 5)], kinds: [.scale(4)], positions: .last)
      let full = try rig.runner.measure(SmallRig.tokens, plan: plan).changes[0]
      plan.path = .direct
      let direct = try rig.runner.measure(SmallRig.tokens, plan: plan).changes[0]
      // Nothing comes after the last layer; a lower neuron also acts through the layers above.
      #expect((abs(full.metricChange - direct.metricChange) < 1e-5) == (layer == 1))
    }
  }

  @Test func aFactorMultipliesTheValueThatALowerChangeHasMoved() throws {
    let pair = NeuronSet([NeuronID(layer: 0, index: 3), NeuronID(layer: 1, index: 12)])
    let plan = InterventionPlan(sets: [pair], kinds: [.scale(5)], positions: .last)
    let live = try rig.runner.measure(SmallRig.tokens, plan: plan).changes[0]
    let trace = try rig.transformer.forward(SmallRig.tokens, on: rig.backend)
    let last = SmallRig.tokens.count - 1
    let clean = trace.value(layer: 1, index: 12, position: last, on: rig.backend)
    let frozen = try rig.transformer.logits(
      under: [
        [
          Intervention(layer: 0, index: 3, position: last, operation: .scale(5)),
          Intervention(layer: 1, index: 12, position: last, operation: .set(5 * clean)),
        ]
      ], over: trace, on: rig.backend)[0]
    let difference = OutputDistribution(trace.logits).divergence(to: OutputDistribution(frozen)) - live.divergence
    #expect(abs(difference) > 1e-9)
  }

  @Test func expectedTokensFollowTheSignOfTheChange() throws {
    let set = SmallRig.set(1, 5)
    let expected = try ExpectedTokens.projected([set], transformer: rig.transformer, on: rig.backend, count: 1)
    let plan = InterventionPlan(sets: [set], kinds: [.add(1), .add(-1)], positions: .last)
    let measured = try rig.runner.measure(SmallRig.tokens, plan: plan, expected: expected)
    for change in measured.changes {
      #expect((change.expectedShift ?? 0) > 0)
      #expect((0...1).contains(change.expectedShare ?? -1))
    }
    for (change, amount) in zip(measured.changes, [1, -1]) { #expect(abs(change.amount - Float(amount)) < 1e-5) }
  }
}
