// autointerp
// `Transformer.logits(masks:)` computes a prompt with all neurons outside of a circuit set to reference values.
// SPDX-License-Identifier: Apache-2.0

extension Transformer {
  /// The last position's logits under each mask: where a mask says so, neurons have their reference values, in every
  /// layer; everything else answers to that.
  ///
  /// Masks run as a batch; a mask's logits have the same bits in any batch.
  /// - Parameters:
  ///   - masks: one pass each.
  ///   - reference: `[tokens * F]` values for each layer.
  ///   - trace: the ordinary pass of the prompt, on the same backend.
  ///   - backend: where to compute.
  ///   - maximumRows: bounds the rows in memory.
  /// - Returns: `[V]` logits for each mask.
  /// - Throws: `InferenceError.notFinite`.
  package func logits(
    masks: [NeuronMask], reference: [[Float]], over trace: ForwardTrace<Backend>, on backend: Backend,
    maximumRows: Int = 768
  ) throws(InferenceError) -> [[Float]] {
    let neurons = configuration.feedForwardDimension
    precondition(reference.count == layers.count, "reference values are needed for each layer")
    let values = reference.map { layer in
      precondition(layer.count == trace.tokens.count * neurons, "reference values are needed for each token")
      return Region(backend.upload(layer), stride: neurons)
    }
    var results: [[Float]] = []
    var start = 0
    while start < masks.count {
      var (firsts, end) = ([Int](), 0)
      while start + firsts.count < masks.count {
        let first = backend.rowPlaces.first(for: trace.tokens.count, from: end)
        if !firsts.isEmpty, first + trace.tokens.count > maximumRows { break }
        firsts.append(first)
        end = first + trace.tokens.count
      }
      let batch = Array(masks[start..<start + firsts.count])
      let rows = run(batch, at: firsts, values: values, over: trace, on: backend)
      forEachLogits(ofRows: rows, count: batch.count, on: backend) { results.append(Array($1)) }
      start += batch.count
    }
    guard results.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { throw .notFinite(what: "a logit") }
    return results
  }

  /// Returns the last row of the final stream for each mask.
  private func run(
    _ masks: [NeuronMask], at firsts: [Int], values: [Region<Backend.Buffer>], over trace: ForwardTrace<Backend>,
    on backend: Backend
  ) -> Region<Backend.Buffer> {
    let c = configuration
    let (tokens, width, neurons) = (trace.tokens.count, c.modelDimension, c.feedForwardDimension)
    let capacity = wholeBlocks((firsts.last ?? 0) + tokens, on: backend)
    let stream = Region(backend.makeBuffer(count: capacity * width), stride: width)
    let live = Region(backend.makeBuffer(count: capacity * neurons), stride: neurons)
    let mixed = Region(backend.makeBuffer(count: capacity * neurons), stride: neurons)
    let scratch = LayerScratch(configuration: c, rows: capacity, backend: backend)
    let segments = firsts.map { CachedSegment(firstRow: $0, rowCount: tokens, position: 0) }
    var positions = [Int](repeating: 0, count: capacity)
    for first in firsts {
      for row in 0..<tokens { positions[first + row] = row }
    }
    let rotation = Rotation(configuration: c, positions: [positions], backend: backend)
    let layout = attentionLayout(tokenCount: tokens)
    for l in layers.indices {
      if l == 0 {
        for first in firsts {
          backend.copy(trace.layers[0].middle, rows: tokens, columns: width, into: stream.at(row: first))
          backend.copy(trace.layers[0].activations, rows: tokens, columns: neurons, into: live.at(row: first))
        }
      } else {
        project(l, stream, rows: capacity, rotation: rotation, scratch: scratch, on: backend)
        // No token comes before the first one: nothing is read of the trace's keys and values.
        backend.attend(
          scratch.queryKeyValue, over: trace.layers[l].projections, scale: attentionScale, segments: segments,
          layout: layout, into: scratch.mixed)
        backend.multiplyTransposed(
          scratch.mixed, rows: capacity, by: layers[l].attentionOutput, outputs: 0..<width, into: stream,
          accumulate: true)
        activate(
          l, stream, rows: capacity, into: live, derivatives: nil, inverse: nil, scratch: scratch, on: backend)
      }
      for (mask, first) in zip(masks, firsts) {
        apply(
          mask, layer: l, live: live.at(row: first), reference: values[l], into: mixed.at(row: first), tokens: tokens,
          on: backend)
      }
      backend.multiplyTransposed(
        mixed, rows: capacity, by: layers[l].down, outputs: 0..<width, into: stream, accumulate: true)
    }
    let results = Region(backend.makeBuffer(count: max(1, masks.count) * width), stride: width)
    for (i, first) in firsts.enumerated() {
      backend.copy(stream.at(row: first + tokens - 1), rows: 1, columns: width, into: results.at(row: i))
    }
    return results
  }

  /// Writes the rows of one mask: live values or reference values.
  private func apply(
    _ mask: NeuronMask, layer: Int, live: Region<Backend.Buffer>, reference: Region<Backend.Buffer>,
    into target: Region<Backend.Buffer>, tokens: Int, on backend: Backend
  ) {
    let neurons = configuration.feedForwardDimension
    let (rest, listed) = mask.rest == .live ? (live, reference) : (reference, live)
    backend.copy(rest, rows: tokens, columns: neurons, into: target)
    for place in mask.listed[layer] ?? [] {
      backend.copy(
        listed.at(row: place.position, column: place.index), rows: 1, columns: 1,
        into: target.at(row: place.position, column: place.index))
    }
    for position in mask.livePositions {
      backend.copy(live.at(row: position), rows: 1, columns: neurons, into: target.at(row: position))
    }
  }
}
