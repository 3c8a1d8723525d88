// autointerp
// Tests interventions on SmolLM2 against Float64 results of PyTorch hooks.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Circuits
import Foundation
import Inference
import Testing

@testable import Causality

/// One prompt with neurons removed and doubled at all positions.
struct CausalGolden: Decodable {
  struct Top: Decodable { var tokens: [Int32], logits: [Float] }
  struct Case: Decodable {
    var layer: Int, index: Int, factor: Float, divergence: Double, metricChange: Double
    var topTokens: [Int32], topLogits: [Float], topProbabilities: [Double]
  }
  var tokens: [Int32]
  var metricKind: String
  var metricTokens: [Int32]
  var metricValue: Double
  var topBefore: Top
  var cases: [Case]

  static func load(_ name: String) throws -> CausalGolden {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    return try JSONDecoder().decode(
      CausalGolden.self, from: Data(contentsOf: folder.appending(path: "smollm2-\(name).json")))
  }
}

@Suite struct GoldenCausalTests {
  /// Float32 against Float64 through thirty layers.
  static let tolerance = 1e-3

  @Test(arguments: ["chat_huntington", "plain_france", "token_scurvy"]) func smolLM2Agrees(name: String) throws {
    let path = try #require(RealModel.path, "run scripts/fetch-model first")
    let golden = try CausalGolden.load(name)
    let backend = OpenBLASBackend(threadCount: 2)
    let runner = InterventionRunner(
      transformer: Transformer(try Checkpoint.open(path), backend: backend, storage: .resident), backend: backend)
    let metric: MetricSpecification =
      golden.metricKind == "topk" ? .topLogits(count: golden.metricTokens.count) : .tokens(golden.metricTokens)
    var neurons: [NeuronSet] = []
    for set in golden.cases.map({ NeuronSet([NeuronID(layer: $0.layer, index: $0.index)]) })
    where !neurons.contains(set) { neurons.append(set) }
    let plan = InterventionPlan(sets: neurons, kinds: [.zero, .scale(2)])
    let measured = try runner.measure(golden.tokens, plan: plan, metric: metric)
    #expect(measured.topBefore.map(\.token) == golden.topBefore.tokens)
    for (found, expected) in zip(measured.topBefore, golden.topBefore.logits) {
      #expect(abs(Double(found.logit - expected)) < Self.tolerance)
    }
    #expect(measured.changes.count == golden.cases.count)
    for (found, expected) in zip(measured.changes, golden.cases) {
      let name = "L\(expected.layer)/N\(expected.index) x\(expected.factor)"
      #expect(abs(found.divergence - expected.divergence) < Self.tolerance, "\(name)")
      #expect(abs(found.metricBefore - golden.metricValue) < 5 * Self.tolerance, "\(name)")
      // A sum of up to five logits.
      #expect(abs(found.metricChange - expected.metricChange) < 5 * Self.tolerance, "\(name)")
      let logits = Dictionary(uniqueKeysWithValues: found.topAfter.map { ($0.token, $0) })
      for (i, token) in expected.topTokens.enumerated() {
        // The last may change places with the next one.
        guard let ranked = logits[token] else {
          #expect(i >= 8, "\(name): token \(token)")
          continue
        }
        #expect(abs(Double(ranked.logit - expected.topLogits[i])) < 2 * Self.tolerance, "\(name)")
        #expect(abs(ranked.probability - expected.topProbabilities[i]) < Self.tolerance, "\(name)")
      }
    }
    // Sharing the lower layers saves work, and late neurons most of it.
    #expect((measured.work.gain ?? 0) > 1)
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
