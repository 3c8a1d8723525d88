// autointerp
// `DonorActivations` holds the neurons of one prompt, from which values are taken for another.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import Inference

/// The neurons of another prompt, from which values are taken.
///
/// Positions are matched from the end, because that is where prompts of one template agree, and the first position with
/// the first one.
package struct DonorActivations: Sendable {
  private let width: Int
  private let tokens: Int
  /// `[layers][tokens * F]`
  private let layers: [[Float]]

  package init<Backend: ComputeBackend>(
    of prompt: [Int32], transformer: Transformer<Backend>, on backend: Backend
  ) throws(CausalityError) {
    let trace = try InterventionRunner.trace(prompt, transformer: transformer, on: backend)
    let width = transformer.configuration.feedForwardDimension
    self.width = width
    tokens = prompt.count
    layers = trace.layers.map { backend.download($0.activations, rows: prompt.count, columns: width) }
  }

  /// The donor's value for a position of a prompt of `tokens` tokens.
  package func value(of neuron: NeuronID, position: Int, tokens count: Int) -> Float {
    let place = position == 0 ? 0 : min(max(position + tokens - count, min(1, tokens - 1)), tokens - 1)
    return layers[Int(neuron.layer)][place * width + Int(neuron.index)]
  }
}
