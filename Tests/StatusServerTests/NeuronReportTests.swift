// autointerp
// `NeuronReportTests` tests that `NeuronReport` is made correctly from a real aggregate.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol
import TestSupport
import Testing

@testable import StatusServer

@Suite struct NeuronReportTests {
  private static let calibration = TrustCalibration(cells: [:])

  /// One token (5) drives L0/N3 with flow 2, which drives the logit of token 9 with flow -4.
  private func delta(prompt: Int32, origin: PromptOrigin, sign: Float = 1) -> EdgeDelta {
    var neurons = NeuronColumns()
    neurons.layer = [0]
    neurons.index = [3]
    neurons.position = [0]
    neurons.activation = [2]
    neurons.gradient = [-1.5]
    neurons.relp = [-3]
    neurons.gradientScore = [2]
    neurons.streamShare = [0.01]
    // Node numbers: 0 is the neuron, 1 the embedding, 2 the logit.
    var edges = EdgeColumns()
    edges.source = [1, 0]
    edges.target = [0, 2]
    edges.effect = [2, -4]
    edges.flow = [2 * sign, -4]
    var graph = AttributionGraph(
      tokens: [5],
      metric: Metric(
        kind: .topLogits, position: 0, value: 6,
        targets: [Metric.Target(token: 9, logit: 6, probability: 0.75, weight: 1)]),
      neurons: neurons, embeddingRelp: [6], edges: edges,
      conservation: ConservationResiduals(nodeTotal: 0, layerCut: 0, directEffects: 0),
      counts: GraphCounts(
        candidateNeurons: 1, candidateEdges: 2, truncated: false, keptScoreShare: 1, keptFlowShare: 1))
    graph.verified.neuron = [0]
    graph.verified.reason = [2]
    graph.verified.zero = [-2.5]
    return EdgeDelta(
      prompt: prompt, origin: origin, graph: graph,
      vocabulary: [TokenText(id: 5, text: " Paris"), TokenText(id: 9, text: hostileText)])
  }

  @Test func aReportSaysWhatTheAggregateKnows() throws {
    var aggregate = EdgeAggregate()
    for (prompt, origin) in [PromptOrigin.domain, .domain, .baseline].enumerated() {
      try aggregate.merge(delta(prompt: Int32(prompt), origin: origin))
    }
    let profile = try #require(aggregate.profile(of: NeuronID(layer: 0, index: 3)))
    #expect(NeuronReport.tokens(in: [profile]) == [5, 9])
    let report = NeuronReport(
      profile, texts: [5: " Paris", 9: hostileText], hasBothOrigins: true, rule: .gradient,
      calibration: Self.calibration)
    #expect(report.neuron == "L0/N3")
    #expect(report.prompts == 3)
    #expect(report.domainPrompts == 2)
    #expect(report.baselinePrompts == 1)
    // In every prompt of both origins.
    #expect(report.domainSpecificity == 0.5)
    #expect(report.meanRelp == -3)
    #expect(report.meanAbsoluteRelp == 3)
    #expect(report.rule == "gradient" && report.meanScore == 2 && report.meanAbsoluteScore == 2)
    // Removed in each of the three prompts, where the metric fell by 2.5.
    #expect(report.verifiedCount == 3 && report.meanContribution == 2.5 && report.trust == "exact")
    let relp = NeuronReport(
      profile, texts: [:], hasBothOrigins: true, rule: .relp, calibration: Self.calibration)
    #expect(relp.rule == "relp" && relp.meanScore == -3)
    #expect(
      report.upstream == [
        EdgeReport(node: "E_5", text: " Paris", prompts: 3, frequency: 1, meanFlow: 2, meanAbsoluteFlow: 2)
      ])
    #expect(
      report.downstream == [
        EdgeReport(node: "L_9", text: hostileText, prompts: 3, frequency: 1, meanFlow: -4, meanAbsoluteFlow: 4)
      ])
    #expect(!(report.upstream + report.downstream).contains { $0.hasMixedSigns })
    #expect(report.cooccurring.isEmpty)
    #expect(try StatusJSON.decode(NeuronReport.self, from: StatusJSON.encode(report)) == report)
  }

  @Test func anEdgeThatHelpsAndHindersIsMarked() throws {
    var aggregate = EdgeAggregate()
    for (prompt, sign) in [Float(1), -1, 1].enumerated() {
      try aggregate.merge(delta(prompt: Int32(prompt), origin: .domain, sign: sign))
    }
    let profile = try #require(aggregate.profile(of: NeuronID(layer: 0, index: 3), edgesBy: .flow))
    let report = NeuronReport(
      profile, texts: [:], hasBothOrigins: false, rule: .gradient, calibration: Self.calibration)
    let edge = try #require(report.upstream.first)
    #expect(edge.meanFlow == 2.0 / 3)
    #expect(edge.meanAbsoluteFlow == 2)
    #expect(edge.hasMixedSigns)
    #expect(report.downstream.map(\.meanFlow) == [-4])
  }

  @Test func specificityIsLeftOutWhileThereIsNothingToCompareWith() throws {
    var aggregate = EdgeAggregate()
    try aggregate.merge(delta(prompt: 0, origin: .domain))
    let profile = try #require(aggregate.profile(of: NeuronID(layer: 0, index: 3)))
    let report = NeuronReport(
      profile, texts: [:], hasBothOrigins: false, rule: .gradient, calibration: Self.calibration)
    #expect(report.domainSpecificity == nil)
    #expect(report.upstream.first?.text == nil)
  }
}
