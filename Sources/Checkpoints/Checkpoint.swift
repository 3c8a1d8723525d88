// autointerp
// `Checkpoint` is a model that was read from disk and checked: its configuration, weights and fingerprint.
// SPDX-License-Identifier: Apache-2.0

/// What a weight does in the model.
package enum WeightRole: Hashable, Sendable {
  case tokenEmbedding
  case outputNorm
  /// The unembedding of an untied model. A tied model uses the token embedding instead.
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

/// A model's configuration and weights. It holds every weight that the configuration requires, in its exact shape.
///
/// Shapes are Hugging Face's `[out, in]`: query `[headCount * headDimension, modelDimension]`, key and value
/// `[keyValueHeadCount * headDimension, modelDimension]`, attentionOutput `[modelDimension, headCount *
/// headDimension]`, gate and up `[feedForwardDimension, modelDimension]`, down `[modelDimension,
/// feedForwardDimension]`, embedding and unembedding `[vocabularySize, modelDimension]`, norms `[1, modelDimension]`
/// (q/k norms `[1, headDimension]`).
package struct Checkpoint: Sendable {
  /// The name shown to people, chosen by `ModelName`.
  package let name: String
  package let configuration: ModelConfiguration
  package let weights: [WeightRole: TensorView]
  /// A hexadecimal digest that differs when the configuration or the weights differ.
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
