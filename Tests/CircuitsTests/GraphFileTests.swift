// autointerp
// `GraphFileTests` tests that graphs can be read back from files completely, or with what is missing named.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Circuits

@Suite struct GraphFileTests {
  private let texts: [Int32: String] = [5: " a", 7: "\n", 9: " \"b\""]

  /// A graph with both rules, verified nodes and values that are no short decimals.
  private func graph() -> AttributionGraph {
    var graph = Fixtures.delta().graph
    graph.rule = .gradient
    graph.neurons.gradient = [0.1, 1 / 3, 5_592_405.5]
    graph.neurons.gradientScore = [2.5, -1.25, 0.7]
    graph.neurons.streamShare = [0.01, 1.5, 0.3]
    graph.embeddingGradientScore = [0.3, -0.6, 0]
    graph.verified.neuron = [0, 2]
    graph.verified.reason = [3, 2]
    graph.verified.zero = [-0.7, 0.01]
    graph.verified.mean = [-0.5, 0.1]
    return graph
  }

  private func export(_ graph: AttributionGraph, _ settings: AttributionSettings = .init()) -> GraphExport {
    let texts = texts
    return GraphExport(
      graph,
      labels: GraphLabels(
        modelName: "tiny model", layerCount: 4, prompt: " a\n a", settings: settings, tokenText: { texts[$0] }))
  }

  private func read(_ bytes: [UInt8]) throws -> GraphFile {
    var numbers = TokenNumbers()
    return try GraphFile(bytes, numbers: &numbers)
  }

  @Test func theFullFormatGivesBackEveryBit() throws {
    let graph = graph()
    let file = try read(export(graph).full())
    #expect(file.graph == graph)
    #expect(file.vocabulary == Fixtures.delta().vocabulary)
    #expect(file.modelName == "tiny model" && file.prompt == " a\n a" && file.gaps.isEmpty)
  }

  @Test(arguments: [
    MetricSpecification.logProbability([]), .logProbability([12, 7]), .topLogits(count: 5), .tokens([3]),
    .contrast(3, 4), .direction(Direction(space: .residual, layer: 2, values: [0.5, -1])),
  ])
  func settingsAreReadBack(_ metric: MetricSpecification) throws {
    var settings = AttributionSettings()
    settings.metric = metric
    settings.position = 1
    settings.selection = .share(0.4)
    settings.positions = .beyondFirst
    settings.verifiedChanges = [.zero, .mean]
    #expect(try read(export(graph(), settings).full()).settings == settings)
  }

  @Test func neuronpediasFormatKeepsFlowsScoresAndTokens() throws {
    let graph = graph()
    let file = try read(export(graph).neuronpedia())
    #expect(file.graph.edges == graph.edges && file.graph.tokens == graph.tokens)
    #expect(file.graph.neurons.gradientScore == graph.neurons.gradientScore)
    #expect(file.graph.neurons.relp == graph.neurons.relp && file.graph.rule == .gradient)
    #expect(file.settings == AttributionSettings() && file.vocabulary == Fixtures.delta().vocabulary)
    #expect(file.graph.verified.zero == graph.verified.zero)
    #expect(file.gaps == [.report, .metric, .samples])
  }

  @Test func theOlderDialectIsReadAndWhatItLacksIsNamed() throws {
    let json = """
      {"nodes": [
        {"node_id": "E_9906_0", "feature_type": "embedding", "layer": "embedding", "ctx_idx": 0, "clerp": "Hello"},
        {"node_id": "15_7890_1", "feature_type": "mlp_neuron", "layer": 15, "ctx_idx": 1, "activation": 2.5},
        {"node_id": "3_12_0", "feature_type": "mlp_neuron", "layer": 3, "ctx_idx": 0, "activation": 1, "relp": 0.5},
        {"node_id": "error_1", "feature_type": "mlp reconstruction error", "layer": 3, "ctx_idx": 0},
        {"node_id": "L_12366_1", "layer": "logit", "isLogit": true, "ctx_idx": 1, "clerp": "Logit:  Paris (p=0.773)"}
      ], "links": [
        {"source": "15_7890_1", "target": "L_12366_1", "weight": 0.25},
        {"source": "error_1", "target": "15_7890_1", "weight": 9},
        {"source": "E_9906_0", "target": "3_12_0", "weight": -1.5}
      ]}
      """
    let file = try read(Array(json.utf8))
    #expect(file.format == .legacy && file.settings == nil)
    #expect(file.graph.neurons.index == [12, 7890] && file.graph.neurons.relp == [0.5, 0])
    // The second token has neither text nor number.
    #expect(file.graph.tokens == [9906, TokenNumbers.first])
    #expect(file.graph.edges.flow == [-1.5, 0.25] && file.graph.edges.source == [2, 1])
    #expect(file.gaps == [.settings, .rule, .scores, .effects, .report, .metric, .tokens, .others])
  }

  @Test func equalTextsWithoutIdsHaveEqualNumbersInAllFiles() throws {
    func json(_ token: String) -> [UInt8] {
      let text = """
        {"metadata": {"prompt_tokens": ["the", "\(token)"]}, "nodes": [
          {"node_id": "1_2_1", "feature_type": "mlp_neuron", "layer": 1, "ctx_idx": 1}], "links": []}
        """
      return Array(text.utf8)
    }
    var numbers = TokenNumbers()
    let files = try ["cat", "dog", "the"].map { try GraphFile(json($0), numbers: &numbers).graph.tokens }
    let first = TokenNumbers.first
    #expect(files == [[first, first + 1], [first, first + 2], [first, first]])
  }

  @Test(arguments: [
    ("\"source\":\"0_3_1\"", "\"source\":\"0_4_1\"", "the id of a node of this file"),
    ("\"chosen\":\"at random\"", "\"chosen\":\"at will\"", "at random"),
    ("\"select\":\"top=200\"", "\"select\":\"some\"", "settings.select"),
    ("\"relp\":3.0,", "", "relp"),
  ])
  func whatDoesNotFitIsNamed(_ part: String, _ wrong: String, _ reason: String) throws {
    let text = String(decoding: export(graph()).full(), as: UTF8.self)
    let compact = text.replacing(": ", with: ":").replacing(", ", with: ",")
    try #require(compact.contains(part), "\(compact)")
    let error = #expect(throws: CircuitError.self) { try read(Array(compact.replacing(part, with: wrong).utf8)) }
    #expect("\(try #require(error))".contains(reason))
  }
}
