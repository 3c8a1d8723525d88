// autointerp
// `Transformer.values` reads single neurons while lower ones are changed, in full or along the direct path.
// SPDX-License-Identifier: Apache-2.0

extension Transformer {
  /// The values of some neurons under a set of interventions on lower layers.
  ///
  /// - Parameters:
  ///   - places: the neurons to read, in layers above the highest changed one.
  ///   - set: the changes, all in one layer.
  ///   - keepsOtherNeurons: true if all other neurons above keep their values, so that the change travels along the
  ///     residual stream and through attention only, whose patterns and norms answer; false if everything answers.
  ///   - trace: the ordinary pass of the prompt, on the same backend.
  ///   - backend: where to compute.
  /// - Returns: a value for each place.
  /// - Throws: `InferenceError` if a neuron or position does not exist.
  package func values(
    of places: [NeuronPlace], under set: [Intervention], keepsOtherNeurons: Bool, over trace: ForwardTrace<Backend>,
    on backend: Backend
  ) throws(InferenceError) -> [Float] {
    let tokens = trace.tokens.count
    for place in places {
      try check(layer: place.layer, index: place.index)
      guard (0..<tokens).contains(place.position) else {
        throw .positionOutOfRange(position: place.position, tokens: tokens)
      }
    }
    for intervention in set { try check(layer: intervention.layer, index: intervention.index) }
    var results = places.map { trace.value(layer: $0.layer, index: $0.index, position: $0.position, on: backend) }
    guard let entry = set.map(\.layer).min(), let top = places.map(\.layer).max(), top > entry else { return results }
    precondition(set.allSatisfy { $0.layer == entry }, "the changes must be in one layer")
    let first = set.map { $0.position ?? 0 }.min() ?? 0
    guard (0..<tokens).contains(first) else { throw .positionOutOfRange(position: first, tokens: tokens) }
    let c = configuration
    let (count, width, neurons) = (tokens - first, c.modelDimension, c.feedForwardDimension)
    let stream = Region(backend.makeBuffer(count: count * width), stride: width)
    let activations = Region(backend.makeBuffer(count: count * neurons), stride: neurons)
    let scratch = LayerScratch(configuration: c, rows: count, backend: backend)
    let rotation = Rotation(configuration: c, positions: [Array(first..<tokens)], backend: backend)
    let layout = attentionLayout(tokenCount: tokens)
    let segment = CachedSegment(firstRow: 0, rowCount: count, position: first)
    backend.copy(trace.layers[entry].middle.at(row: first), rows: count, columns: width, into: stream)
    backend.copy(trace.layers[entry].activations.at(row: first), rows: count, columns: neurons, into: activations)
    backend.edit(
      activations,
      set.flatMap { intervention in
        (intervention.position.map { $0..<$0 + 1 } ?? 0..<tokens).map {
          NeuronEdit(row: $0 - first, index: intervention.index, operation: intervention.operation)
        }
      })
    backend.multiplyTransposed(
      activations, rows: count, by: layers[entry].down, outputs: 0..<width, into: stream, accumulate: true)
    for l in entry + 1...top {
      project(l, stream, rows: count, rotation: rotation, scratch: scratch, on: backend)
      backend.attend(
        scratch.queryKeyValue, over: trace.layers[l].projections, scale: attentionScale, segments: [segment],
        layout: layout, into: scratch.mixed)
      backend.multiplyTransposed(
        scratch.mixed, rows: count, by: layers[l].attentionOutput, outputs: 0..<width, into: stream, accumulate: true)
      let read = places.indices.filter { places[$0].layer == l && places[$0].position >= first }
      if !read.isEmpty || !keepsOtherNeurons {
        activate(
          l, stream, rows: count, into: activations, derivatives: nil, inverse: nil, scratch: scratch, on: backend)
      }
      for i in read {
        results[i] =
          backend.download(
            activations.at(row: places[i].position - first, column: places[i].index), rows: 1, columns: 1)[0]
      }
      if keepsOtherNeurons {
        backend.add(trace.layers[l].update.at(row: first), rows: count, columns: width, into: stream)
      } else {
        backend.multiplyTransposed(
          activations, rows: count, by: layers[l].down, outputs: 0..<width, into: stream, accumulate: true)
      }
    }
    return results
  }
}
