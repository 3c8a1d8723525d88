// autointerp
// Tests of a language model's hypotheses: exact entries are accepted and marked, all others counted, and the same tests decide.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Endpoints
import JSON
import Synchronization
import TestSupport
import Testing

@testable import Investigations

@Suite struct ProposalTests {
  private static let neuron = NeuronID(layer: 3, index: 4)
  private static let (driver, target) = (NeuronID(layer: 1, index: 2), NeuronID(layer: 9, index: 8))

  private let reply = HypothesisReply(
    drivers: [driver], targets: [target], groups: ["domain", "baseline"], rules: InvestigationRules(), model: "m\u{1B}",
    token: { $0.hasPrefix(" ") ? Int32($0.utf8.count) : nil })

  @Test func everyKindIsAcceptedAndMarked() {
    let found = reply.hypotheses(
      in: """
        ```json
        [{"kind": "detects", "tokens": [" a", " bc"]}, {"kind": "promotes", "tokens": [" a"]},
         {"kind": "prefers", "group": "baseline", "over": "domain"}, {"kind": "matters", "direction": -1},
         {"kind": "driven_by", "neuron": "L1/N2", "direction": 1}, {"kind": "drives", "neuron": "9:8", "direction": -1}]
        ```
        """, known: [])
    #expect(found.refused == 0)
    #expect(
      found.accepted.map(\.claim) == [
        .detects([2, 3]), .promotes([2]), .prefers(group: "baseline", over: "domain"), .matters,
        .isDrivenBy(Self.driver), .drives(Self.target),
      ])
    #expect(found.accepted.map(\.direction) == [1, 1, 1, -1, 1, -1])
    #expect(found.accepted.allSatisfy { $0.proposer == "m\u{1B}" })
    #expect(found.accepted[0].origin == "proposed by the language model \"m\u{FFFD}\"")
  }

  @Test(arguments: [
    "Sure! Here are some.", "{}", "[", "[1]", "[\"detects\"]", "[{}]", "[{\"kind\": \"conquers\"}]",
    "[{\"kind\": \"detects\"}]", "[{\"kind\": \"detects\", \"tokens\": []}]",
    "[{\"kind\": \"detects\", \"tokens\": [\"two tokens\"]}]",
    "[{\"kind\": \"detects\", \"tokens\": [\" a\", \" b\"]}]",
    "[{\"kind\": \"detects\", \"tokens\": [\" a\", \" bb\", \" ccc\", \" dddd\", \" eeeee\", \" ffffff\"]}]",
    "[{\"kind\": \"detects\", \"tokens\": [\" a\"], \"level\": 0.5}]", "[{\"kind\": \"matters\", \"direction\": 2}]",
    "[{\"kind\": \"matters\"}]", "[{\"kind\": \"matters\", \"direction\": \"1\"}]",
    "[{\"kind\": \"prefers\", \"group\": \"domain\", \"over\": \"domain\"}]",
    "[{\"kind\": \"prefers\", \"group\": \"domain\", \"over\": \"others\"}]",
    "[{\"kind\": \"driven_by\", \"neuron\": \"L9/N8\", \"direction\": 1}]",
    "[{\"kind\": \"drives\", \"neuron\": \"L1/N2\", \"direction\": 1}]",
    "[{\"kind\": \"drives\", \"neuron\": \"../../etc\", \"direction\": 1}]", "<html></html>",
  ])
  func anythingElseIsRefusedAndCounted(text: String) {
    #expect(reply.hypotheses(in: text, known: []) == ProposedHypotheses(refused: 1))
  }

  @Test func nothingIsAcceptedTwiceOrBeyondTheLimit() {
    let known = [Hypothesis(.matters, direction: 1, basis: "a run")]
    let again = reply.hypotheses(
      in:
        #"[{"kind": "matters", "direction": 1}, {"kind": "matters", "direction": -1}, {"kind": "matters", "direction": -1}]"#,
      known: known)
    #expect(again.accepted.map(\.direction) == [-1] && again.refused == 2)
    let many = (1...9).map { "{\"kind\": \"detects\", \"tokens\": [\" \(String(repeating: "x", count: $0))\"]}" }
    let found = reply.hypotheses(in: "[\(many.joined(separator: ","))]", known: [])
    #expect(found.accepted.count == 6 && found.refused == 3)
  }

  // MARK: On a planted model

  private final class Model: HTTPTransport {
    let questions = Mutex<[String]>([])
    private let reply: String

    init(_ reply: String) { self.reply = reply }

    func post(_ request: HTTPRequest) throws(EndpointError) -> HTTPAnswer {
      questions.withLock { $0.append(String(decoding: request.body, as: UTF8.self)) }
      let json: JSONValue = ["choices": [["message": ["content": .string(reply)]]]]
      return HTTPAnswer(status: 200, body: json.bytes)
    }
  }

  private func gather(_ lab: PlantedLab, _ neuron: NeuronID, _ reply: String) throws -> [InvestigatedNeuron] {
    let endpoint = try ChatEndpoint(url: "http://localhost/v1", model: "scripted", key: nil, transport: Model(reply))
    return try InvestigatedNeuron.gather(
      [neuron], from: lab.index, runner: lab.runner, rules: InvestigationRules(),
      proposer: HypothesisProposer(endpoint: endpoint) { Int32($0.dropFirst(2)) }
    ) { " t\($0)" }
  }

  @Test func whatAModelProposesIsTestedLikeTheRest() throws {
    let lab = try PlantedLab()
    let (right, wrong) = (PlantedFacts.answer(2), PlantedFacts.answer(0))
    let gathered = try gather(
      lab, PlantedFacts.mapper(2),
      """
      [{"kind": "promotes", "tokens": [" t\(wrong)"]}, {"kind": "matters", "direction": -1}, {"kind": "wins"}]
      """)
    let plain = try lab.dossiers(lab.gather([PlantedFacts.mapper(2)]))[0]
    let dossier = try #require(try lab.dossiers(gathered).first)
    let proposed = dossier.findings.filter { $0.hypothesis.proposer == "scripted" }
    #expect(proposed.map(\.hypothesis.claim) == [.promotes([wrong]), .matters])
    // False ones fail, and stay in.
    #expect(proposed.allSatisfy { $0.verdict.outcome == .refuted }, "\(dossier.text)")
    // The protocol's own are measured as without a model; q corrects over more of them.
    let own = dossier.findings.filter { $0.hypothesis.proposer == nil }
    #expect(own.map(\.hypothesis) == plain.findings.map(\.hypothesis))
    #expect(own.map(\.measurement.effect?.mean) == plain.findings.map(\.measurement.effect?.mean))
    for (more, fewer) in zip(own, plain.findings) { #expect(more.verdict.q >= fewer.verdict.q) }
    #expect(own.contains { $0.hypothesis.claim == .promotes([right]) && $0.verdict.outcome == .confirmed })
    #expect(dossier.text.contains("a language model proposed 2 of them, 0 confirmed; 1 of its entries"))
    #expect(dossier.text.contains("proposed by the language model \"scripted\""))
    let register = try #require(try JSONValue(parsing: dossier.register.bytes).object)
    let proposers = register["hypotheses"]?.array?.compactMap { $0.object?["proposed_by"]?.string }
    #expect(proposers == ["scripted", "scripted"] && register["refused_proposals"] == 1)
    #expect(dossier.register.digest != plain.register.digest)
  }

  @Test func aTrueProposalIsConfirmed() throws {
    let lab = try PlantedLab()
    let detector = PlantedFacts.detector(1)
    var gathered = try gather(lab, detector, "[{\"kind\": \"detects\", \"tokens\": [\" t999999\"]}]")
    #expect(gathered[0].refusedProposals == 0)
    // The planted subject, as a model would propose it if the protocol had not.
    let own = try #require(gathered[0].hypotheses.first { $0.kind == "detects" })
    gathered[0].hypotheses = [Hypothesis(own.claim, tokenTexts: own.tokenTexts, basis: "x", proposer: "scripted")]
    let dossier = try #require(try lab.dossiers(gathered).first)
    #expect(dossier.findings.map(\.verdict.outcome) == [.confirmed], "\(dossier.text)")
    #expect(dossier.proposalText?.contains("proposed 1 of them, 1 confirmed") == true)
  }

  @Test func moreHypothesesGetMoreRandomNeurons() {
    var rules = InvestigationRules()
    rules.allowProposals(of: 6)
    #expect(rules.controlCount == 149)
    rules.allowProposals(of: 13)
    #expect(rules.controlCount == 259)
  }
}
