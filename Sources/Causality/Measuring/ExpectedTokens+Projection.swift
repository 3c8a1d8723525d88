// autointerp
// `ExpectedTokens` are read here off the projection of a neuron on the vocabulary.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
package import Inference

extension ExpectedTokens {
  /// What single neurons promote by their weights: the `count` tokens of the output projection's ends.
  ///
  /// Sets of several neurons are left out, because their weights alone do not say how they combine.
  package static func projected<Backend: ComputeBackend>(
    _ sets: [NeuronSet], transformer: Transformer<Backend>, on backend: Backend, count: Int
  ) throws(CausalityError) -> [NeuronSet: ExpectedTokens] {
    let neurons = Set(sets.compactMap(\.single))
    if neurons.isEmpty || count == 0 { return [:] }
    let projector = NeuronProjector(transformer, backend: backend, appliesFinalGain: true)
    var result: [NeuronSet: ExpectedTokens] = [:]
    for layer in Set(neurons.map(\.layer)).sorted() {
      let indices = neurons.filter { $0.layer == layer }.map { Int($0.index) }.sorted()
      do throws(InferenceError) {
        for projection in try projector.project(layer: Int(layer), indices: indices, topCount: count) {
          result[NeuronSet([NeuronID(layer: projection.layer, index: projection.index)])] = ExpectedTokens(
            rising: projection.output.highest.map(\.token), falling: projection.output.lowest.map(\.token))
        }
      } catch {
        throw .inference(error)
      }
    }
    return result
  }
}
