// autointerp
// `ModelConfiguration` holds the dimensions and constants of a transformer.
// SPDX-License-Identifier: Apache-2.0

/// Describes a pre-norm transformer with RMSNorm, rotary positions, grouped-query attention and SwiGLU, without
/// biases.
package struct ModelConfiguration: Equatable, Sendable {
  package enum Architecture: String, Sendable {
    case llama
    /// Like llama, with RMSNorm on each head of q and k before the rotation.
    case qwen3
  }

  package var architecture: Architecture
  package var layerCount: Int
  package var headCount: Int
  package var keyValueHeadCount: Int
  package var headDimension: Int
  package var modelDimension: Int
  package var feedForwardDimension: Int
  package var vocabularySize: Int
  package var contextLength: Int
  package var rmsEpsilon: Float
  package var rotary: RotaryEmbedding
  /// True if the token embedding is also the unembedding.
  package var tiedUnembedding: Bool

  package init(
    architecture: Architecture, layerCount: Int, headCount: Int, keyValueHeadCount: Int, headDimension: Int,
    modelDimension: Int, feedForwardDimension: Int, vocabularySize: Int, contextLength: Int, rmsEpsilon: Float,
    rotary: RotaryEmbedding, tiedUnembedding: Bool
  ) {
    self.architecture = architecture
    self.layerCount = layerCount
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount
    self.headDimension = headDimension
    self.modelDimension = modelDimension
    self.feedForwardDimension = feedForwardDimension
    self.vocabularySize = vocabularySize
    self.contextLength = contextLength
    self.rmsEpsilon = rmsEpsilon
    self.rotary = rotary
    self.tiedUnembedding = tiedUnembedding
  }
}

/// Describes the rotary position embedding. It rotates the pairs `(i, i + headDimension / 2)` (the Hugging Face
/// layout).
package struct RotaryEmbedding: Equatable, Sendable {
  package enum Scaling: Equatable, Sendable {
    case none
    /// Divides all frequencies by `factor`.
    case linear(factor: Double)
    /// Llama 3.1: divides the frequencies of long waves by `factor`, keeps those of short ones, and interpolates in
    /// between.
    case llama3(
      factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalContextLength: Int)
    /// Divides each frequency by its own factor (GGUF's `rope_freqs.weight`). `[headDimension / 2]`
    case perFrequency([Float])
  }

  package var base: Double
  package var scaling: Scaling

  package init(base: Double, scaling: Scaling = .none) {
    self.base = base
    self.scaling = scaling
  }
}
