// autointerp
// Tests reading token by token against whole forward passes.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Inference
import TestSupport
import Testing

@Suite struct KeyValueCacheTests {
  let tokens: [Int32] = [3, 49, 0, 7, 7, 21, 30, 2, 11]

  /// The text in pieces, whose logits must be those of the whole text.
  private func logits<B: ComputeBackend>(
    _ model: Transformer<B>, pieces: [Int], interventions: [Intervention] = [], on backend: B
  ) throws -> [Float] {
    var cache = KeyValueCache(model, capacity: tokens.count, on: backend)
    var (rest, logits) = (tokens[...], [Float]())
    for count in pieces {
      logits = try model.extend(
        &cache, with: Array(rest.prefix(count)), interventions: interventions, on: backend)
      rest = rest.dropFirst(count)
      #expect(cache.tokenCount == tokens.count - rest.count)
    }
    return logits
  }

  @Test(arguments: SmallModel.allCases, [[9], [1, 1, 1, 1, 1, 1, 1, 1, 1], [4, 1, 3, 1]])
  func incrementalPassesEqualWholeOnes(model: SmallModel, pieces: [Int]) throws {
    func check<B: ComputeBackend>(_ backend: B, tolerance: Float) throws {
      let transformer = Transformer(model.checkpoint, backend: backend, storage: .resident)
      let expected = try transformer.forward(tokens, on: backend).logits
      let found = try logits(transformer, pieces: pieces, on: backend)
      let largest = expected.map { abs($0) }.max() ?? 1
      #expect((zip(found, expected).map { abs($0 - $1) }.max() ?? 1) <= tolerance * largest)
    }
    try check(OpenBLASBackend(), tolerance: 1e-5)
    try check(OpenBLASBackend(threadCount: 2), tolerance: 1e-5)
    try check(Float64Backend(), tolerance: 1e-6)
  }

  @Test func interventionsHoldAtTheirPositions() throws {
    let backend = OpenBLASBackend()
    let model = Transformer(SmallModel.tied.checkpoint, backend: backend, storage: .resident)
    let set = [
      Intervention(layer: 1, index: 7, operation: .scale(3)),
      Intervention(layer: 0, index: 39, position: 2, operation: .add(1.5)),
      Intervention(layer: 2, index: 4, position: 8, operation: .set(-1)),
    ]
    let expected = try model.logits(under: [set], over: model.forward(tokens, on: backend), on: backend)[0]
    for pieces in [[9], [2, 1, 5, 1]] {
      let found = try logits(model, pieces: pieces, interventions: set, on: backend)
      #expect((zip(found, expected).map { abs($0 - $1) }.max() ?? 1) < TransformerTests.tolerance)
    }
  }

  @Test func aFullCacheRefusesMoreTokens() throws {
    let backend = OpenBLASBackend()
    let model = Transformer(SmallModel.tied.checkpoint, backend: backend, storage: .resident)
    var cache = KeyValueCache(model, capacity: 3, on: backend)
    _ = try model.extend(&cache, with: [1, 2], on: backend)
    #expect(throws: InferenceError.promptTooLong(tokens: 4, contextLength: 3)) {
      try model.extend(&cache, with: [3, 4], on: backend)
    }
    #expect(cache.tokenCount == 2)
  }
}
