// autointerp
// `GoldenTests` tests that graphs equal Float64 results of PyTorch's autograd on Hugging Face modules.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Circuits
import Foundation
import Inference
import Testing

@testable import Attribution

/// One case of the fixtures. Its edges are those with `|flow| >= edgeShare * |metric|`; nodes are numbered as in the
/// graph.
struct GoldenCase: Decodable, Sendable {
  struct Metric: Decodable { var kind: String, value: Double, tokens: [Int32], logits: [Float] }
  struct Nodes: Decodable {
    var layer: [Int32], index: [Int32], position: [Int32]
    var activation: [Float], gradient: [Float], relp: [Float]
  }
  struct Edges: Decodable { var source: [Int32], target: [Int32], effect: [Float], flow: [Float] }
  struct Edit: Decodable { var layer: Int, index: Int, factor: Float, tokens: [Int], logits: [Float] }
  var tokens: [Int32]
  var tau: Double
  var metric: Metric
  var nodes: Nodes
  var embeddingRelp: [Float]
  var edgeShare: Double
  var edges: Edges
  var interventions: [Edit]

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  static func load<T: Decodable>(_ name: String, as type: T.Type = T.self) throws -> T {
    try JSONDecoder().decode(T.self, from: Data(contentsOf: folder.appending(path: name)))
  }

  var settings: AttributionSettings {
    var settings = AttributionSettings()
    settings.rule = .relp
    settings.selection = .tau(tau)
    settings.verification = .none
    settings.edgeThreshold = 0
    settings.maximumNodeCount = 0
    settings.metric =
      switch metric.kind {
      case "topk": .topLogits(count: metric.tokens.count)
      case "contrast": .contrast(metric.tokens[0], metric.tokens[1])
      default: .tokens(metric.tokens)
      }
    return settings
  }
}

@Suite struct GoldenTests {
  /// Float32 against Float64 through at most thirty layers.
  static let relative: Float = 2e-3
  static let absolute: Float = 5e-4

  static func close(_ a: Float, _ b: Float, _ absolute: Float = absolute) -> Bool {
    abs(a - b) <= max(absolute, relative * abs(b))
  }

  @Test(arguments: ["llama_tied", "llama_untied", "llama_rope3", "qwen3"])
  func tinyModelsAgree(name: String) throws {
    let checkpoint = try Checkpoint.open(GoldenCase.folder.appending(path: name).path)
    for golden in try GoldenCase.load("\(name)/golden.json", as: [GoldenCase].self) {
      try check(golden, checkpoint)
    }
  }

  @Test(arguments: ["smollm2-chat_huntington.json", "smollm2-contrast_cold_warm.json"])
  func smolLM2Agrees(name: String) throws {
    let path = try #require(RealModel.path, "run scripts/fetch-model first")
    try check(GoldenCase.load(name), Checkpoint.open(path))
  }

  private func check(_ golden: GoldenCase, _ checkpoint: Checkpoint) throws {
    let backend = OpenBLASBackend(threadCount: 2)
    let relevance = RelevancePropagation(
      transformer: Transformer(checkpoint, backend: backend, storage: .resident), backend: backend)
    let graph = try relevance.graph(of: golden.tokens, settings: golden.settings)
    #expect(abs(graph.metric.value - golden.metric.value) <= 1e-4 * abs(golden.metric.value))
    #expect(graph.metric.targets.map(\.token) == golden.metric.tokens)
    for (target, logit) in zip(graph.metric.targets, golden.metric.logits) { #expect(abs(target.logit - logit) < 1e-3) }
    #expect(graph.conservation.nodeTotal < 1e-4)
    #expect(graph.conservation.layerCut < 1e-4)
    #expect(graph.conservation.directEffects < 1e-4)

    let (found, expected) = (graph.neurons, golden.nodes)
    try #require(found.layer == expected.layer && found.position == expected.position && found.index == expected.index)
    for i in 0..<found.count {
      #expect(Self.close(found.activation[i], expected.activation[i]))
      #expect(Self.close(found.gradient[i], expected.gradient[i]))
      #expect(Self.close(found.relp[i], expected.relp[i]))
    }
    let size = Float(abs(golden.metric.value))
    for (a, b) in zip(graph.embeddingRelp, golden.embeddingRelp) { #expect(Self.close(a, b, 1e-3 + 1e-5 * size)) }
    var edges: [Int64: Int] = [:]
    for i in 0..<graph.edges.count {
      edges[Int64(graph.edges.source[i]) << 32 | Int64(graph.edges.target[i])] = i
    }
    for i in golden.edges.source.indices {
      let key = Int64(golden.edges.source[i]) << 32 | Int64(golden.edges.target[i])
      let edge = try #require(edges[key])
      #expect(Self.close(graph.edges.effect[edge], golden.edges.effect[i], 3e-3))
      #expect(Self.close(graph.edges.flow[edge], golden.edges.flow[i], 2e-5 * size))
    }
    try checkInterventions(golden, relevance.transformer, backend)
  }

  private func checkInterventions(
    _ golden: GoldenCase, _ transformer: Transformer<OpenBLASBackend>, _ backend: OpenBLASBackend
  ) throws {
    let trace = try transformer.forward(golden.tokens, on: backend)
    let sets = golden.interventions.map {
      [Intervention(layer: $0.layer, index: $0.index, operation: .scale($0.factor))]
    }
    for (logits, edit) in zip(try transformer.logits(under: sets, over: trace, on: backend), golden.interventions) {
      for (token, expected) in zip(edit.tokens, edit.logits) {
        #expect(Self.close(logits[token], expected, 2e-3), "L\(edit.layer)/N\(edit.index) times \(edit.factor)")
      }
    }
  }
}

/// The real checkpoint, where `scripts/fetch-model` puts it.
enum RealModel {
  static var path: String? {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "") + "/.cache"
    let path = environment["AUTOINTERP_TEST_MODEL"] ?? cache + "/autointerp/SmolLM2-135M-Instruct.Q4_1.gguf"
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }
}
