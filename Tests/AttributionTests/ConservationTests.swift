// autointerp
// `ConservationTests` tests that attributions add up, as the conservation identities require.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Circuits
import Inference
import TestSupport
import Testing

@testable import Attribution

@Suite struct ConservationTests {
  /// The rounding of Float32 over three layers.
  static let singlePrecision: Float = 1e-5
  /// The oracle computes in Float64 and reports in Float32.
  static let reported: Float = 1e-6

  static let models: [(name: String, checkpoint: Checkpoint)] = [
    ("llama", model(.llama, groups: 2, scaling: .none, tied: true)),
    ("untied", model(.llama, groups: 1, scaling: .linear(factor: 4), tied: false)),
    (
      "llama3",
      model(
        .llama, groups: 4,
        scaling: .llama3(factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextLength: 64),
        tied: true)
    ),
    ("qwen3", model(.qwen3, groups: 2, scaling: .none, tied: false)),
  ]

  static func model(
    _ architecture: ModelConfiguration.Architecture, groups: Int, scaling: RotaryEmbedding.Scaling, tied: Bool
  ) -> Checkpoint {
    .random(
      configuration: ModelConfiguration(
        architecture: architecture, layerCount: 3, headCount: 4, keyValueHeadCount: groups, headDimension: 8,
        modelDimension: 32, feedForwardDimension: 12, vocabularySize: 50, contextLength: 64, rmsEpsilon: 1e-5,
        rotary: RotaryEmbedding(base: 10000, scaling: scaling), tiedUnembedding: tied),
      seed: 5, standardDeviation: 0.25)
  }

  let tokens: [Int32] = [3, 49, 0, 7, 7, 21, 30]

  static var everything: AttributionSettings {
    var settings = AttributionSettings()
    settings.metric = .topLogits(count: 5)
    settings.rule = .relp
    settings.selection = .tau(0)
    settings.verification = .none
    settings.edgeThreshold = 0
    settings.maximumNodeCount = 0
    return settings
  }

  @Test(arguments: models.indices, [MetricSpecification.topLogits(count: 3), .contrast(4, 9), .tokens([11])])
  func residualsAreRounding(model: Int, metric: MetricSpecification) throws {
    var settings = Self.everything
    settings.metric = metric
    let backend = OpenBLASBackend()
    let single = try graph(Self.models[model].checkpoint, on: backend, settings).conservation
    #expect(single.nodeTotal < Self.singlePrecision)
    #expect(single.layerCut < Self.singlePrecision)
    #expect(single.directEffects < Self.singlePrecision)
    let double = try graph(Self.models[model].checkpoint, on: Float64Backend(), settings).conservation
    #expect(double.nodeTotal < Self.reported)
    #expect(double.layerCut < Self.reported)
    #expect(double.directEffects < Self.reported)
  }

  /// Checks the edges themselves, with every neuron a node, instead of the reported residuals.
  @Test(arguments: models.indices) func directEffectsIntoATargetSumToIt(model: Int) throws {
    let graph = try graph(Self.models[model].checkpoint, on: Float64Backend(), Self.everything)
    let values =
      graph.neurons.activation.map(Double.init) + Array(repeating: 0, count: tokens.count)
      + graph.metric.targets.map { Double($0.logit) }
    var sums = [Double](repeating: 0, count: graph.nodeCount)
    for i in 0..<graph.edges.count { sums[Int(graph.edges.target[i])] += Double(graph.edges.effect[i]) }
    for node in 0..<graph.nodeCount where node < graph.neurons.count || node >= graph.neurons.count + tokens.count {
      #expect(abs(sums[node] - values[node]) < 1e-5 * max(1, abs(values[node])))
    }
  }

  /// A node's total effect is the sum of its flows to all higher neurons and to the logits with their weights.
  @Test(arguments: models.indices) func flowOutOfANodeIsItsRelevance(model: Int) throws {
    var settings = Self.everything
    settings.metric = .contrast(4, 9)
    let graph = try graph(Self.models[model].checkpoint, on: Float64Backend(), settings)
    var outflow = [Double](repeating: 0, count: graph.nodeCount)
    let firstLogit = graph.neurons.count + tokens.count
    for i in 0..<graph.edges.count {
      let target = Int(graph.edges.target[i])
      let weight = target < firstLogit ? 1 : Double(graph.metric.targets[target - firstLogit].weight)
      outflow[Int(graph.edges.source[i])] += weight * Double(graph.edges.flow[i])
    }
    let relp = graph.neurons.relp + graph.embeddingRelp
    let scale = Double(relp.map(abs).max() ?? 1)
    for node in 0..<firstLogit { #expect(abs(outflow[node] - Double(relp[node])) < 1e-5 * scale) }
  }

  private func graph<B: ComputeBackend>(
    _ checkpoint: Checkpoint, on backend: B, _ settings: AttributionSettings
  ) throws -> AttributionGraph {
    let transformer = Transformer(checkpoint, backend: backend, storage: .resident)
    return try RelevancePropagation(transformer: transformer, backend: backend).graph(of: tokens, settings: settings)
  }
}
