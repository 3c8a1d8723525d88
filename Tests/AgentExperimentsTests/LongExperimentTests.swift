// autointerp
// Tests of `LoadedModel.steer` and `circuit` on a transformer whose circuit is planted.
// SPDX-License-Identifier: Apache-2.0

internal import AgentTools
internal import Causality
internal import Circuits
internal import Inference
internal import Synchronization
internal import TestSupport
internal import Testing

@testable import AgentExperiments

@Suite struct LongExperimentTests {
  private static let text = ExperimentText(text: "fgai")
  private static let detector = NeuronID(layer: 0, index: PlantedCircuit.detector(0))
  private static let mapper = NeuronID(layer: 1, index: PlantedCircuit.mapper(0))

  private static let planted = Set(
    (0..<2).flatMap { subject in
      [
        NeuronID(layer: 0, index: PlantedCircuit.detector(subject)),
        NeuronID(layer: 1, index: PlantedCircuit.mapper(subject)),
        NeuronID(layer: 1, index: PlantedCircuit.inhibitor(subject)),
      ]
    })

  private func pair(_ text: String, _ corrupt: String) -> CircuitPair {
    CircuitPair(text: text, corrupt: corrupt, answer: "c", other: "#3")
  }

  @Test func aTextGoesOnDifferentlyWithoutTheNeuronThatKnowsIt() throws {
    let model = try LettersModel.loaded()
    var request = SteeringRequest(text: Self.text, changes: "\(Self.detector)=zero", maximumTokens: 3)
    let changed = try model.steer(request, ExperimentProgress())
    #expect(changed.plain.text.hasPrefix("c") && changed.plain.tokens.first == PlantedCircuit.answer(0))
    #expect(changed.steered.tokens.first != PlantedCircuit.answer(0) && changed.equalTokens == 0)
    #expect(changed.plain.tokens.count == 3 && changed.steered.tokens.count == 3)
    #expect(changed.changes == ["\(Self.detector)=zero"])
    // A factor of one changes nothing, and the neurons of another subject are silent.
    request.changes = "\(Self.detector)=x1,L0/N\(PlantedCircuit.detector(1))=zero"
    let same = try model.steer(request, ExperimentProgress())
    #expect(same.plain == same.steered && same.equalTokens == 3)
  }

  @Test func steeringEndsWhenNobodyWaits() throws {
    let request = SteeringRequest(text: Self.text, changes: "\(Self.detector)=zero")
    let found = try LettersModel.loaded().steer(request, ExperimentProgress(isCancelled: { true }))
    #expect(found.plain.tokens.isEmpty && found.steered.tokens.isEmpty)
  }

  @Test(arguments: ["", "L0/N3", "L0/N3=mean", "L0/N3=x2,L0/N3=zero", "L0/N3=many"])
  func changesThatCannotBeMadeAreRefused(changes: String) throws {
    let model = try LettersModel.loaded()
    #expect(throws: CausalityError.self) {
      try model.steer(SteeringRequest(text: Self.text, changes: changes), ExperimentProgress())
    }
  }

  @Test func aNeuronThatTheModelDoesNotHaveIsRefused() throws {
    let model = try LettersModel.loaded()
    #expect(throws: InferenceError.self) {
      try model.steer(SteeringRequest(text: Self.text, changes: "L9/N0=zero"), ExperimentProgress())
    }
  }

  @Test(arguments: ["resample", "mean", "zero"]) func thePlantedCircuitIsFoundAndChecked(ablation: String) throws {
    var request = CircuitRequest(
      pairs: [pair("fgai", "fgbi")], heldOut: [pair("jkae", "jkbe"), pair("ehal", "ehbl")], ablation: ablation)
    request.level = 0.95
    let lines = Mutex(0)
    let found = try LettersModel.loaded().circuit(
      request, ExperimentProgress(report: { _ in lines.withLock { $0 += 1 } }))
    let members = Set(found.members.map(\.neuron))
    #expect(!members.isEmpty && members.isSubset(of: Self.planted), "\(members)")
    // Over means of both subjects, keeping the other subject's neurons silent does as well.
    if ablation != "mean" { #expect(members.isSuperset(of: [Self.detector, Self.mapper]), "\(members)") }
    #expect(found.members.allSatisfy { $0.position == 3 && $0.token == "i" && ($0.loss ?? 0) > 0 })
    #expect(found.isPruned && found.found.faithfulness >= 0.95 && found.found.sameAnswer == 1)
    #expect(found.heldOut?.pairs == 2 && found.pairsLeftOut == 0)
    #expect(lines.withLock { $0 } > 1)
  }

  @Test func aCircuitIsBoundedInSize() throws {
    var request = CircuitRequest(pairs: [pair("fgai", "fgbi")])
    request.maximumNodes = 1
    #expect {
      _ = try LettersModel.loaded().circuit(request, ExperimentProgress())
    } throws: { error in
      guard case CausalityError.noCircuit(maximum: 1, _, _, _) = error else { return false }
      return true
    }
  }

  /// A circuit of one neuron keeps some of the behaviour, and another answer than the whole model's.
  @Test func theAnswerNeedNotStayIfNobodyAsksForIt() throws {
    var request = CircuitRequest(pairs: [pair("fgai", "fgbi")], ablation: "zero", maximumNodes: 6)
    (request.level, request.sameAnswer) = (0.1, 0)
    let loose = try LettersModel.loaded().circuit(request, ExperimentProgress())
    request.sameAnswer = 0.8
    let strict = try LettersModel.loaded().circuit(request, ExperimentProgress())
    #expect(strict.found.sameAnswer == 1 && loose.found.sameAnswer == 0)
    #expect(loose.members != strict.members, "\(loose) \(strict)")
    #expect(loose.found.faithfulness >= 0.1)
  }

  @Test func withoutTimeThereIsNoCircuitAndTheMessageSaysSo() throws {
    var request = CircuitRequest(pairs: [pair("fgai", "fgbi")])
    request.maximumSeconds = 0
    let error = #expect(throws: CausalityError.self) {
      try LettersModel.loaded().circuit(request, ExperimentProgress())
    }
    #expect("\(try #require(error))".contains("allow more time"))
  }

  /// Stopped after its first report, when it has a circuit that it has not made smaller.
  @Test func aSearchThatIsStoppedReturnsWhatItHas() throws {
    let isStopped = Atomic(false)
    let found = try LettersModel.loaded().circuit(
      CircuitRequest(pairs: [pair("fgai", "fgbi")]),
      ExperimentProgress(
        isCancelled: { isStopped.load(ordering: .relaxed) }, report: { _ in isStopped.store(true, ordering: .relaxed) })
    )
    #expect(!found.isPruned && found.members.count > 2 && found.members.allSatisfy { $0.loss == nil })
    #expect(found.found.faithfulness >= 0.8)
  }

  @Test func pairsWithoutABehaviourAreRefused() throws {
    // The model answers with c, not with e.
    let pair = CircuitPair(text: "fgai", corrupt: "fgbi", answer: "e", other: "c")
    let error = #expect(throws: ToolError.self) {
      try LettersModel.loaded().circuit(CircuitRequest(pairs: [pair]), ExperimentProgress())
    }
    #expect(error?.description.contains("on none of the 1 pairs") == true)
  }

  @Test func aModelThatWasNotCheckedSaysSo() throws {
    #expect(try LettersModel.loaded().caveats == [])
    #expect(try LettersModel.loaded(modelFingerprint: nil).caveats.first?.contains("nobody checked") == true)
  }
}
