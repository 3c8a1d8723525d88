// autointerp
// `FingerprintTests` tests that `Checkpoint.fingerprint` differs for different models and is equal for equal ones.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import TestSupport
import Testing

@Suite struct FingerprintTests {
  @Test func isAFunctionOfTheModelAlone() {
    let first = Checkpoint.random(configuration: .small(), seed: 1)
    let second = Checkpoint.random(configuration: .small(), seed: 1)
    #expect(first.fingerprint == second.fingerprint)
    #expect(first.fingerprint.count == 64)
    expectSameModel(first, second)
  }

  @Test func differsWhenAnyWeightDiffers() {
    let original = Checkpoint.random(configuration: .small(.qwen3, tied: false), seed: 1)
    var fingerprints: Set = [original.fingerprint]
    for (role, tensor) in original.weights {
      var values = tensor.floats()
      values[values.count - 1].negate()
      var weights = original.weights
      weights[role] = TensorView(name: tensor.name, rows: tensor.rowCount, columns: tensor.columnCount, values: values)
      let changed = Checkpoint.fingerprint(of: original.configuration, weights)
      #expect(fingerprints.insert(changed).inserted, "\(role)")
    }
  }

  @Test func differsWhenAnyPartOfTheConfigurationDiffers() {
    let original = Checkpoint.random(configuration: .small(), seed: 1)
    let changes: [(inout ModelConfiguration) -> Void] = [
      { $0.rmsEpsilon = 1e-6 }, { $0.contextLength = 65 }, { $0.rotary.base = 10_001 },
      { $0.rotary.scaling = .linear(factor: 2) }, { $0.rotary.scaling = .perFrequency([1, 2, 3]) },
      { $0.rotary.scaling = .perFrequency([1, 2, 4]) },
      {
        $0.rotary.scaling = .llama3(
          factor: 2, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextLength: 8)
      },
      { $0.headCount = 2 }, { $0.keyValueHeadCount = 1 }, { $0.architecture = .qwen3 }, { $0.tiedUnembedding = false },
    ]
    var fingerprints: Set = [original.fingerprint]
    for change in changes {
      var configuration = original.configuration
      change(&configuration)
      #expect(fingerprints.insert(Checkpoint.fingerprint(of: configuration, original.weights)).inserted)
    }
  }

  @Test func largeTensorsAreSampledEvenly() {
    var configuration = ModelConfiguration.small()
    configuration.vocabularySize = 40_000  // 2.5 MB of embedding
    let original = Checkpoint.random(configuration: configuration, seed: 1)
    func fingerprint(changing index: Int) -> String {
      var values = original.weights[.tokenEmbedding]!.floats()
      values[index < 0 ? values.count + index : index].negate()
      var weights = original.weights
      weights[.tokenEmbedding] = TensorView(name: "e", rows: 40_000, columns: 16, values: values)
      return Checkpoint.fingerprint(of: configuration, weights)
    }
    #expect(fingerprint(changing: 0) != original.fingerprint)
    #expect(fingerprint(changing: -1) != original.fingerprint)
    // Samples start at every 17th part of the tensor, so the byte before one is not hashed.
    let sample = (40_000 * 16 * 4 - 4096) / 17 / 4
    #expect(fingerprint(changing: sample * 3 + 8) != original.fingerprint)
    #expect(fingerprint(changing: sample * 3 - 8) == original.fingerprint)
  }
}
