// autointerp
// What the linearised passes need of one forward pass.
// SPDX-License-Identifier: Apache-2.0

/// The frozen quantities of one prompt. Rows are token positions; buffers hold `rowCapacity` rows, zeros past the last
/// token, so that products run on a multiple of four rows, as the kernels do.
package struct ForwardTrace<Backend: ComputeBackend>: Sendable {
  package struct Layer: Sendable {
    /// `[H, tokens, tokens]`: attention probabilities times each key's inverse rms before attention.
    package var attention: Backend.Buffer
    /// `[rows, D]`: residual stream between attention and MLP.
    package var middle: Backend.Buffer
    /// `[rows]`: inverse rms of `middle`.
    package var inverse: Backend.Buffer
    /// `[rows, F]`: the neurons.
    package var activations: Backend.Buffer
    /// `[rows, 2F]`: `dh/dgate`, then `dh/dup`.
    package var factors: Backend.Buffer
    /// `[rows, D]`: what the MLP adds to the residual stream.
    package var update: Backend.Buffer
  }

  package var tokens: [Int32]
  package var rowCapacity: Int
  /// `[rows, D]`
  package var embeddings: Region<Backend.Buffer>
  package var layers: [Layer]
  /// Inverse rms of the residual stream after the last layer, at the last position.
  package var finalInverse: Float
  /// `[V]`, at the last position.
  package var logits: [Float]
}
