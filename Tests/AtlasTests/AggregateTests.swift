// autointerp
// `AggregateTests` tests that `RunAtlas.replaceAggregate` writes the aggregate's tables correctly.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Foundation
import GRDB
import Testing

@testable import Atlas

@Suite struct AggregateTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Two tokens, neuron 1/2 at both positions, neuron 3/4 at the last, one logit.
  static func delta(_ prompt: Int32, flow: Float) -> EdgeDelta {
    var neurons = NeuronColumns()
    neurons.layer = [1, 1, 3]
    neurons.index = [2, 2, 4]
    neurons.position = [0, 1, 1]
    neurons.activation = [1, 2, 3]
    neurons.gradient = [1, 1, -2]
    neurons.relp = [1, 2, -6]
    // Numbers: neurons 0...2, embeddings 3 and 4, logit 5.
    var edges = EdgeColumns()
    edges.target = [0, 2, 2, 5]
    edges.source = [3, 0, 1, 2]
    edges.effect = [1, 1, 1, 1]
    edges.flow = [flow, 0.25, 0.5, -1]
    let metric = Metric(
      kind: .topLogits, position: 1, value: 4,
      targets: [Metric.Target(token: 9, logit: 4, probability: 0.5, weight: 1)])
    let graph = AttributionGraph(
      tokens: [7, 8], metric: metric, neurons: neurons, embeddingRelp: [1, 2], edges: edges,
      conservation: ConservationResiduals(nodeTotal: 0.5, layerCut: 0.25, directEffects: 0.125),
      counts: GraphCounts(
        candidateNeurons: 3, candidateEdges: 10, truncated: true, keptScoreShare: 0.75, keptFlowShare: 0.5))
    let texts = [TokenText(id: 7, text: "a"), TokenText(id: 8, text: ""), TokenText(id: 9, text: " it's")]
    return EdgeDelta(
      prompt: prompt, origin: prompt.isMultiple(of: 2) ? .domain : .baseline, graph: graph, vocabulary: texts)
  }

  static func rows(_ atlas: RunAtlas, _ sql: String) throws -> [String] {
    try atlas.pool.read { db in
      try Row.fetchAll(db, sql: sql).map { row in
        row.databaseValues.map { $0.isNull ? "-" : "\($0.storage.value ?? "-")" }.joined(separator: " ")
      }
    }
  }

  @Test func tablesHoldWhatWasMergedUnderReadableNames() throws {
    let atlas = try RunAtlas(folder.path())
    var aggregate = EdgeAggregate()
    for (prompt, flow) in [(2, 0.5), (3, -1.5)] as [(Int32, Float)] {
      try aggregate.merge(Self.delta(prompt, flow: flow))
    }
    try atlas.replaceAggregate(aggregate, now: 5000)

    #expect(
      try Self.rows(
        atlas,
        """
        SELECT id, domain_prompts, baseline_prompts, tokens, neurons, edges, written_at, other_prompts FROM aggregate
        """) == ["1 1 1 4 2 3 5000 0"])
    #expect(try Self.rows(atlas, "SELECT token || text FROM tokens ORDER BY token") == ["7a", "8", "9 it's"])
    #expect(
      try Self.rows(atlas, "SELECT * FROM neurons ORDER BY layer, neuron") == [
        "1 2 1 1 4 4 0 4 0 6.0 6.0 6.0 0.0 0.0 0 0.0 0.0 0 2 2.0 2.0 2 4.0 4.0 0 0.0 0.0 uncalibrated 0 0 0",
        "3 4 1 1 2 0 2 2 0 -12.0 12.0 6.0 0.0 0.0 0 0.0 0.0 0 0 0.0 0.0 2 12.0 6.0 0 0.0 0.0 uncalibrated 0 0 0",
      ])
    #expect(
      try Self.rows(
        atlas,
        """
        SELECT source_name, source_text, target_name, target_text, domain_prompts, baseline_prompts, occurrences, flow_sum,
          absolute_flow_sum, square_flow_sum, minimum_flow, maximum_flow, mean_flow
        FROM named_edges ORDER BY source_name
        """) == [
          "1_2 - 3_4 - 1 1 4 1.5 1.5 1.125 0.75 0.75 0.75",
          "3_4 - L_9  it's 1 1 2 -2.0 2.0 2.0 -1.0 -1.0 -1.0",
          "E_7 a 1_2 - 1 1 2 -1.0 2.0 2.5 -1.5 0.5 -0.5",
        ])
    #expect(
      try Self.rows(atlas, "SELECT * FROM prompt_graphs") == [
        "2 2 3 4 3 10 1 0.75 0.5 0.5 0.25 0.125", "3 2 3 4 3 10 1 0.75 0.5 0.5 0.25 0.125",
      ])
    #expect(try Self.rows(atlas, "SELECT * FROM prompt_neurons") == ["1 2 2", "1 2 3", "3 4 2", "3 4 3"])
  }

  /// In every prompt neuron 1/2 is removed at position 1 (at random) and 3/4 for its score.
  private static func verified(_ prompt: Int32) -> EdgeDelta {
    var delta = delta(prompt, flow: 1)
    let size = Float(prompt % 4) + 1
    delta.graph.neurons.gradientScore = [1, 2 * size, -6]
    delta.graph.neurons.streamShare = [0.01, 0.01, 0.01]
    delta.graph.verified.neuron = [1, 2]
    delta.graph.verified.reason = [2, 1]
    delta.graph.verified.zero = [-2.25 * size, 5]
    return delta
  }

  @Test func scoresTrustAndAgreementStandInTheFileUnderTheRunsRule() throws {
    let atlas = try RunAtlas(folder.path(), .small(promptCount: 40))
    var aggregate = EdgeAggregate()
    for prompt in 0..<40 { try aggregate.merge(Self.verified(Int32(prompt))) }
    var batch = AtlasBatch()
    batch.deltas = [.sample(2)]
    _ = try atlas.commit(batch)
    try atlas.replaceAggregate(aggregate, now: 1)
    // Sums of 40 prompts: scores of 1 and of 2, 4, 6 and 8 at position 0 and 1, contributions 2.25 for each 2.
    #expect(
      try Self.rows(
        atlas,
        """
        SELECT layer, neuron, rule, trust, occurrences, score_sum, verified_count, good_count, rough_count,
          unreliable_count, contribution_mean FROM neuron_scores ORDER BY layer
        """) == [
          // At position 0, nothing was verified at random.
          "1 2 gradient unreliable 80 240.0 40 0 0 40 5.625", "3 4 gradient exact 40 -240.0 40 0 0 0 -5.0",
        ])
    let rows = try Self.rows(
      atlas,
      "SELECT nodes, prompts, round(correlation, 6), sign_agreement, sign_agreement_low, within_quarter FROM agreement "
        + "WHERE rule = 'gradient' AND position = 'later' AND layers = 'all'")
    #expect(rows == ["40 40 1.0 1.0 1.0 1.0"])
    let stored = try atlas.pool.read { try RunAtlas.agreement(of: .gradient, in: $0) }
    #expect(stored.rows == aggregate.agreement.positionRows(.gradient))
    try atlas.replaceAggregate(EdgeAggregate(), now: 2)
    #expect(try Self.rows(atlas, "SELECT count(*) FROM agreement") == ["0"])
  }

  @Test func theTablesAreReplacedAsAWhole() throws {
    let atlas = try RunAtlas(folder.path())
    var aggregate = EdgeAggregate()
    try aggregate.merge(Self.delta(1, flow: 1))
    #expect(try Self.rows(atlas, "SELECT count(*) FROM aggregate") == ["0"])
    try atlas.replaceAggregate(aggregate, now: 1)
    try atlas.replaceAggregate(aggregate, now: 2)
    #expect(try Self.rows(atlas, "SELECT baseline_prompts FROM aggregate") == ["1"])
    #expect(try Self.rows(atlas, "SELECT written_at FROM aggregate") == ["2"])
    try atlas.replaceAggregate(EdgeAggregate(), now: 3)
    for table in ["tokens", "neurons", "edges", "prompt_graphs", "prompt_neurons"] {
      #expect(try Self.rows(atlas, "SELECT count(*) FROM \(table)") == ["0"])
    }
  }

  @Test func theFiguresAreThoseOfTheLatestTablesOrNone() throws {
    let atlas = try RunAtlas(folder.path())
    #expect(try atlas.figures() == nil)
    var batch = AtlasBatch()
    batch.deltas = [.sample(2, byteCount: 30_000), .sample(3, byteCount: 7)]
    _ = try atlas.commit(batch)
    #expect(try atlas.figures() == nil)
    var aggregate = EdgeAggregate()
    try aggregate.merge(Self.delta(2, flow: 0.5))
    try atlas.replaceAggregate(aggregate, now: 1)
    #expect(try atlas.figures() == nil, "the tables lack a prompt")
    try aggregate.merge(Self.delta(3, flow: -1.5))
    try atlas.replaceAggregate(aggregate, now: 2)
    var expected = StoredFigures()
    (expected.domainPrompts, expected.baselinePrompts, expected.neurons, expected.edges) = (1, 1, 2, 3)
    (expected.edgeUpdates, expected.worstConservationResidual) = (8, 0.5)
    (expected.deltaBytes, expected.computeMilliseconds, expected.computeKernels) = (30_007, 3000, ["Haswell"])
    (expected.firstBegunAt, expected.lastReceivedAt) = (500, 2000)
    #expect(try atlas.figures() == expected)
  }

  @Test func aFileOfTheFirstFormatIsBroughtUpToDate() throws {
    let path = folder.path()
    try DatabaseQueue(path: path).inDatabase { db in
      try db.execute(sql: AtlasSchema.migrations[0])
      try db.execute(sql: "PRAGMA application_id = \(AtlasSchema.applicationID); PRAGMA user_version = 1")
      let run = RunSpecification.small()
      let settings = run.settings
      try db.execute(
        sql: """
          INSERT INTO run VALUES (1, ?, 'unfinished', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '0.9', 1)
          """,
        arguments: [
          run.name, run.modelName, run.modelFingerprint, run.template.name, run.template.system,
          settings.metric.settingText, settings.position, 0.005, settings.edgeThreshold,
          settings.maximumNodeCount, settings.maximumSweepRows, run.corpusName, run.corpusDigest, String(run.seed),
        ])
      for (number, prompt) in run.prompts.enumerated() {
        try db.execute(
          sql: "INSERT INTO prompts VALUES (?, ?, ?, ?)",
          arguments: [number, prompt.origin.rawValue, prompt.text, prompt.answerPrefix])
      }
    }
    // What was requested then, in today's terms.
    var expected = RunSpecification.small()
    expected.settings.rule = .relp
    expected.settings.selection = .tau(0.005)
    expected.settings.verification = .none
    for number in expected.prompts.indices { expected.prompts[number].target = nil }
    let atlas = try RunAtlas(path, expected)
    try atlas.replaceAggregate(EdgeAggregate(), now: 1)
    #expect(atlas.specification() == expected)
  }
}
