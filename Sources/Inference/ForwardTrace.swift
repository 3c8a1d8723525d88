// autointerp
// What the linearised passes need of one forward pass.
// SPDX-License-Identifier: Apache-2.0

internal import Checkpoints

/// The frozen quantities of one prompt. Rows are token positions; regions hold `rowCapacity` rows, zeros past the last
/// token, so that products run on a multiple of four rows, as the kernels do.
package struct ForwardTrace<Backend: ComputeBackend>: Sendable {
  package struct Layer: Sendable {
    /// `[H, tokens, tokens]`: attention probabilities times each key's inverse rms before attention.
    package var attention: Region<Backend.Buffer>
    /// `[rows, D]`: residual stream between attention and MLP.
    package var middle: Region<Backend.Buffer>
    /// `[rows]`: inverse rms of `middle`.
    package var inverse: Region<Backend.Buffer>
    /// `[rows, F]`: the neurons.
    package var activations: Region<Backend.Buffer>
    /// `[rows, 2F]`: `dh/dgate`, then `dh/dup`.
    package var factors: Region<Backend.Buffer>
    /// `[rows, D]`: what the MLP adds to the residual stream.
    package var update: Region<Backend.Buffer>
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

extension ForwardTrace {
  /// Memory for the layers of a pass, zeros: a layer is a part of a few buffers.
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
    return (0..<configuration.layerCount).map { l in
      Layer(
        attention: attention.at(row: l * configuration.headCount * tokens), middle: middle.at(row: l * rows),
        inverse: inverse.at(row: l * rows), activations: activations.at(row: l * rows),
        factors: factors.at(row: l * rows), update: update.at(row: l * rows))
    }
  }
}
