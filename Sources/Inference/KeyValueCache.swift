// autointerp
// `KeyValueCache` keeps the keys and values of a text's tokens, so that `Transformer.extend` reads on from there.
// SPDX-License-Identifier: Apache-2.0

internal import Checkpoints

/// The keys and values of the tokens that a model has read.
package struct KeyValueCache<Backend: ComputeBackend>: Sendable {
  /// How many tokens have been read.
  package fileprivate(set) var tokenCount = 0
  /// How many tokens there is room for.
  package let capacity: Int
  /// `[capacity, (H + 2K) d]` for each layer: queries, keys and values, as in a trace.
  fileprivate let layers: [Region<Backend.Buffer>]

  /// Makes room for at most `capacity` tokens (at least 1, and no more than the model's context holds).
  package init(_ transformer: Transformer<Backend>, capacity: Int, on backend: Backend) {
    let c = transformer.configuration
    let rows = max(1, min(capacity, c.contextLength))
    let columns = (c.headCount + 2 * c.keyValueHeadCount) * c.headDimension
    self.capacity = rows
    let all = Region(backend.makeScratch(count: c.layerCount * rows * columns), stride: columns)
    layers = (0..<c.layerCount).map { all.at(row: $0 * rows) }
  }
}

extension Transformer {
  /// Reads more tokens of a text and returns the logits `[V]` after the last of them.
  ///
  /// Equal to the last position's logits of a forward pass over the whole text, apart from rounding. Costs only the new
  /// tokens' rows.
  /// - Parameters:
  ///   - cache: of the tokens read so far; grows by the new ones.
  ///   - tokens: the next tokens, at least one.
  ///   - interventions: changes at the new positions; positions count from the start of the text, and nil means all of the
  ///     new ones. Changes at other positions are ignored.
  ///   - backend: the one that the cache was made on.
  /// - Returns: the logits after the last new token.
  /// - Throws: `InferenceError`; `promptTooLong` if the cache is full.
  package func extend(
    _ cache: inout KeyValueCache<Backend>, with tokens: [Int32], interventions: [Intervention] = [],
    on backend: Backend
  ) throws(InferenceError) -> [Float] {
    try check(tokens)
    for intervention in interventions { try check(layer: intervention.layer, index: intervention.index) }
    let (past, count) = (cache.tokenCount, tokens.count)
    guard past + count <= cache.capacity else {
      throw .promptTooLong(tokens: past + count, contextLength: cache.capacity)
    }
    let c = configuration
    let (width, neurons) = (c.modelDimension, c.feedForwardDimension)
    let stream = Region(backend.makeBuffer(count: count * width), stride: width)
    backend.gatherOutputs(
      backend.upload(tokens), count: count, of: embedding, scales: nil, into: stream, accumulate: false)
    let activations = Region(backend.makeScratch(count: count * neurons), stride: neurons)
    let scratch = LayerScratch(configuration: c, rows: count, backend: backend)
    let rotation = Rotation(configuration: c, positions: [Array(past..<past + count)], backend: backend)
    let layout = attentionLayout(tokenCount: past + count)
    let segment = CachedSegment(firstRow: 0, rowCount: count, position: past)
    for l in layers.indices {
      project(l, stream, rows: count, rotation: rotation, scratch: scratch, on: backend)
      backend.attend(
        scratch.queryKeyValue, over: cache.layers[l], scale: attentionScale, segments: [segment], layout: layout,
        into: scratch.mixed)
      backend.copy(
        scratch.queryKeyValue, rows: count, columns: cache.layers[l].stride, into: cache.layers[l].at(row: past))
      backend.multiplyTransposed(
        scratch.mixed, rows: count, by: layers[l].attentionOutput, outputs: 0..<width, into: stream, accumulate: true)
      activate(
        l, stream, rows: count, into: activations, derivatives: nil, inverse: nil, scratch: scratch, on: backend)
      backend.edit(activations, edits(interventions, layer: l, positions: past..<past + count))
      backend.multiplyTransposed(
        activations, rows: count, by: layers[l].down, outputs: 0..<width, into: stream, accumulate: true)
    }
    cache.tokenCount = past + count
    return try readLogits(stream.at(row: count - 1), on: backend).logits
  }

  private func edits(_ interventions: [Intervention], layer: Int, positions: Range<Int>) -> [NeuronEdit] {
    interventions.filter { $0.layer == layer }.flatMap { intervention in
      (intervention.position.map { $0..<$0 + 1 } ?? positions).clamped(to: positions).map {
        NeuronEdit(row: $0 - positions.lowerBound, index: intervention.index, operation: intervention.operation)
      }
    }
  }
}
