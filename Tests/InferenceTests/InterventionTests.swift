// autointerp
// Forward passes with changed neurons, against the oracle and against plain loops.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Inference
import Testing

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
    let backend = OpenBLASBackend()
    // Large enough for the routines that real models meet.
    let configuration = ModelConfiguration(
      architecture: .llama, layerCount: 3, headCount: 6, keyValueHeadCount: 2, headDimension: 64, modelDimension: 384,
      feedForwardDimension: 640, vocabularySize: 1000, contextLength: 64, rmsEpsilon: 1e-5,
      rotary: RotaryEmbedding(base: 10000, scaling: .none), tiedUnembedding: true)
    let checkpoint = Checkpoint.random(configuration: configuration, seed: 19, standardDeviation: 0.1)
    let model = Transformer(checkpoint, backend: backend, storage: .resident)
    for count in [1, 6, 17, 30, 47] {
      let trace = try model.forward((0..<Int32(count)).map { $0 * 37 % 1000 }, on: backend)
      let sets = (0..<9).map { [Intervention(layer: $0 % 3, index: 50 * $0, operation: .add(1))] } + [[]]
      let together = try model.logits(under: sets, over: trace, on: backend)
      let alone = try model.logits(under: sets, over: trace, on: backend, maximumRows: 1)
      #expect(alone == together)
      #expect(together[9] == trace.logits)
      #expect(Set(together).count == sets.count)
    }
  }

  @Test(arguments: [SmallModel.tied, .untied]) func agreesWithNaiveLoops(model: SmallModel) throws {
    let backend = OpenBLASBackend()
    let transformer = Transformer(model.checkpoint, backend: backend, storage: .resident)
    let trace = try transformer.forward(tokens, on: backend)
    let found = try transformer.logits(under: Self.sets, over: trace, on: backend)
    let naive = NaiveModel(model.checkpoint)
    for (set, logits) in zip(Self.sets, found) {
      let expected = naive.logits(of: tokens, under: set)
      #expect((zip(logits, expected).map { abs($0 - $1) }.max() ?? 1) < TransformerTests.tolerance)
    }
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
