// autointerp
// `TransformerTests` tests the forward pass and interventions on small random models.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Inference
import TestSupport
import Testing

/// Small shapes, one for every branch of the architecture.
enum SmallModel: String, CaseIterable, Sendable {
  case tied, untied, llama3Rotary, linearRotary, perFrequencyRotary, qwen3

  var checkpoint: Checkpoint {
    let scaling: RotaryEmbedding.Scaling =
      switch self {
      case .llama3Rotary:
        .llama3(factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextLength: 64)
      case .linearRotary: .linear(factor: 2)
      case .perFrequencyRotary: .perFrequency([1, 3.5, 0.5, 16])
      default: .none
      }
    let configuration = ModelConfiguration(
      architecture: self == .qwen3 ? .qwen3 : .llama, layerCount: 3, headCount: 4,
      keyValueHeadCount: self == .untied ? 1 : 2, headDimension: self == .qwen3 ? 12 : 8, modelDimension: 32,
      feedForwardDimension: 40, vocabularySize: 50, contextLength: 64, rmsEpsilon: 1e-5,
      rotary: RotaryEmbedding(base: 10000, scaling: scaling), tiedUnembedding: self != .untied)
    return .random(configuration: configuration, seed: 17, standardDeviation: 0.25)
  }
}

@Suite struct TransformerTests {
  let tokens: [Int32] = [3, 49, 0, 7, 7, 21, 30, 11, 5]
  /// The logits of these models are of size one to ten; three layers in Float32.
  static let tolerance: Float = 1e-4

  @Test(arguments: SmallModel.allCases) func agreesWithTheOracle(model: SmallModel) throws {
    let checkpoint = model.checkpoint
    let oracle = Float64Backend()
    let expected = try Transformer(checkpoint, backend: oracle, storage: .resident).forward(tokens, on: oracle)
    for storage in WeightStorage.allCases {
      let backend = OpenBLASBackend(threadCount: 2)
      let found = try Transformer(checkpoint, backend: backend, storage: storage).forward(tokens, on: backend)
      let worst = zip(found.logits, expected.logits).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst < Self.tolerance, "\(storage)")
    }
  }

  @Test func laterTokensDoNotChangeEarlierLogits() throws {
    let backend = OpenBLASBackend()
    let transformer = Transformer(SmallModel.tied.checkpoint, backend: backend, storage: .resident)
    let short = try transformer.forward(Array(tokens.prefix(4)), on: backend)
    let long = try transformer.forward(tokens, on: backend)
    for l in transformer.layers.indices {
      let a = backend.download(short.layers[l].activations, rows: 4, columns: 40)
      let b = backend.download(long.layers[l].activations, rows: 4, columns: 40)
      #expect(zip(a, b).allSatisfy { abs($0 - $1) < Self.tolerance })
    }
  }

  @Test(
    arguments: [
      ([], InferenceError.noTokens),
      ([1, 50], .tokenOutOfRange(token: 50, position: 1, vocabularySize: 50)),
      ([-1], .tokenOutOfRange(token: -1, position: 0, vocabularySize: 50)),
      (Array(repeating: 1, count: 65), .promptTooLong(tokens: 65, contextLength: 64)),
    ] as [([Int32], InferenceError)])
  func refusesWhatTheModelCannotRead(tokens: [Int32], error: InferenceError) {
    let backend = OpenBLASBackend()
    let transformer = Transformer(SmallModel.tied.checkpoint, backend: backend, storage: .resident)
    #expect(throws: error) { try transformer.forward(tokens, on: backend) }
  }
}
