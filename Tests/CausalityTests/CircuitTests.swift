// autointerp
// Tests circuits on a transformer whose circuit is planted, and masks against plain interventions.
// SPDX-License-Identifier: Apache-2.0

import Attribution
import Checkpoints
import Circuits
import Inference
import TestSupport
import Testing

@testable import Causality

@Suite struct CircuitTests {
  private let backend = OpenBLASBackend()
  private let runner: InterventionRunner<OpenBLASBackend>
  /// Subject 0 at position 2 against subject 1.
  private let pair = PromptPair(text: "", tokens: [5, 6, 0, 8], corruptTokens: [5, 6, 1, 8], answer: 2, other: 3)
  private var width: Int { PlantedCircuit.configuration.feedForwardDimension }

  init() {
    runner = InterventionRunner(
      transformer: Transformer(PlantedCircuit.checkpoint(), backend: backend, storage: .resident), backend: backend)
  }

  private func place(_ layer: Int, _ index: Int, _ position: Int = 3) -> NeuronPlace {
    NeuronPlace(layer: layer, position: position, index: index)
  }

  /// What was planted at the last position, for the pair.
  private var planted: [NeuronPlace] {
    (0..<2).flatMap { subject in
      [
        place(0, PlantedCircuit.detector(subject)), place(1, PlantedCircuit.mapper(subject)),
        place(1, PlantedCircuit.inhibitor(subject)),
      ]
    }
  }

  @Test func thePlantedModelKnowsItsFacts() throws {
    for subject in 0..<2 {
      let tokens: [Int32] = [7, Int32(subject), 9, 4, 10]
      let answer = OutputDistribution(try runner.transformer.forward(tokens, on: backend).logits).answer
      #expect(answer == PlantedCircuit.answer(subject))
    }
  }

  @Test(arguments: [CircuitAblation.zero, .mean, .resample]) func theSearchFindsWhatIsPlanted(
    ablation: CircuitAblation
  ) throws {
    var runner = runner
    runner.reference = try ActivationMeans.over(
      [[4, 5, 6, 7], [8, 9, 10, 11], [6, 4, 11, 9]], transformer: runner.transformer, on: backend)
    let tester = try CircuitTester(pair, ablation: ablation, runner: runner)
    #expect(tester.whole - tester.nothing > 1)
    var search = try CircuitSearch([tester], width: width)
    search.level = 0.95
    for method in [RankingMethod.gradient, .relp, .activation] {
      let circuit = try search.find(method)
      let found = Set(circuit.members.map(\.place))
      #expect(found.isSubset(of: planted), "\(method): \(found)")
      // Silent neurons of the other subject matter only where the corrupt prompt's values switch them on.
      let needed = [place(0, PlantedCircuit.detector(0)), place(1, PlantedCircuit.mapper(0))]
      #expect(found.isSuperset(of: needed), "\(method): \(found)")
      #expect(circuit.found.faithfulness >= 0.95 && circuit.found.sameAnswer == 1)
      #expect(circuit.found.complement < 0.2)
      #expect(circuit.members.allSatisfy { ($0.loss ?? 0) > 0.01 })
      // Without the detector nothing is left; it comes first.
      #expect(needed.contains(circuit.members[0].place))
    }
  }

  @Test func aCircuitIsCheckedOnPairsThatWereHeldOut() throws {
    let others = [[9, 10, 0, 4], [4, 7, 0, 11]].map { (tokens: [Int32]) in
      PromptPair(text: "", tokens: tokens, corruptTokens: [9, 10, 1, 4], answer: 2, other: 3)
    }
    let testers = try ([pair] + others).map { try CircuitTester($0, ablation: .resample, runner: runner) }
    var search = try CircuitSearch(Array(testers.prefix(1)), heldOut: Array(testers.dropFirst()), width: width)
    let circuit = try search.find()
    let check = try #require(circuit.heldOut)
    #expect(check.pairCount == 2 && check.faithfulness > 0.7 && check.sameAnswer == 1)
  }

  @Test func aSearchWithoutACircuitIsAnError() throws {
    let tester = try CircuitTester(pair, ablation: .zero, runner: runner)
    var search = try CircuitSearch([tester], width: width)
    search.maximumNodes = 1
    #expect { try search.find(.activation) } throws: {
      guard case .noCircuit(maximum: 1, _, _, let smallest)? = $0 as? CausalityError, smallest > 1 else { return false }
      return true
    }
  }

  @Test func gradientCurvesBeatRandomOnes() throws {
    let pairs = [pair, PromptPair(text: "", tokens: [4, 1, 7, 9], corruptTokens: [4, 0, 7, 9], answer: 3, other: 2)]
    let random = (0..<20).map { RankingMethod.random(seed: $0) }
    let evaluation = FaithfulnessEvaluation(
      runner: runner, methods: [.gradient, .relp] + random, ablations: [.zero, .resample], seed: 1)
    let result = try evaluation.run(pairs)
    #expect(result.curves.count == 44)
    for curve in result.curves {
      #expect(abs(curve.points[0].faithfulness.mean) < 1e-6)
      #expect(abs((curve.points.last?.faithfulness.mean ?? 0) - 1) < 1e-4)
      #expect(abs(curve.points[0].complement.mean - 1) < 1e-4)
    }
    for ablation in [CircuitAblation.zero, .resample] {
      let curves = result.curves.filter { $0.ablation == ablation }
      let areas = curves.map(\.cpr)
      let best = areas[2...].max() ?? 1
      #expect(areas[0] > 0.9 && areas[0] > best + 0.1, "\(areas)")
      #expect(areas[2...].count { areas[1] > $0 } >= 19, "\(areas)")
      #expect(curves[2...].allSatisfy { curves[0].cmd < $0.cmd })
      #expect(curves[2...].allSatisfy { (curves[0].size(for: 0.8) ?? 1000) < ($0.size(for: 0.8) ?? 1000) })
    }
    #expect(result.uses.allSatisfy { $0.prompts.count == 2 && $0.misaligned == 0 && $0.withoutBehaviour == 0 })
  }

  @Test func pairsThatCannotBeMeasuredAreLeftOutAndCounted() throws {
    let pairs = [
      pair,
      // The model answers with 2, not with 4.
      PromptPair(text: "", tokens: [5, 6, 0, 8], corruptTokens: [5, 6, 1, 8], answer: 4, other: 2),
      PromptPair(text: "", tokens: [5, 6, 0, 8], corruptTokens: [6, 1, 8], answer: 2, other: 3),
    ]
    let evaluation = FaithfulnessEvaluation(
      runner: runner, methods: [.gradient], ablations: [.zero, .resample], seed: 1)
    let uses = try evaluation.run(pairs).uses
    #expect(uses.map(\.prompts.count) == [2, 1] && uses.map(\.withoutBehaviour) == [1, 1])
    #expect(uses.map(\.misaligned) == [0, 1], "zeros need no second prompt")
  }

  @Test func eachPairHasARandomRankingOfItsOwn() {
    let method = RankingMethod.random(seed: 3)
    #expect(method.forPair(0) != method.forPair(1) && method.forPair(1) == method.forPair(1))
    #expect(RankingMethod.gradient.forPair(1) == .gradient)
  }

  @Test func theBatteryFindsThePlantedNeuronsAmongRandomOnes() throws {
    let prompts = [[5, 6, 0, 8], [4, 0, 9, 10], [0, 11, 7, 6], [8, 9, 0, 5]].map {
      BatteryPrompt(text: "", tokens: $0)
    }
    let sets = [
      NeuronSet([NeuronID(layer: 1, index: PlantedCircuit.mapper(0))]), NeuronSet([NeuronID(layer: 1, index: 2)]),
      NeuronSet([NeuronID(layer: 0, index: PlantedCircuit.detector(0))]), NeuronSet([NeuronID(layer: 0, index: 1)]),
    ]
    let checkpoint = PlantedCircuit.checkpoint(bystanders: 8)
    let runner = InterventionRunner(
      transformer: Transformer(checkpoint, backend: backend, storage: .resident), backend: backend)
    let plan = InterventionPlan(sets: sets, kinds: [.zero])
    let battery = CausalBattery(runner: runner, plan: plan, controlCount: 15, seed: 2)
    let comparisons = try battery.run(prompts).summaries.map { try #require($0.comparison) }
    // So few controls of their size allow no smaller p.
    for planted in [comparisons[0], comparisons[2]] {
      #expect(planted.p == 1 / Double(planted.drawCount + 1) && planted.ratio > 100)
    }
    #expect(comparisons[1].q > 0.1 && comparisons[3].q > 0.1)

    // Without bystanders no neuron is like the planted ones, so they are not compared, and the report says so.
    let alone = try CausalBattery(runner: self.runner, plan: plan, controlCount: 15, seed: 2).run(prompts)
    #expect(alone.summaries[0].comparison == nil && alone.summaries[1].comparison != nil)
    let text = CausalText(alone, plan: plan) { "#\($0)" }.text()
    #expect(text.contains("\(sets[0])") && text.contains("not compared: its layer has no two neurons of similar"))
  }

  @Test func masksEqualInterventionsThatSetTheSameValues() throws {
    let rig = SmallRig()
    let (model, tokens) = (rig.transformer, SmallRig.tokens)
    let trace = try model.forward(tokens, on: rig.backend)
    let neurons = model.configuration.feedForwardDimension
    let reference = (0..<2).map { layer in (0..<tokens.count * neurons).map { Float($0 % 7 - 3 + layer) / 10 } }
    let listed = [place(0, 3, 1), place(1, 5, 5), place(0, 8, 4)]
    let masks = [
      NeuronMask(listed, rest: .live, livePositions: [0]), NeuronMask(listed, rest: .reference, livePositions: [0]),
      NeuronMask([], rest: .live, livePositions: []),
    ]
    let found = try model.logits(masks: masks, reference: reference, over: trace, on: rig.backend)
    func intervention(_ place: NeuronPlace) -> Intervention {
      Intervention(
        layer: place.layer, index: place.index, position: place.position,
        operation: .set(reference[place.layer][place.position * neurons + place.index]))
    }
    let every = (0..<2).flatMap { layer in
      (1..<tokens.count).flatMap { position in (0..<neurons).map { place(layer, $0, position) } }
    }
    let sets = [listed.map(intervention), every.filter { !listed.contains($0) }.map(intervention), []]
    let expected = try model.logits(under: sets, over: trace, on: rig.backend)
    for (a, b) in zip(found, expected) { #expect((zip(a, b).map { abs($0 - $1) }.max() ?? 1) < 1e-4) }
    for (i, mask) in masks.enumerated() {
      #expect(try model.logits(masks: [mask], reference: reference, over: trace, on: rig.backend)[0] == found[i])
    }
  }
}
