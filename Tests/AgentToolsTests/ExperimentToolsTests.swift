// autointerp
// Tests of the tools that make experiments: they fit their schemas, say what is wrong, and are not offered without a model.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import Foundation
internal import JSON
internal import RunIndex
internal import TestSupport
internal import Testing

@testable import AgentTools

/// A model that answers without computing.
private struct FakeModel: ModelExperiments {
  let caveats = ["this model is made up"]

  func change(_ neuron: NeuronID, by factor: Float, in text: ExperimentText) throws -> ExperimentResult {
    ExperimentResult(
      divergence: Double(factor), answerBefore: -1, answerAfter: -Double(neuron.index), answerChanged: factor == 0,
      topBefore: [.init(text: " a", probability: 0.5)],
      topAfter: [.init(text: text.text + text.answerPrefix, probability: 0.4)], lastActivation: 3)
  }

  func activations(of neuron: NeuronID, in text: ExperimentText) throws -> [TokenActivation] {
    text.text.enumerated().map { TokenActivation(text: String($1), activation: Double($0) - 1) }
  }

  func projection(of neuron: NeuronID, count: Int) throws -> ProjectedTokens {
    ProjectedTokens(
      promoted: [.init(text: " up", zScore: 3)], suppressed: [.init(text: " down", zScore: -3)], chanceZScore: 4)
  }

  func graph(of text: ExperimentText) throws -> EdgeDelta { SampleRun.delta(0) }

  func steer(_ request: SteeringRequest, _ progress: ExperimentProgress) throws -> SteeredText {
    SteeredText(
      plain: .init(text: request.text.text + " goes on", tokens: [1, 2, Int32(request.maximumTokens)]),
      steered: .init(text: "\n\"ends\"", tokens: [1, 7]), changes: [request.changes, request.positions])
  }

  func circuit(_ request: CircuitRequest, _ progress: ExperimentProgress) throws -> CircuitResult {
    CircuitResult(
      members: request.pairs.enumerated().map { number, pair in
        CircuitResult.Member(
          neuron: NeuronID(layer: number, index: request.maximumNodes), position: request.maximumSeconds,
          token: pair.answer, loss: number == 0 ? request.level : nil)
      }, found: .init(pairs: request.pairs.count, faithfulness: 0.9, complement: 0.1, sameAnswer: 1),
      heldOut: request.heldOut.isEmpty
        ? nil : .init(pairs: request.heldOut.count, faithfulness: 0.8, complement: 0.2, sameAnswer: 0.5),
      candidates: 4000, pairsLeftOut: 1, isPruned: request.ablation != "zero")
  }

  func investigate(
    _ request: InvestigationRequest, _ index: RunIndex, _ progress: ExperimentProgress
  ) throws -> InvestigationResult {
    InvestigationResult(
      registerDigest: "d1", unseenPrompts: request.prompts.count { $0.group == "domain" },
      findings: ["confirmed", "refuted"].enumerated().map { number, outcome in
        InvestigationResult.Finding(
          kind: "promotes", statement: "\(request.neuron) promotes \u{1B}", basis: "b", prediction: "p",
          isCausal: number == 0, outcome: outcome, reason: "r", figures: "f", effect: number == 0 ? 0.5 : nil,
          low: nil, high: nil, unit: "logits", p: 0.01, q: 0.02, prompts: request.maximumSeconds,
          controls: request.controls)
      }, cautions: ["made up."])
  }
}

@Suite struct ExperimentToolsTests {
  private static let pair: JSONValue = [
    "prompt": "in France", "corrupt": "in Italy", "answer": " Paris", "other": " Rome",
  ]

  private func call(_ name: String, _ arguments: JSONObject, model: (any ModelExperiments)? = FakeModel()) throws
    -> AgentAnswer
  {
    let url = FileManager.default.temporaryDirectory.appending(path: "tools-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    let path = url.appending(path: "run.sqlite").path
    try SampleRun.write(to: path).close()
    return RunTools(live: LiveIndex(path: path), model: model).perform(
      AgentCall(ticket: 1, kind: .tool(name: name, arguments: arguments)), .detached)
  }

  @Test(
    arguments: [
      ("ablate", ["neuron": "L0/N1", "text": "x"]), ("boost", ["neuron": "L0/N1", "prompt": 2, "factor": -1.5]),
      ("test_activation", ["neuron": "L9/N9", "text": "ab"]), ("project", ["neuron": "L0/N1"]),
      ("run_graph", ["text": "The capital"]), ("steer", ["neurons": "L0/N1=x2", "text": "It"]),
      ("find_circuit", ["pairs": [pair]]), ("find_circuit", ["pairs": [pair, pair], "held_out": [pair], "limit": 1]),
      ("investigate", ["neuron": "L0/N1", "prompts": unseen]),
    ] as [(String, JSONObject)])
  func experimentsFitTheirSchemas(name: String, arguments: JSONObject) throws {
    guard case .tool(let structured, let text) = try call(name, arguments) else {
      Issue.record("\(name): \(try call(name, arguments))")
      return
    }
    let tool = try #require(Tool.experiments.first { $0.description.name == name })
    #expect(SchemaCheck.problems(.object(structured), tool.description.output) == [], "\(name)")
    #expect(!text.isEmpty)
  }

  private func values(_ name: String, _ arguments: JSONObject) throws -> (json: JSONObject, text: String) {
    guard case .tool(let structured, let text) = try call(name, arguments) else { throw ToolError("\(name) failed") }
    return (structured, text)
  }

  @Test func answersHoldWhatTheModelMeasured() throws {
    let removed = try values("ablate", ["neuron": "L0/N7", "text": "x"])
    #expect(removed.json["divergence"] == 0.0 && removed.json["answer_changed"] == true)
    #expect(removed.json["answer_log_p_before"] == -1.0 && removed.json["answer_log_p_after"] == -7.0)
    #expect(removed.json["activation_at_last"] == 3.0 && removed.json["text"] == "x")
    #expect(removed.json["top_before"] == [["token": " a", "probability": 0.5]])
    #expect(removed.json["top_after"] == [["token": "x", "probability": 0.4]])
    #expect(removed.text.contains("L0/N7 without it: log p of the answer -1.000 before, -7.000 after"))
    // The default factor, and the text of a prompt of the run.
    let stronger = try values("boost", ["neuron": "L0/N1", "prompt": 2])
    #expect(stronger.json["divergence"] == 2.0 && stronger.json["answer_changed"] == false)
    #expect(stronger.json["text"] == "fever 2 is" && stronger.text.contains("L0/N1 times 2.00"))
    #expect(try values("boost", ["neuron": "L0/N1", "text": "x", "factor": -1.5]).json["divergence"] == -1.5)
    let tested = try values("test_activation", ["neuron": "L1/N2", "text": "ab"])
    #expect(tested.json["tokens"] == [["token": "a", "activation": -1.0], ["token": "b", "activation": 0.0]])
    #expect(tested.json["usual"] == ["mean_where_selected": 3.0, "positions": 40])
    let projected = try values("project", ["neuron": "L0/N1"])
    #expect(projected.json["promoted"] == [["token": " up", "z_score": 3.0]])
    #expect(projected.json["chance_z_score"] == 4.0)
    #expect(projected.json["suppressed"] == [["token": " down", "z_score": -3.0]])
    #expect(projected.text.contains("nothing is above the noise"))
    let graph = try values("run_graph", ["text": "The capital", "limit": 2])
    #expect(graph.json["total"] == 4 && graph.json["next_cursor"] == nil && graph.json["text"] == "The capital")
    #expect(graph.json["nodes"]?.array?.map { $0.object?["id"] } == ["L1/N2@2", "L2/N3@2"])
    #expect(graph.json["nodes"]?.array?.last?.object?["contribution"] == 0.5)
  }

  @Test func steeredTextStandsBesideTheTextAsItIs() throws {
    let answer = try values("steer", ["neurons": "L0/N1=x2", "text": "It"])
    #expect(answer.json["plain"] == ["text": "It goes on", "tokens": 3] && answer.json["equal_tokens"] == 1)
    #expect(answer.json["changes"] == ["L0/N1=x2", "all"])
    #expect(answer.text.contains("As it is: \"It goes on\"\nWith L0/N1=x2, all: \"\\n'ends'\""))
    #expect(answer.text.contains("The first 1 of 3 and 2 tokens are equal."))
    let last = try values("steer", ["neurons": "L0/N1=x2", "text": "It", "positions": "last", "max_tokens": 7])
    #expect(last.json["changes"] == ["L0/N1=x2", "last"])
  }

  @Test func aCircuitComesWithItsChecksAndWhatIsMissing() throws {
    let answer = try values(
      "find_circuit", ["pairs": [Self.pair, Self.pair], "max_nodes": 30, "max_seconds": 5, "level": 0.5, "limit": 1])
    #expect(answer.json["size"] == 2 && answer.json["candidates"] == 4000 && answer.json["is_pruned"] == true)
    #expect(
      answer.json["members"] == [["neuron": "L0/N30", "position": 5, "token": " Paris", "loss": 0.5]])
    #expect(
      answer.json["searched"] == ["pairs": 2, "faithfulness": 0.9, "complement": 0.1, "same_answer": 1.0])
    #expect(answer.json["held_out"] == nil && answer.text.contains("give held_out"))
    #expect(answer.text.contains("1 pairs were left out"))
    let stopped = try values("find_circuit", ["pairs": [Self.pair], "held_out": [Self.pair], "ablation": "zero"])
    #expect(
      stopped.text.contains("Held out: F 0.80 alone, 0.20 without it, same most probable token on 50 % of 1 pairs."))
    #expect(stopped.text.contains("the time was over before the circuit was pruned"))
    #expect(!stopped.text.contains("fits the pairs that it was searched on"))
    let demanding = try values("find_circuit", ["pairs": [Self.pair], "held_out": [Self.pair], "level": 0.9])
    #expect(demanding.text.contains("on the pairs held out F is 0.80, below the level of 0.90"))
  }

  /// Nine, four of which say their group.
  private static let unseen: JSONValue = .array(
    (0..<9).map { number in
      number < 4 ? ["text": "prompt", "group": "baseline"] : ["text": .string("prompt \(number)")]
    })

  @Test func anInvestigationListsEveryHypothesisWithItsVerdict() throws {
    let answer = try values(
      "investigate", ["neuron": "L0/N1", "prompts": Self.unseen, "controls": 20, "max_seconds": 7])
    #expect(answer.json["confirmed"] == 1 && answer.json["refuted"] == 1 && answer.json["undecided"] == 0)
    #expect(answer.json["unseen_prompts"] == 5 && answer.json["register_digest"] == "d1")
    let finding = try #require(answer.json["findings"]?.array?.first?.object)
    #expect(finding["statement"] == "L0/N1 promotes \u{FFFD}" && finding["effect"] == 0.5 && finding["low"] == .null)
    #expect(finding["controls"] == 20 && finding["prompts"] == 7 && finding["causal"] == true)
    #expect(answer.text.contains("REFUTED (correlation only): L0/N1 promotes \u{FFFD}: f; r."))
    #expect(answer.text.contains("Careful: made up.\n"))
  }

  @Test func everyExperimentCarriesTheCaveatsOfTheModel() throws {
    for (name, arguments) in [
      ("ablate", ["neuron": "L0/N1", "text": "x"]), ("boost", ["neuron": "L0/N1", "text": "x"]),
      ("test_activation", ["neuron": "L0/N1", "text": "x"]), ("project", ["neuron": "L0/N1"]),
      ("run_graph", ["text": "x"]), ("steer", ["neurons": "L0/N1=x2", "text": "x"]),
      ("find_circuit", ["pairs": [Self.pair]]), ("investigate", ["neuron": "L0/N1", "prompts": Self.unseen]),
    ] as [(String, JSONObject)] {
      let answer = try values(name, arguments)
      #expect(answer.json["caveats"]?.array?.contains("this model is made up") == true, "\(name)")
      #expect(answer.text.contains("Careful: this model is made up."), "\(name)")
    }
  }

  @Test(
    arguments: [
      ("ablate", ["neuron": "L0/N1"], "either text or prompt"),
      ("ablate", ["neuron": "L0/N1", "text": "a", "prompt": 1], "either text or prompt"),
      ("boost", ["neuron": "L0/N1", "text": "a", "factor": 100], "from -20.0 to 20.0"),
      ("ablate", ["neuron": "L0/N1", "prompt": 99], "0 to 39"),
      ("steer", ["neurons": "L0/N1=x2", "text": "a", "max_tokens": 101], "from 1 to 100"),
      ("steer", ["neurons": "L0/N1=x2", "text": "a", "positions": "first"], "all, not-first or last"),
      ("steer", ["text": "a"], "neurons is missing"), ("find_circuit", ["pairs": []], "pairs is empty"),
      ("find_circuit", ["pairs": [1]], "must hold objects"), ("find_circuit", ["pairs": "x"], "list of at most 8"),
      ("find_circuit", ["pairs": [["prompt": "a"]]], "pairs[0].corrupt must be a string"),
      ("find_circuit", ["pairs": [pair], "max_seconds": 0], "from 1 to 300"),
      ("find_circuit", ["pairs": [pair], "ablation": "some"], "resample, mean, zero"),
      ("investigate", ["neuron": "L0/N1"], "prompts is missing"),
      ("investigate", ["neuron": "L0/N1", "prompts": [["text": "a"]]], "prompts has 1; give 8 to 120"),
      ("investigate", ["neuron": "L9/N9", "prompts": unseen], "nothing is known about it"),
      ("investigate", ["neuron": "L0/N1", "prompts": [["group": "domain"]]], "prompts[0].text must be a string"),
      (
        "investigate", ["neuron": "L0/N1", "prompts": [["text": "a", "group": "x"]]],
        "the run has \"domain\", \"baseline\""
      ),
      ("investigate", ["neuron": "L0/N1", "prompts": unseen, "controls": 5], "from 19 to 500"),
      ("investigate", ["neuron": "L0/N1", "prompts": unseen, "max_seconds": 601], "from 1 to 600"),
    ] as [(String, JSONObject, String)])
  func experimentsSayWhatIsWrong(name: String, arguments: JSONObject, part: String) throws {
    guard case .toolError(let text) = try call(name, arguments) else {
      Issue.record("no error")
      return
    }
    #expect(text.contains(part), "\(text)")
  }

  @Test func withoutAModelExperimentsAreNotOffered() throws {
    #expect(!RunTools.server(version: "1").tools.contains { $0.name == "ablate" })
    #expect(RunTools.server(version: "1", hasModel: true).tools.contains { $0.name == "ablate" })
    guard case .toolError(let text) = try call("ablate", ["neuron": "L0/N1", "text": "x"], model: nil) else {
      Issue.record("no error")
      return
    }
    #expect(text.contains("--model"))
  }
}
