// autointerp
// `RunKnowledgeTests` tests the conclusions from a run of synthetic graphs: classes, comparisons, sinks, export and summary.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Foundation
import JSON
import Testing

@testable import Knowledge

@Suite struct RunKnowledgeTests {
  static let control = PromptGroup(rawValue: "control") ?? .baseline

  /// A graph of three tokens with these neurons of layer 1 at the last position, and L0/N0 with a massive activation at the
  /// first one.
  static func delta(_ prompt: Int, _ group: PromptGroup, neurons: [Int32]) -> EdgeDelta {
    var columns = NeuronColumns()
    columns.layer = [0] + neurons.map { _ in 1 }
    columns.index = [0] + neurons
    columns.position = [0] + neurons.map { _ in 2 }
    columns.activation = [900] + neurons.map { _ in 1 }
    columns.gradient = [0.01] + neurons.map { _ in 1 }
    columns.relp = [9] + neurons.map { _ in 1 }
    let graph = AttributionGraph(
      tokens: [5, 6, 7],
      metric: Metric(
        kind: .topLogits, position: 2, value: 10,
        targets: [Metric.Target(token: 8, logit: 10, probability: 0.5, weight: 1)]),
      neurons: columns, embeddingRelp: [1, 1, 1], edges: EdgeColumns(),
      conservation: ConservationResiduals(nodeTotal: 0, layerCut: 0, directEffects: 0),
      counts: GraphCounts(
        candidateNeurons: Int32(columns.count), candidateEdges: 0, truncated: false, keptScoreShare: 1, keptFlowShare: 1
      )
    )
    return EdgeDelta(
      prompt: Int32(prompt), origin: group, graph: graph,
      vocabulary: [5, 6, 7, 8].map { TokenText(id: $0, text: "t\($0)") })
  }

  /// A neuron that is selected everywhere and fires in the domain only, and one of which it is the other way round.
  @Test func firingIsComparedApartFromSelection() throws {
    var aggregate = EdgeAggregate()
    for number in 0..<80 {
      let group = number < 40 ? PromptGroup.domain : .baseline
      var delta = Self.delta(number, group, neurons: group == .domain ? [1, 2] : [1])
      for index in Int32(1)...2 where index == 2 || group == .domain {
        delta.graph.peaks.layer.append(1)
        delta.graph.peaks.index.append(index)
        delta.graph.peaks.position.append(2)
        delta.graph.peaks.activation.append(3)
      }
      try aggregate.merge(delta)
    }
    let knowledge = RunKnowledge(aggregate: aggregate, specification: try Self.specification())
    let comparisons = knowledge.specificity.comparisons
    #expect(comparisons.map(\.basis) == [.selected, .active])
    func counts(_ index: Int, _ comparison: Int) throws -> [Int] {
      let found = try #require(
        knowledge.specificity.specificity(of: NeuronID(layer: 1, index: index), inComparison: comparison))
      return [found.table.first.count, found.table.second.count]
    }
    #expect(try counts(1, 0) == [40, 40])
    #expect(try counts(1, 1) == [40, 0])
    #expect(try counts(2, 0) == [40, 0])
    #expect(try counts(2, 1) == [40, 40])
    #expect(
      knowledge.specificity.specificity(of: NeuronID(layer: 1, index: 1), inComparison: 1)?.class == .domain)
    var json = JSONByteWriter()
    json.beginObject()
    knowledge.writeProfile(of: NeuronID(layer: 1, index: 1), to: &json)
    json.end()
    let profile = try #require(try JSONValue(parsing: json.bytes).object)
    #expect(profile["specificity"]?.object?["basis"] == .string("selected"))
    let others = try #require(profile["comparisons"]?.array)
    #expect(others.count == 1 && others[0].object?["basis"] == .string("active"))
    #expect(others[0].object?["class"] == .string("domain"))
    // Without peaks there is nothing to compare.
    #expect(try Self.run().specificity.comparisons.allSatisfy { $0.basis == .selected })
  }

  /// Forty prompts of each of three groups.
  static func specification(
    baselineText: (Int) -> String = { "This is sentence number \($0) of" }
  ) throws -> RunSpecification {
    let prompts = [PromptGroup.domain, .baseline, control].flatMap { group in
      (0..<40).map { number in
        RunPrompt(
          origin: group, text: group == .baseline ? baselineText(number) : "This is sentence number \(number) of")
      }
    }
    return RunSpecification(
      name: "run", modelName: "tiny", modelFingerprint: nil, template: TemplateSpecification(name: "raw"),
      settings: AttributionSettings(), corpusDigest: "d", corpusName: "medical", seed: 1, prompts: prompts)
  }

  /// L1/N1 appears in the domain only, L1/N2 in every second prompt, L1/N3 in the control only, L1/N4 in three prompts.
  static func run(baselineText: (Int) -> String = { "This is sentence number \($0) of" }) throws -> RunKnowledge {
    var aggregate = EdgeAggregate()
    for (place, group) in [PromptGroup.domain, .baseline, control].enumerated() {
      for number in 0..<40 {
        var neurons: [Int32] = group == .domain ? [1] : []
        if number % 2 == 0 { neurons.append(2) }
        if group == control { neurons.append(3) }
        if group == .domain, number < 3 { neurons.append(4) }
        try aggregate.merge(delta(place * 40 + number, group, neurons: neurons))
      }
    }
    return RunKnowledge(aggregate: aggregate, specification: try specification(baselineText: baselineText))
  }

  @Test func everyGroupIsComparedWithTheFirst() throws {
    let knowledge = try Self.run()
    let comparisons = knowledge.specificity.comparisons
    #expect(comparisons.map(\.second) == ["baseline", "control"])
    #expect(comparisons.allSatisfy { $0.first == "domain" && !$0.isStratified })
    let classes = { (index: Int, comparison: Int) in
      knowledge.specificity.specificity(of: NeuronID(layer: 1, index: index), inComparison: comparison)?.class
    }
    #expect(classes(1, 0) == .domain)
    #expect(classes(2, 0) == .general)
    #expect(classes(3, 0) == .undetermined)
    #expect(classes(3, 1) == .baseline)
    #expect(classes(4, 0) == .undetermined)
    #expect(classes(9, 0) == nil)
    #expect(comparisons[0].findingCount == 1)
    #expect(comparisons[0].null.mean < 0.1)
  }

  @Test func aNeuronAtTheFirstPositionOfEveryPromptIsASink() throws {
    let knowledge = try Self.run()
    #expect(knowledge.sinks.all.map(\.neuron) == [NeuronID(layer: 0, index: 0)])
    #expect(knowledge.sinks.all[0].firstPositionShare == 1)
    #expect(!knowledge.rankedBySpecificity().contains { $0.neuron == NeuronID(layer: 0, index: 0) })
  }

  @Test func groupsOfDifferentFormAreComparedWithinStrata() throws {
    let knowledge = try Self.run { "This is sentence number \($0) of them all." }
    #expect(!knowledge.specificity.balance.warnings.isEmpty)
    #expect(knowledge.specificity.comparisons[0].isStratified)
    #expect(!knowledge.specificity.comparisons[1].isStratified)
    let found = try #require(knowledge.specificity.specificity(of: NeuronID(layer: 1, index: 1)))
    // No baseline prompt has the form of a domain prompt.
    #expect(try #require(found.crude).qValue < 1e-9)
    #expect(try #require(found.test).qValue == 1)
    #expect(found.class == .undetermined)
    #expect(knowledge.summaryFindings().notes.contains { $0.contains("WARNING") })
  }

  /// Half of the baseline has the form of the domain, so that both kinds of odds are known and differ.
  @Test func peopleReadTheOddsOfTheTestThatCountsAndTheExportKeepsItsContract() throws {
    let text = { (number: Int) in "This is sentence number \(number) of\(number % 2 == 0 ? "" : " them all.")" }
    let knowledge = try Self.run(baselineText: text)
    let neuron = NeuronID(layer: 1, index: 1)
    let found = try #require(knowledge.specificity.specificity(of: neuron))
    let (stratified, crude) = (try #require(found.stratified).logOdds, found.table.logOdds)
    #expect(found.isStratified && stratified.error.isFinite && found.logOdds == stratified)
    let page = try #require(
      NeuronPage(
        neuron, aggregate: knowledge.aggregate, specification: try Self.specification(baselineText: text),
        knowledge: knowledge)
    ).text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(page.contains("(within prompts of equal form); odds times \(stratified.factorText())"))
    #expect(page.components(separatedBy: crude.factorText()).count == 2, "once, against the control group")
    let line = try #require(knowledge.summaryFindings().neurons.first { $0.neuron == neuron }).text
    #expect(
      line.contains("odds x\(stratified.factorText(decimals: 1))") && !line.contains(crude.factorText(decimals: 1)))
    var json = JSONByteWriter()
    json.beginObject()
    knowledge.writeProfile(of: neuron, to: &json)
    json.end()
    let profile = try #require(try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Any])
    let specificity = try #require(profile["specificity"] as? [String: Any])
    #expect(specificity["log_odds"] as? Double == crude.value.significant)
    #expect((specificity["stratified"] as? [String: Any])?["log_odds"] as? Double == stratified.value.significant)
  }

  @Test func oddsThatCannotBeKnownAreNotShown() throws {
    let found = try #require(
      try Self.run { "This is sentence number \($0) of them all." }.specificity.specificity(
        of: NeuronID(layer: 1, index: 1)))
    #expect(found.oddsText == "odds not known: no prompts of both groups have the same form")
  }

  @Test func theExportHasTheFieldsThatReadersRelyOn() throws {
    let knowledge = try Self.run()
    var json = JSONByteWriter()
    json.beginObject()
    knowledge.writeOverview(to: &json)
    json.key("profile")
    json.beginObject()
    knowledge.writeProfile(of: NeuronID(layer: 1, index: 1), to: &json)
    json.end()
    json.end()
    let file = try #require(try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Any])
    let balance = try #require(file["balance"] as? [String: Any])
    #expect((balance["warnings"] as? [String])?.isEmpty == true)
    #expect((balance["groups"] as? [String: Any])?.count == 3)
    let profile = try #require(file["profile"] as? [String: Any])
    let specificity = try #require(profile["specificity"] as? [String: Any])
    #expect(specificity["class"] as? String == "domain")
    #expect(specificity["basis"] as? String == "selected")
    let q = try #require(specificity["q_value"] as? Double)
    #expect(q > 0 && q < 1e-15)
    #expect(specificity["q_crude"] as? Double == q)
    let groups = try #require(specificity["groups"] as? [String: [String: Any]])
    #expect(groups["domain"]?["prompts"] as? Int == 40)
    #expect(groups["baseline"]?["of"] as? Int == 40)
    let interval = try #require(specificity["interval"] as? [Double])
    let logOdds = try #require(specificity["log_odds"] as? Double)
    #expect(interval.count == 2 && interval[0] < logOdds && logOdds < interval[1])
    let others = try #require(profile["comparisons"] as? [[String: Any]])
    #expect((others.first?["groups"] as? [String: Any])?["control"] != nil)
  }

  @Test func aRunOfOneGroupHasNoComparison() throws {
    var aggregate = EdgeAggregate()
    try aggregate.merge(Self.delta(0, .domain, neurons: [1]))
    let knowledge = RunKnowledge(
      aggregate: aggregate,
      specification: RunSpecification(
        name: "run", modelName: "tiny", modelFingerprint: nil, template: TemplateSpecification(name: "raw"),
        settings: AttributionSettings(), corpusDigest: "d", corpusName: "medical", seed: 1,
        prompts: [RunPrompt(origin: .domain, text: "One")]))
    #expect(knowledge.specificity.comparisons.isEmpty)
    #expect(knowledge.summaryFindings().title.contains("only one group"))
    #expect(knowledge.rankedBySpecificity().isEmpty)
  }

  private static let numbers: [(value: Double, rounded: Double)] = [
    (0, 0), (1, 1), (1.23456789, 1.23457), (-0.000123456789, -0.000123457), (123456.789, 123457),
    (1.23456789e-30, 1.23457e-30),
    (9.9999999, 10), (12345678, 12345700),
  ]

  @Test(arguments: numbers)
  func statisticsHaveSixDigits(value: Double, rounded: Double) {
    #expect(value.significant == rounded)
  }
}
