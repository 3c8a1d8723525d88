// autointerp
// `InterventionTests` tests forward passes with changed neurons against the oracle and simple loops.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Inference
import TestSupport
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

  /// One neuron at one position each, at every layer and position, some at the same place.
  static let singles: [[Intervention]] = (0..<18).map {
    [
      Intervention(
        layer: $0 * 5 % 3, index: $0 * 7 % 40, position: $0 % 6, operation: .add($0 % 2 == 0 ? 1.5 : -0.75))
    ]
  }

  /// Whole passes: a neutral edit at the bottom has all rows computed again.
  @Test(arguments: SmallModel.allCases) func agreesWithWholePassesOfTheOracle(model: SmallModel) throws {
    let sets = Self.sets + Self.singles
    let oracle = Float64Backend()
    let slow = Transformer(model.checkpoint, backend: oracle, storage: .resident)
    let whole = sets.map { [Intervention(layer: 0, index: 0, position: 0, operation: .scale(1))] + $0 }
    let expected = try slow.logits(under: whole, over: slow.forward(tokens, on: oracle), on: oracle)
    func check(_ backend: OpenBLASBackend, storage: WeightStorage) throws {
      let fast = Transformer(model.checkpoint, backend: backend, storage: storage)
      let found = try fast.logits(under: sets, over: fast.forward(tokens, on: backend), on: backend)
      for (a, b) in zip(found, expected) {
        #expect((zip(a, b).map { abs($0 - $1) }.max() ?? 1) < TransformerTests.tolerance)
      }
    }
    try check(OpenBLASBackend(threadCount: 2), storage: .resident)
    try check(OpenBLASBackend(), storage: .mapped)
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

  /// Alone, in any order or beside others, a set gives the same bits on any number of threads.
  @Test func batchesDoNotChangeTheBits() throws {
    let checkpoint = Self.large(layers: 4)
    let (backend, parallel) = (OpenBLASBackend(), OpenBLASBackend(threadCount: 3))
    let model = Transformer(checkpoint, backend: backend, storage: .resident)
    let other = Transformer(checkpoint, backend: parallel, storage: .resident)
    for count in [1, 6, 17, 30, 47] {
      let prompt = (0..<Int32(count)).map { $0 * 37 % 1000 }
      let trace = try model.forward(prompt, on: backend)
      let sets = Self.largeSets(tokens: count)
      let together = try model.logits(under: sets, over: trace, on: backend)
      #expect(together.last == trace.logits)
      #expect(Set(together).count > 20)
      for rows in [1, 30, 200] {
        #expect(try model.logits(under: sets, over: trace, on: backend, maximumRows: rows) == together)
      }
      #expect(try model.logits(under: sets.reversed(), over: trace, on: backend) == together.reversed())
      for number in [0, 13, 39] {
        #expect(try model.logits(under: [sets[number]], over: trace, on: backend) == [together[number]])
      }
      #expect(try other.logits(under: sets, over: other.forward(prompt, on: parallel), on: parallel) == together)
    }
  }

  /// A model of random weights shares its lower layers with a deeper one.
  @Test func theStreamBeforeALayerIsTheFinalStreamOfAShallowerModel() throws {
    let backend = OpenBLASBackend()
    let deep = Transformer(Self.large(layers: 4), backend: backend, storage: .resident)
    let shallow = Transformer(Self.large(layers: 2), backend: backend, storage: .resident)
    let prompt = (0..<Int32(17)).map { $0 * 37 % 1000 }
    func streams(_ model: Transformer<OpenBLASBackend>, _ sets: [[Intervention]]) throws -> [Float] {
      let rows = try model.lastRows(
        under: sets, over: model.forward(prompt, on: backend), depth: 2, on: backend)
      return backend.download(rows, rows: sets.count, columns: 384)
    }
    let sets = Self.largeSets(tokens: 17).filter { $0.allSatisfy { $0.layer < 2 } }
    let found = try streams(deep, sets)
    #expect(try found == streams(shallow, sets))
    // What lies above the place where the stream is read changes nothing.
    let clean = try streams(deep, [[]])
    #expect(try streams(deep, [[Intervention(layer: 2, index: 0, operation: .set(9))]]) == clean)
    #expect(Array(found.prefix(384)) != clean)
  }

  /// Large enough for the routines that real models use.
  private static func large(layers: Int) -> Checkpoint {
    let configuration = ModelConfiguration(
      architecture: .llama, layerCount: layers, headCount: 6, keyValueHeadCount: 2, headDimension: 64,
      modelDimension: 384, feedForwardDimension: 640, vocabularySize: 1000, contextLength: 64, rmsEpsilon: 1e-5,
      rotary: RotaryEmbedding(base: 10000, scaling: .none), tiedUnembedding: true)
    return Checkpoint.random(configuration: configuration, seed: 19, standardDeviation: 0.1)
  }

  /// Single neurons at one position, neurons at all positions, and the empty set, which comes last.
  private static func largeSets(tokens: Int) -> [[Intervention]] {
    (0..<40).map {
      let position = $0 % 3 == 0 ? tokens - 1 : $0 % tokens
      return [
        Intervention(layer: $0 * 3 % 4, index: 16 * $0, position: $0 % 7 == 5 ? nil : position, operation: .add(1))
      ]
    } + [[]]
  }

  @Test func costsCountLayersAboveAndPositionsFromTheFirst() {
    let single = [Intervention(layer: 3, index: 0, position: 5, operation: .set(0))]
    #expect(Intervention.rowLayers(of: single, tokens: 12, depth: 10) == 6 * 7)
    #expect(Intervention.rowLayers(of: single, tokens: 12, depth: 4) == 0)
    #expect(Intervention.rowLayers(of: [], tokens: 12, depth: 10) == 0)
    let lower = single + [Intervention(layer: 1, index: 0, operation: .set(0))]
    #expect(Intervention.rowLayers(of: lower, tokens: 12, depth: 10) == 8 * 12)
  }

  @Test(arguments: [SmallModel.tied, .untied, .linearRotary, .perFrequencyRotary])
  func agreesWithNaiveLoops(model: SmallModel) throws {
    let backend = OpenBLASBackend()
    let transformer = Transformer(model.checkpoint, backend: backend, storage: .resident)
    let trace = try transformer.forward(tokens, on: backend)
    let sets = Self.sets + Self.singles
    let found = try transformer.logits(under: sets, over: trace, on: backend)
    let naive = NaiveModel(model.checkpoint)
    for (set, logits) in zip(sets, found) {
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
