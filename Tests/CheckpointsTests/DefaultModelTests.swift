// autointerp
// `DefaultModelTests` reads the default model, which scripts/fetch-model downloads; without it, the tests do not run.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Testing

/// Where scripts/fetch-model puts the model. A relative XDG_CACHE_HOME is ignored.
private let defaultModelPath: String = {
  let environment = ProcessInfo.processInfo.environment
  let base = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
  return (base ?? NSHomeDirectory() + "/.cache") + "/autointerp/SmolLM2-135M-Instruct.Q4_1.gguf"
}()

@Suite(.enabled(if: FileManager.default.fileExists(atPath: defaultModelPath)))
struct DefaultModelTests {
  @Test func configurationIsSmolLM2s() throws {
    let checkpoint = try Checkpoint.open(defaultModelPath)
    #expect(
      checkpoint.configuration
        == ModelConfiguration(
          architecture: .llama, layerCount: 30, headCount: 9, keyValueHeadCount: 3, headDimension: 64,
          modelDimension: 576, feedForwardDimension: 1536, vocabularySize: 49152, contextLength: 8192, rmsEpsilon: 1e-5,
          rotary: RotaryEmbedding(base: 100_000), tiedUnembedding: true))
    #expect(checkpoint.weights.count == 272)
    #expect(checkpoint.weights[.tokenEmbedding]?.elementType == .q8_0)
    #expect(checkpoint.weights[.gate(layer: 3)]?.elementType == .q4_1)
  }

  /// Single weights as the gguf package reads them, with the permutation of q and k undone.
  @Test(arguments: [
    (WeightRole.tokenEmbedding, 791, 5, Float(-0.057250977)), (.query(layer: 15), 70, 100, -0.050201416),
    (.key(layer: 29), 33, 7, -0.053863525), (.down(layer: 7), 500, 1001, 0.091796875),
  ])
  func weightsAreTheGGUFPackages(role: WeightRole, row: Int, column: Int, expected: Float) throws {
    let tensor = try #require(try Checkpoint.open(defaultModelPath).weights[role])
    var values = [Float](repeating: 0, count: tensor.columnCount)
    values.withUnsafeMutableBufferPointer { tensor.copyRows(row..<row + 1, into: $0.baseAddress!) }
    #expect(values[column] == expected)
  }
}
