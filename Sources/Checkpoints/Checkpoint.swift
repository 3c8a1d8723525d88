// autointerp
// A model on disk: its configuration, weights and tokenizer, mapped and checked.
// SPDX-License-Identifier: Apache-2.0

/// The part a weight plays in the model.
package enum WeightRole: Hashable, Sendable {
  case tokenEmbedding
  case outputNorm
  /// The unembedding of an untied model.
  case unembedding
  case attentionNorm(layer: Int)
  case query(layer: Int)
  case key(layer: Int)
  case value(layer: Int)
  case queryNorm(layer: Int)
  case keyNorm(layer: Int)
  case attentionOutput(layer: Int)
  case feedForwardNorm(layer: Int)
  case gate(layer: Int)
  case up(layer: Int)
  case down(layer: Int)
}

/// A model's configuration and weights; every weight that the configuration calls for is there, in its right shape.
///
/// Shapes are Hugging Face's `[out, in]`: query `[headCount * headDimension, modelDimension]`, key and value
/// `[keyValueHeadCount * headDimension, modelDimension]`, attentionOutput `[modelDimension, headCount * headDimension]`,
/// gate and up `[feedForwardDimension, modelDimension]`, down `[modelDimension, feedForwardDimension]`, embedding and
/// unembedding `[vocabularySize, modelDimension]`, norms `[1, modelDimension]` (q/k norms `[1, headDimension]`).
package struct Checkpoint: Sendable {
  /// What people call it: `general.name`, or the file or folder name.
  package let name: String
  package let configuration: ModelConfiguration
  package let weights: [WeightRole: TensorView]
  /// Hexadecimal digest that differs when configuration or weights differ.
  package let fingerprint: String

  package init(
    name: String, configuration: ModelConfiguration, weights: [WeightRole: TensorView], fingerprint: String
  ) {
    self.name = name
    self.configuration = configuration
    self.weights = weights
    self.fingerprint = fingerprint
  }
}
