// autointerp
// `NeuronProjector` computes which tokens a neuron promotes and which tokens' embeddings it reads.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// The projections of one neuron on the vocabulary.
package struct NeuronProjection: Sendable {
  package var layer: Int
  package var index: Int
  /// What one unit of positive activation adds to the logits directly, before the final norm divides by the rms of the
  /// whole stream. A negative activation swaps highest and lowest.
  package var output: DirectionProjection
  /// The gate's pre-activation if the residual stream were only the token's embedding. Meaningful for the first layers.
  package var gate: DirectionProjection
  /// The same for the up projection.
  package var up: DirectionProjection
}

/// Projects neurons of a model on its vocabulary.
package struct NeuronProjector<Backend: ComputeBackend>: Sendable {
  private let transformer: Transformer<Backend>
  private let backend: Backend
  private let unembedding: VocabularyTable<Backend>
  private let embedding: VocabularyTable<Backend>

  /// `appliesFinalGain`: true if directions pass the final norm's gain before the unembedding, as in the model.
  package init(_ transformer: Transformer<Backend>, backend: Backend, appliesFinalGain: Bool) {
    self.transformer = transformer
    self.backend = backend
    unembedding = VocabularyTable(
      transformer.unembedding, backend: backend, gain: appliesFinalGain ? transformer.outputGain : nil,
      normsRows: false)
    embedding = VocabularyTable(
      transformer.embedding, backend: backend, gain: nil, normsRows: true,
      epsilon: transformer.configuration.rmsEpsilon)
  }

  /// The largest |z| to expect by chance somewhere in the vocabulary, about `sqrt(2 ln 2V)` for independent tokens.
  /// Smaller values are noise.
  package var chanceZScore: Float {
    Float((2 * log(2 * Double(transformer.configuration.vocabularySize))).squareRoot())
  }

  /// Projects neurons of one layer, in the given order.
  ///
  /// - Throws: `InferenceError.neuronOutOfRange`.
  package func project(
    layer: Int, indices: [Int], topCount: Int
  ) throws(InferenceError) -> [NeuronProjection] {
    let c = transformer.configuration
    for index in indices where !(0..<c.layerCount).contains(layer) || !(0..<c.feedForwardDimension).contains(index) {
      throw .neuronOutOfRange(
        layer: layer, index: index, layerCount: c.layerCount, feedForwardDimension: c.feedForwardDimension)
    }
    if indices.isEmpty { return [] }
    let (count, width) = (indices.count, c.modelDimension)
    let weights = transformer.layers[layer]
    func make() -> Region<Backend.Buffer> { Region(backend.makeBuffer(count: count * width), stride: width) }
    let columns = make()
    backend.gatherInputs(
      backend.upload(indices.map { Int32($0) }), count: count, of: weights.down,
      scales: backend.upload([Float](repeating: 1, count: count)), into: columns,
      at: backend.upload(indices.indices.map { Int32($0) }))
    let outputs = unembedding.project(columns, count: count, topCount: topCount)
    func inputs(_ offset: Int) -> [DirectionProjection] {
      let rows = make()
      backend.gatherOutputs(
        backend.upload(indices.map { Int32(offset + $0) }), count: count, of: weights.gateUp, scales: nil, into: rows,
        accumulate: false)
      return embedding.project(rows, count: count, topCount: topCount)
    }
    let (gates, ups) = (inputs(0), inputs(c.feedForwardDimension))
    return indices.indices.map {
      NeuronProjection(layer: layer, index: indices[$0], output: outputs[$0], gate: gates[$0], up: ups[$0])
    }
  }
}
