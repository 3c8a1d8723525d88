// autointerp
// The forward pass and interventions on small random models.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Inference
import Testing

/// Small shapes, one for every branch of the architecture.
enum SmallModel: String, CaseIterable, Sendable {
  case tied, untied, llama3Rotary, linearRotary, qwen3

  var checkpoint: Checkpoint {
    let scaling: RotaryEmbedding.Scaling =
      switch self {
      case .llama3Rotary:
        .llama3(factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextLength: 64)
      case .linearRotary: .linear(factor: 2)
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
  /// Logits of these models are of size one to ten; three layers in Float32.
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

@Suite struct InterventionTests {
  let tokens: [Int32] = [3, 49, 0, 7, 7, 21]

  static let sets: [[Intervention]] = [
    [Intervention(layer: 2, index: 4, operation: .scale(0))],
    [Intervention(layer: 0, index: 39, position: 2, operation: .add(1.5))],
    [],
    [
      Intervention(layer: 1, index: 7, position: 5, operation: .set(-2)),
      Intervention(layer: 1, index: 7, position: 5, operation: .scale(2)),
      Intervention(layer: 2, index: 0, operation: .set(1)),
    ],
  ]

  @Test(arguments: [SmallModel.tied, .qwen3]) func agreesWithTheOracle(model: SmallModel) throws {
    let oracle = Float64Backend()
    let slow = Transformer(model.checkpoint, backend: oracle, storage: .resident)
    let expected = try slow.logits(under: Self.sets, over: slow.forward(tokens, on: oracle), on: oracle)
    let backend = OpenBLASBackend()
    let fast = Transformer(model.checkpoint, backend: backend, storage: .resident)
    let found = try fast.logits(under: Self.sets, over: fast.forward(tokens, on: backend), on: backend)
    for (a, b) in zip(found, expected) {
      #expect((zip(a, b).map { abs($0 - $1) }.max() ?? 1) < TransformerTests.tolerance)
    }
  }

  @Test func entersAtTheLayerItTouchesWithoutChangingTheResult() throws {
    let oracle = Float64Backend()
    let model = Transformer(SmallModel.tied.checkpoint, backend: oracle, storage: .resident)
    let trace = try model.forward(tokens, on: oracle)
    // The same edit with a neutral one at the bottom has to run all layers again.
    let late = Self.sets[0]
    let whole = [Intervention(layer: 0, index: 0, operation: .scale(1))] + late
    let logits = try model.logits(under: [late, whole], over: trace, on: oracle)
    #expect((zip(logits[0], logits[1]).map { abs($0 - $1) }.max() ?? 1) < 1e-6)
    #expect(logits[0] != trace.logits)
  }

  @Test func batchesDoNotChangeTheResult() throws {
    let oracle = Float64Backend()
    let model = Transformer(SmallModel.tied.checkpoint, backend: oracle, storage: .resident)
    let trace = try model.forward(tokens, on: oracle)
    let together = try model.logits(under: Self.sets, over: trace, on: oracle)
    #expect(try model.logits(under: Self.sets, over: trace, on: oracle, maximumRows: 1) == together)
    #expect(together[2] == trace.logits)
  }

  @Test func refusesNeuronsThatDoNotExist() throws {
    let backend = OpenBLASBackend()
    let model = Transformer(SmallModel.tied.checkpoint, backend: backend, storage: .resident)
    let trace = try model.forward(tokens, on: backend)
    #expect(throws: InferenceError.self) {
      try model.logits(
        under: [[Intervention(layer: 3, index: 0, operation: .set(0))]], over: trace, on: backend)
    }
    #expect(throws: InferenceError.positionOutOfRange(position: 6, tokens: 6)) {
      try model.logits(
        under: [[Intervention(layer: 0, index: 0, position: 6, operation: .set(0))]], over: trace, on: backend)
    }
  }
}
