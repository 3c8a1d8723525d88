// autointerp
// `ForwardTrace` holds what one forward pass leaves for the linearised passes: frozen attention, norms and activations.
// SPDX-License-Identifier: Apache-2.0

internal import Checkpoints

/// The frozen quantities of one prompt. Rows are token positions. Regions hold `rowCapacity` rows, with zeros after the
/// last token, because the kernels work on multiples of four rows.
package struct ForwardTrace<Backend: ComputeBackend>: Sendable {
  package struct Layer: Sendable {
    /// `[H, tokens, tokens]`: attention probabilities times the inverse rms of each key before attention.
    package var attention: Region<Backend.Buffer>
    /// `[rows]`: the inverse rms before attention.
    package var attentionInverse: Region<Backend.Buffer>
    /// `[rows, (H + 2K) d]`: queries and keys as attention multiplied them, and values.
    package var projections: Region<Backend.Buffer>
    /// `[rows, (H + K) d]`: queries and keys before the norms of each head. Nil for models without these norms.
    package var unnormedHeads: Region<Backend.Buffer>?
    /// `[rows, D]`: the residual stream between attention and MLP.
    package var middle: Region<Backend.Buffer>
    /// `[rows]`: the inverse rms of `middle`.
    package var inverse: Region<Backend.Buffer>
    /// `[rows, F]`: the neurons.
    package var activations: Region<Backend.Buffer>
    /// What the backward passes need about the neurons: RelP's factors and the slope of silu.
    package var derivatives: GateDerivatives<Backend.Buffer>
    /// `[rows, D]`: what the MLP adds to the residual stream.
    package var update: Region<Backend.Buffer>

    /// `[rows, 2F]`: `dh/dgate`, then `dh/dup`, as RelP has them.
    package var factors: Region<Backend.Buffer> { derivatives.factors }
  }

  package var tokens: [Int32]
  package var rowCapacity: Int
  /// `[rows, D]`
  package var embeddings: Region<Backend.Buffer>
  package var layers: [Layer]
  /// The inverse rms of the residual stream after the last layer, at the last position.
  package var finalInverse: Float
  /// `[V]`, at the last position.
  package var logits: [Float]
}

extension ForwardTrace {
  /// Allocates the layers of a pass, filled with zeros. Each layer is a part of a few buffers.
  static func layers(
    of configuration: ModelConfiguration, tokens: Int, rows: Int, on backend: Backend
  ) -> [Layer] {
    func make(_ rows: Int, _ columns: Int) -> Region<Backend.Buffer> {
      Region(backend.makeScratch(count: configuration.layerCount * rows * columns), stride: columns)
    }
    let attention = make(configuration.headCount * tokens, tokens)
    let (middle, update) = (make(rows, configuration.modelDimension), make(rows, configuration.modelDimension))
    let inverse = make(rows, 1)
    let activations = make(rows, configuration.feedForwardDimension)
    let factors = make(rows, 2 * configuration.feedForwardDimension)
    let slope = make(rows, configuration.feedForwardDimension)
    let attentionInverse = make(rows, 1)
    let (queries, keys) = (
      configuration.headCount * configuration.headDimension,
      configuration.keyValueHeadCount * configuration.headDimension
    )
    let projections = make(rows, queries + 2 * keys)
    let unnormed = configuration.architecture == .qwen3 ? make(rows, queries + keys) : nil
    return (0..<configuration.layerCount).map { l in
      Layer(
        attention: attention.at(row: l * configuration.headCount * tokens),
        attentionInverse: attentionInverse.at(row: l * rows), projections: projections.at(row: l * rows),
        unnormedHeads: unnormed?.at(row: l * rows), middle: middle.at(row: l * rows),
        inverse: inverse.at(row: l * rows), activations: activations.at(row: l * rows),
        derivatives: GateDerivatives(factors: factors.at(row: l * rows), slope: slope.at(row: l * rows)),
        update: update.at(row: l * rows))
    }
  }
}
