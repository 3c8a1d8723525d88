// autointerp
// `SyntheticCheckpointTests` tests that `Checkpoint.random` makes complete, normally distributed weights from a seed.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import TestSupport
import Testing

@Suite struct SyntheticCheckpointTests {
  @Test(arguments: [ModelConfiguration.small(), .small(tied: false), .small(.qwen3), .small(.qwen3, tied: false)])
  func everyWeightIsThereInItsShape(configuration: ModelConfiguration) {
    let checkpoint = Checkpoint.random(configuration: configuration, seed: 2)
    let perLayer = configuration.architecture == .qwen3 ? 11 : 9
    #expect(checkpoint.weights.count == 2 * perLayer + (configuration.tiedUnembedding ? 2 : 3))
    for (role, tensor) in checkpoint.weights {
      let (rows, columns) = configuration.shape(of: role)
      #expect(tensor.rowCount == rows && tensor.columnCount == columns)
    }
  }

  @Test func weightsAreNormallyDistributed() {
    var configuration = ModelConfiguration.small()
    configuration.vocabularySize = 4000
    let checkpoint = Checkpoint.random(configuration: configuration, seed: 2, standardDeviation: 0.25)
    let values = checkpoint.weights[.tokenEmbedding]!.floats().map { Double($0) / 0.25 }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + $1 * $1 } / count
    let fourth = values.reduce(0) { $0 + $1 * $1 * $1 * $1 } / count
    // Five standard errors at 64,000 values. A sum of twelve uniforms has kurtosis 2.9.
    #expect(abs(mean) < 5 / count.squareRoot())
    #expect(abs(variance - 1) < 5 * (2 / count).squareRoot())
    #expect(abs(fourth - 2.9) < 5 * (96 / count).squareRoot())
  }

  @Test func seedsAndRolesHaveStreamsOfTheirOwn() {
    let first = Checkpoint.random(configuration: .small(), seed: 2)
    let second = Checkpoint.random(configuration: .small(), seed: 3)
    #expect(first.weights[.gate(layer: 0)]!.floats() != second.weights[.gate(layer: 0)]!.floats())
    #expect(first.weights[.gate(layer: 0)]!.floats() != first.weights[.up(layer: 0)]!.floats())
    #expect(first.weights[.gate(layer: 0)]!.floats() != first.weights[.gate(layer: 1)]!.floats())
  }

  @Test(arguments: [(ElementType.bfloat16, Float(0x1p-8)), (.float16, 0x1p-11)])
  func halvesAreRoundedToNearest(type: ElementType, relativeError: Float) {
    let exact = Checkpoint.random(configuration: .small(), seed: 2)
    let rounded = Checkpoint.random(configuration: .small(), seed: 2, elementType: type)
    #expect(rounded.weights[.down(layer: 1)]?.elementType == type)
    #expect(rounded.weights[.outputNorm]?.elementType == .float32)
    for role in exact.weights.keys {
      for (left, right) in zip(exact.weights[role]!.floats(), rounded.weights[role]!.floats()) {
        // Half a unit in the last place. Weights of 0.02 may be subnormal halves.
        #expect(abs(left - right) <= max(abs(left) * relativeError, 0x1p-25))
      }
    }
  }
}
