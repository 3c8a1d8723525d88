// autointerp
// `RoleTests` tests the rule for circuit roles, and that a neuron gets none if two halves of a run disagree.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Testing

@testable import Knowledge

@Suite struct RoleTests {
  private static let cases:
    [(tokens: Double, outputs: Double, sign: Double, fans: (Double, Double), role: CircuitRole)] = [
      (0.9, 0.1, 0.5, (5, 5), .featureDetector), (0.1, 0.9, 0.8, (20, 3), .outputFormatter),
      (0.1, 0.2, 0.3, (10, 10), .relay), (0.1, 0.2, 0.3, (30, 5), .integrator), (0.1, 0.2, 0.3, (6, 1), .relay),
      (0.9, 0.9, 0.3, (3, 3), .mixed), (0.9, 0.1, -0.9, (5, 5), .inhibitor), (0.1, 0.9, -0.4, (5, 5), .inhibitor),
      (0.1, 0.9, -0.2, (5, 5), .outputFormatter),
    ]

  @Test(arguments: cases.indices)
  func figuresGiveTheRole(place: Int) {
    let expected = Self.cases[place]
    let result = RoleRule.role(
      of: RoleFigures(
        tokenShare: expected.tokens, outputShare: expected.outputs, sign: expected.sign, fanIn: expected.fans.0,
        fanOut: expected.fans.1))
    #expect(result.role == expected.role)
    #expect((0...1).contains(result.score))
  }

  @Test func withoutEdgesNothingIsClear() {
    let figures = RoleFigures(tokenShare: nil, outputShare: nil, sign: 0, fanIn: 0, fanOut: 0)
    #expect(RoleRule.role(of: figures).role == .unclear)
  }

  /// Three tokens; L0/N1 at the last position reads them and drives L1/N2, which drives the logit.
  static func delta(_ prompt: Int32, sign: Float = 1) -> EdgeDelta {
    var neurons = NeuronColumns()
    neurons.layer = [0, 1]
    neurons.index = [1, 2]
    neurons.position = [2, 2]
    neurons.activation = [1, 1]
    neurons.gradient = [1, 1]
    neurons.relp = [1, 1]
    var edges = EdgeColumns()
    // Node numbers: neurons 0 and 1, embeddings 2 to 4, the logit 5.
    edges.source = [2, 3, 4, 0, 4, 1]
    edges.target = [0, 0, 0, 1, 1, 5]
    edges.flow = [100, 1, 1, 2 * sign, 0.5, 3]
    edges.effect = edges.flow
    let graph = AttributionGraph(
      tokens: [5, 6, 7],
      metric: Metric(
        kind: .topLogits, position: 2, value: 10,
        targets: [Metric.Target(token: 8, logit: 10, probability: 0.5, weight: 1)]),
      neurons: neurons, embeddingRelp: [1, 1, 1], edges: edges,
      conservation: ConservationResiduals(nodeTotal: 0, layerCut: 0, directEffects: 0),
      counts: GraphCounts(
        candidateNeurons: 2, candidateEdges: 6, truncated: false, keptScoreShare: 1, keptFlowShare: 1))
    return EdgeDelta(
      prompt: prompt, origin: .domain, graph: graph, vocabulary: [5, 6, 7, 8].map { TokenText(id: $0, text: "t\($0)") })
  }

  private func assessments(_ deltas: [EdgeDelta]) throws -> [RoleAssessment] {
    var aggregate = EdgeAggregate()
    for delta in deltas { try aggregate.merge(delta) }
    return try [NeuronID(layer: 0, index: 1), NeuronID(layer: 1, index: 2)].map {
      RoleAssessment(try #require(aggregate.statistics(of: $0)), isSink: false)
    }
  }

  @Test func rolesFollowFromTheFlowsOfARun() throws {
    let roles = try assessments((0..<12).map { Self.delta($0) })
    #expect(roles.map(\.role) == [.featureDetector, .outputFormatter])
    #expect(roles.allSatisfy { $0.isStable })
    // The 100 from the first position is left out: two tokens carry the same.
    #expect(roles[0].figures.tokenShare == 1)
    #expect(abs(roles[0].figures.fanIn - 2) < 1e-6)
    #expect(roles[1].figures.tokenShare == 0.2)
    #expect(roles[1].figures.outputShare == 1)
  }

  @Test func aNegativeFlowMakesAnInhibitorAndTooFewPromptsNothing() throws {
    #expect(try assessments((0..<12).map { Self.delta($0, sign: -1) })[0].role == .inhibitor)
    #expect(try assessments((0..<2).map { Self.delta($0) })[0].role == .unclear)
  }

  @Test func halvesThatDisagreeAreUnclear() throws {
    let statistics = try (0..<64).map { Self.delta($0) }.map { delta -> (Int32, NeuronStatistics) in
      var aggregate = EdgeAggregate()
      try aggregate.merge(delta)
      return (delta.prompt, try #require(aggregate.statistics(of: NeuronID(layer: 0, index: 1))))
    }
    let first = Set(statistics.filter { $0.1.firstHalfFlows.promptsIn == 1 }.map(\.0))
    // Both halves hold prompts of either parity: groups of the same size take turns.
    #expect(first.contains { $0.isMultiple(of: 2) } && first.contains { !$0.isMultiple(of: 2) })
    #expect((24...40).contains(first.count))
    let roles = try assessments((0..<64).map { Self.delta($0, sign: first.contains($0) ? -1 : 1) })
    #expect(roles[0].role == .unclear)
    #expect(Set(roles[0].halves) == [.inhibitor, .featureDetector])
  }

  @Test func aPageSaysWhatIsKnownAndWhatIsNot() throws {
    let knowledge = try RunKnowledgeTests.run()
    let page = try #require(
      NeuronPage(
        NeuronID(layer: 1, index: 1), aggregate: knowledge.aggregate,
        specification: try RunKnowledgeTests.specification()))
    let text = page.text
    for part in ["L1/N1 of tiny", "belongs to domain", "40 of 40 prompts, 100 %", "Role: unclear", "Not known"] {
      #expect(text.contains(part), "\(part) in \(text)")
    }
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
    let unknown = NeuronPage(
      NeuronID(layer: 7, index: 7), aggregate: knowledge.aggregate, specification: try RunKnowledgeTests.specification()
    )
    #expect(unknown?.text == nil)
  }
}
