// autointerp
// `GraphFormatTests` tests that graphs are written as full JSON, Neuronpedia's JSON and its older dialect, and read back.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Circuits

@Suite struct GraphFormatTests {
  private let texts: [Int32: String] = [5: " a", 7: "\n", 9: " \"b\""]

  private func export(tokenizer: Bool = true) -> GraphExport {
    let texts = tokenizer ? texts : [:]
    return GraphExport(
      Fixtures.delta().graph,
      labels: GraphLabels(
        modelName: "tiny model", layerCount: 4, prompt: " a\n a", settings: AttributionSettings(),
        tokenText: { texts[$0] }))
  }

  private func parsed(_ bytes: [UInt8]) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }

  @Test func fullHasTheKeysOfItsSchema() throws {
    let file = try parsed(export().full())
    #expect(
      Set(file.keys) == [
        "schema", "model", "prompt", "tokens", "metric", "settings", "nodes", "embeddings", "edges", "conservation",
        "counts", "rule", "scale", "identities", "calibration",
      ])
    #expect(file["schema"] as? String == "autointerp.graph/1")
    let edges = try #require(file["edges"] as? [[String: Any]])
    #expect(
      edges.map { "\($0["source"] ?? "") \($0["target"] ?? "") \($0["effect"] ?? "") \($0["flow"] ?? "")" } == [
        "E_5_0 0_3_1 0.5 1.0", "E_7_1 0_3_1 1.0 2.0", "E_5_0 0_3_2 0.125 0.25", "E_5_2 0_3_2 -0.75 -1.5",
        "0_3_1 2_1_2 0.25 0.5", "0_3_2 2_1_2 0.5 1.0", "2_1_2 L_7_2 -1.5 -3.0", "0_3_1 L_9_2 2.0 4.0",
      ])
    let nodes = try #require(file["nodes"] as? [[String: Any]])
    #expect(
      Set(try #require(nodes.first).keys) == [
        "layer", "index", "position", "activation", "gradient", "score", "relp", "trust", "sink",
      ])
    let metric = try #require(file["metric"] as? [String: Any])
    let targets = try #require(metric["targets"] as? [[String: Any]])
    #expect(targets.map { $0["text"] as? String } == ["\n", " \"b\""])
    #expect(try #require(file["tokens"] as? [[String: Any]]).map { $0["id"] as? Int } == [5, 7, 5])
  }

  @Test func floatsInFullReadBackAsTheSameBits() throws {
    var graph = Fixtures.delta().graph
    let values: [Float] = [0.1, 1 / 3, 5_592_405.5]
    graph.neurons.gradient = values
    let labels = GraphLabels(modelName: "m", layerCount: 4, prompt: "", settings: AttributionSettings()) { _ in nil }
    let file = try parsed(GraphExport(graph, labels: labels).full())
    let nodes = try #require(file["nodes"] as? [[String: Any]])
    #expect(nodes.map { ($0["gradient"] as? NSNumber)?.floatValue } == values)
  }

  @Test func withoutATokenizerTokensAreNumbers() throws {
    let file = try parsed(export(tokenizer: false).full())
    #expect(try #require(file["tokens"] as? [[String: Any]]).map { $0["text"] as? String } == ["#5", "#7", "#5"])
  }

  @Test func neuronpediaNodesFollowItsViewer() throws {
    let file = try parsed(export().neuronpedia())
    let metadata = try #require(file["metadata"] as? [String: Any])
    #expect(metadata["slug"] as? String == "tiny-model-a-a")
    #expect(metadata["scan"] as? String == "tiny-model")
    #expect(metadata["schema_version"] as? Int == 1)
    #expect(metadata["prompt_tokens"] as? [String] == [" a", "\n", " a"])
    #expect((file["qParams"] as? [String: Any])?["linkType"] as? String == "both")
    let nodes = try #require(file["nodes"] as? [[String: Any]])
    let byID = Dictionary(uniqueKeysWithValues: nodes.map { ($0["node_id"] as? String ?? "", $0) })
    #expect(byID.count == 8)
    let embedding = try #require(byID["E_7_1"])
    #expect(embedding["layer"] as? String == "E")
    #expect(embedding["feature"] as? Int == 1)
    #expect(embedding["jsNodeId"] as? String == "E_7-1")
    #expect(embedding["feature_type"] as? String == "embedding")
    let neuron = try #require(byID["2_1_2"])
    #expect(neuron["layer"] as? String == "2")
    // Cantor's pair of 2 and 1: 3 * 4 / 2 + 1.
    #expect(neuron["feature"] as? Int == 7)
    #expect(neuron["jsNodeId"] as? String == "2_1-0")
    #expect(neuron["feature_type"] as? String == "cross layer transcoder")
    let logit = try #require(byID["5_9_2"])
    #expect(logit["layer"] as? String == "5")
    #expect(logit["jsNodeId"] as? String == "L_9-2")
    #expect((logit["clerp"] as? String)?.contains("(p=0.125)") == true)
    #expect(logit["token_prob"] as? Double == 0.125)
    #expect(logit["is_target_logit"] as? Bool == true)
    for node in nodes {
      for key in ["node_id", "feature", "layer", "ctx_idx", "feature_type", "jsNodeId", "clerp"] {
        #expect(node[key] != nil, "\(key)")
      }
    }
    for link in try #require(file["links"] as? [[String: Any]]) {
      #expect(byID[try #require(link["source"] as? String)] != nil)
      #expect(byID[try #require(link["target"] as? String)] != nil)
      #expect(link["weight"] is Double)
    }
  }

  @Test(arguments: [GraphExport.Format.full, .neuronpedia])
  func whatIsWrittenIsReadBack(format: GraphExport.Format) throws {
    let graph = try GraphImport.read(export().bytes(format))
    #expect(graph.format == (format == .full ? .full : .neuronpedia))
    #expect(graph.tokens == [" a", "\n", " a"])
    #expect(
      graph.neurons == [
        ImportedGraph.Neuron(id: NeuronID(layer: 0, index: 3), position: 1, activation: 2, relp: 3),
        ImportedGraph.Neuron(id: NeuronID(layer: 0, index: 3), position: 2, activation: -1, relp: -2),
        ImportedGraph.Neuron(id: NeuronID(layer: 2, index: 1), position: 2, activation: 0.5, relp: -2),
      ])
    #expect(
      graph.logits == [
        ImportedGraph.Logit(token: 7, text: "\n", position: 2, probability: 0.75),
        ImportedGraph.Logit(token: 9, text: " \"b\"", position: 2, probability: 0.125),
      ])
    #expect(graph.links.map(\.weight) == [1, 2, 0.25, -1.5, 0.5, 1, -3, 4])
    #expect(
      graph.neuronIDs == [
        NeuronID(layer: 0, index: 3), NeuronID(layer: 2, index: 1),
      ])
  }

  @Test(arguments: [GraphExport.Format.full, .neuronpedia])
  func aGraphKnowsItsModel(format: GraphExport.Format) throws {
    var graph = try GraphImport.read(export().bytes(format))
    #expect(graph.isOf(modelNamed: "tiny model"))
    #expect(!graph.isOf(modelNamed: "other model"))
    graph.modelName = ""
    #expect(graph.isOf(modelNamed: "other model"))
  }

  /// Files say what their scores are; those of earlier versions, which name no rule, have RelP's.
  @Test(arguments: [GraphExport.Format.full, .neuronpedia], [AttributionRule.relp, .gradient])
  func aGraphIsLabelledWithItsMetricAndRule(format: GraphExport.Format, rule: AttributionRule) throws {
    var graph = Fixtures.delta().graph
    graph.rule = rule
    graph.neurons.gradientScore = [5, 6, 7]
    graph.neurons.streamShare = [0, 0, 0]
    var settings = AttributionSettings()
    settings.rule = rule
    settings.metric = .topLogits(count: 2)
    let bytes = GraphExport(
      graph, labels: GraphLabels(modelName: "tiny", layerCount: 3, prompt: "p", settings: settings) { "t\($0)" }
    ).bytes(format)
    let read = try GraphImport.read(bytes)
    #expect(read.scoreText == "metric topk, scores by the rule \(rule.rawValue)")
    #expect(read.neurons.map(\.score) == (rule == .relp ? [3, -2, -2] : [5, 6, 7]))
    #expect(read.neurons.map(\.relp) == [3, -2, -2])

    // The same file as an earlier version wrote it.
    let earlier = String(decoding: bytes, as: UTF8.self)
      .replacing(try Regex(#",?\s*"rule":\s*"[a-z]+""#), with: "")
      .replacing(try Regex(#",?\s*"score":\s*[-0-9.e]+"#), with: "")
    let old = try GraphImport.read(Array(earlier.utf8))
    #expect(old.scoreText == "metric topk, scores by the rule relp")
    #expect(old.neurons.map(\.score) == [3, -2, -2])
  }

  @Test func aRuleThatIsNotKnownIsRefused() throws {
    let text = String(decoding: export().bytes(.full), as: UTF8.self).replacing(
      try Regex(#""rule":\s*"[a-z]+""#), with: "\"rule\": \"lrp\"")
    let error = #expect(throws: CircuitError.self) { try GraphImport.read(Array(text.utf8)) }
    #expect("\(error.map { "\($0)" } ?? "")".contains("relp or gradient"))
  }

  @Test func theOlderDialectIsRead() throws {
    let file = """
      {"metadata": {"scan": "llama", "prompt": "The capital", "prompt_tokens": ["The", " capital"]},
       "qParams": {},
       "nodes": [
        {"node_id": "E_1_0", "layer": "embedding", "feature_type": "embedding", "ctx_idx": 0, "clerp": "The"},
        {"node_id": "15_7890_1", "layer": "15", "feature_type": "mlp_neuron", "feature": 7890, "ctx_idx": 1,
         "clerp": "", "activation": 1.5},
        {"node_id": "n3", "layer": 3, "feature_type": "mlp_neuron", "feature": 12, "ctx_idx": 0, "clerp": ""},
        {"node_id": "0_4_0", "layer": "0", "feature_type": "mlp reconstruction error", "ctx_idx": 0, "clerp": ""},
        {"node_id": "L_12366_1", "layer": "logit", "isLogit": true, "ctx_idx": 1, "clerp": "Logit:  Paris (p=0.773)"}
       ],
       "links": [{"source": "15_7890_1", "target": "L_12366_1", "weight": 0.25}]}
      """
    let graph = try GraphImport.read(Array(file.utf8))
    #expect(graph.format == .legacy)
    #expect(graph.neurons.map(\.id) == [NeuronID(layer: 15, index: 7890), NeuronID(layer: 3, index: 12)])
    #expect(graph.neurons.map(\.position) == [1, 0])
    #expect(
      graph.logits == [ImportedGraph.Logit(token: 12366, text: " Paris", position: 1, probability: 0.773)])
    #expect(graph.links == [ImportedGraph.Link(source: "15_7890_1", target: "L_12366_1", weight: 0.25)])
  }

  @Test(arguments: [
    ("", "JSON"), ("[1, 2]", "object"), ("{\"schema\": \"other/9\"}", "autointerp.graph/1"), ("{\"a\": 1}", "schema"),
    ("{\"nodes\": 3, \"links\": []}", "file.nodes"),
    ("{\"nodes\": [{\"feature_type\": \"mlp_neuron\"}], \"links\": []}", "nodes[0].node_id"),
    ("{\"nodes\": [], \"links\": [{\"source\": \"a\"}]}", "links[0].target"),
    ("{\"schema\": \"autointerp.graph/1\", \"model\": \"m\"}", "file.prompt"),
    (
      "{\"nodes\": [{\"feature_type\": \"mlp_neuron\", \"node_id\": \"x\", \"layer\": 1, \"feature\": 1e30}], \"links\": []}",
      "feature"
    ),
  ])
  func whatIsNoGraphIsRefusedWithThePlace(file: String, place: String) throws {
    let error = try #require(throws: CircuitError.self) { try GraphImport.read(Array(file.utf8)) }
    #expect(error.description.contains(place), "\(error)")
  }

  @Test(
    arguments: [(0, 0, 0), (1, 57_794, 1_670_217_704), (15, 7890, 31_256_355), (0, 5, 20)] as [(Int64, Int64, Int64)])
  func cantorPairsAreNeuronpedias(layer: Int64, index: Int64, pair: Int64) {
    #expect(GraphExport.cantorPair(layer, index) == pair)
    #expect(GraphExport.cantorUnpair(pair).map { [$0.layer, $0.index] } == [layer, index])
  }

  @Test(arguments: [
    ("SmolLM2-135M-Instruct.Q4_1", "SmolLM2-135M-Instruct.Q4_1"), ("a b/c", "a-b-c"), ("<|é|>", "graph"), ("", "graph"),
    ("x!", "x"),
  ])
  func slugsHaveOnlyAllowedCharacters(text: String, slug: String) {
    #expect(GraphExport.slug(text) == slug)
  }
}
