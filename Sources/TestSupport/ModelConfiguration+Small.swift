// autointerp
// `ModelConfiguration.small` is the smallest useful shape of a model, for tests.
// SPDX-License-Identifier: Apache-2.0

package import Checkpoints

extension ModelConfiguration {
  /// The smallest shape whose dimensions all differ where two could be confused.
  package static func small(
    _ architecture: Architecture = .llama, tied: Bool = true, rotary: RotaryEmbedding = RotaryEmbedding(base: 10_000)
  ) -> ModelConfiguration {
    ModelConfiguration(
      architecture: architecture, layerCount: 2, headCount: 4, keyValueHeadCount: 2, headDimension: 6,
      modelDimension: 16, feedForwardDimension: 20, vocabularySize: 11, contextLength: 64, rmsEpsilon: 1e-5,
      rotary: rotary, tiedUnembedding: tied)
  }
}
