// autointerp
// `LoadedModel.steer` generates text with changed neurons, and `circuit` searches a circuit within a given time.
// SPDX-License-Identifier: Apache-2.0

package import AgentTools
internal import Attribution
internal import Causality
internal import Circuits
internal import Inference

extension LoadedModel {
  package func steer(_ request: SteeringRequest, _ progress: ExperimentProgress) throws -> SteeredText {
    let changes = try SteeredNeuron.list(request.changes)
    for change in changes { try check(change.neuron) }
    var settings = GenerationSettings()
    settings.maximumTokens = request.maximumTokens
    guard let positions = PositionChoice(request.positions) else {
      throw ToolError("positions is \(request.positions); it must be all, not-first or last")
    }
    settings.positions = positions
    settings.stopTokens = Set([tokenizer.eosToken].compactMap(\.self))
    let prompt = try tokens(request.text)
    let generator = TextGenerator(transformer: transformer, backend: backend)
    func continuation(_ steering: [SteeredNeuron]) throws -> SteeredText.Continuation {
      let tokens = try generator.generate(
        after: prompt, steering: steering, settings: settings, isStopped: progress.isCancelled)
      return SteeredText.Continuation(text: tokenizer.decode(tokens), tokens: tokens)
    }
    let plain = try continuation([])
    progress.report("the text as it is has \(plain.tokens.count) tokens")
    return SteeredText(plain: plain, steered: try continuation(changes), changes: changes.map(\.description))
  }

  package func circuit(_ request: CircuitRequest, _ progress: ExperimentProgress) throws -> CircuitResult {
    let end = ContinuousClock.now + .seconds(request.maximumSeconds)
    guard let ablation = CircuitAblation(rawValue: request.ablation) else {
      throw ToolError("ablation is \(request.ablation); it must be resample, mean or zero")
    }
    let (pairs, others) = (try request.pairs.map(pair), try request.heldOut.map(pair))
    var runner = InterventionRunner(transformer: transformer, backend: backend)
    if ablation == .mean {
      runner.reference = try ActivationMeans.over(
        (pairs + others).flatMap { [$0.tokens, $0.corruptTokens] }, transformer: transformer, on: backend)
    }
    let searched = try CircuitTester.testers(of: pairs, ablation: ablation, runner: runner, limit: pairs.count)
    guard let first = searched.testers.first?.pair else {
      throw ToolError(
        "on none of the \(pairs.count) pairs does the model prefer the answer because of its neurons: choose a behaviour that it "
          + "has, which run_graph and its predictions show")
    }
    let checked = try CircuitTester.testers(of: others, ablation: ablation, runner: runner, limit: others.count)
    var search = try CircuitSearch(
      searched.testers, heldOut: checked.testers, width: transformer.configuration.feedForwardDimension)
    search.level = request.level
    search.answerShare = request.sameAnswer
    search.maximumNodes = request.maximumNodes
    search.isStopped = { progress.isCancelled() || ContinuousClock.now >= end }
    let found = try search.find { progress.report($0) }
    func check(_ check: FoundCircuit.Check) -> CircuitResult.Check {
      CircuitResult.Check(
        pairs: check.pairCount, faithfulness: check.faithfulness, complement: check.complement,
        sameAnswer: check.sameAnswer)
    }
    return CircuitResult(
      members: found.members.map { member in
        CircuitResult.Member(
          neuron: NeuronID(layer: member.place.layer, index: member.place.index), position: member.place.position,
          token: tokenizer.displayText(of: first.tokens[member.place.position]), loss: member.loss)
      }, found: check(found.found), heldOut: found.heldOut.map(check), candidates: found.candidateCount,
      pairsLeftOut: searched.leftOut + checked.leftOut, isPruned: found.isPruned)
  }

  private func pair(_ pair: CircuitPair) throws -> PromptPair {
    PromptPair(
      text: pair.text, tokens: try tokens(ExperimentText(text: pair.text)),
      corruptTokens: try tokens(ExperimentText(text: pair.corrupt)), answer: try tokenizer.token(named: pair.answer),
      other: try tokenizer.token(named: pair.other))
  }
}
