// autointerp
// `Transformer.logits` computes the logits of a prompt with chosen neurons set, scaled or shifted.
// SPDX-License-Identifier: Apache-2.0

internal import Checkpoints

/// A change of one neuron, at one position or at all positions.
package struct Intervention: Hashable, Sendable {
  package var layer: Int
  package var index: Int
  /// Nil means every position of the prompt.
  package var position: Int?
  package var operation: NeuronEdit.Operation

  package init(layer: Int, index: Int, position: Int? = nil, operation: NeuronEdit.Operation) {
    self.layer = layer
    self.index = index
    self.position = position
    self.operation = operation
  }
}

// A set of interventions on one prompt.
//
// It enters at the lowest layer and the first position that it touches: everything before is the prompt's own pass, which
// all sets share. From there on its rows are part of one matrix with those of the other sets, and attend over the clean
// keys and values of the earlier positions. Of the last layer that is computed only the last position's row is needed after
// attention, because no other is read.

extension Transformer {
  /// Returns the last position's logits under each set of interventions. Apart from these, the pass is the ordinary
  /// one.
  ///
  /// If several edits of a set hit the same neuron and position, they apply in order. A set's logits are the same, bit for
  /// bit, in any batch. For logits at another position, trace the prompt up to that position.
  /// - Parameters:
  ///   - sets: one pass each; an empty set gives the trace's own logits.
  ///   - trace: the ordinary pass of the prompt, on the same backend.
  ///   - backend: where to compute.
  ///   - maximumRows: bounds the rows in memory; a single pass may take more.
  /// - Returns: `[V]` logits for each set.
  /// - Throws: `InferenceError` if a neuron or position does not exist, or a logit is not finite.
  package func logits(
    under sets: [[Intervention]], over trace: ForwardTrace<Backend>, on backend: Backend, maximumRows: Int = 1536
  ) throws(InferenceError) -> [[Float]] {
    let rows = try lastRows(under: sets, over: trace, on: backend, maximumRows: maximumRows)
    var results = [[Float]](repeating: trace.logits, count: sets.count)
    forEachLogits(ofRows: rows, count: sets.count, on: backend) { number, logits in
      if !sets[number].isEmpty { results[number] = Array(logits) }
    }
    guard results.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { throw .notFinite(what: "a logit") }
    return results
  }

  /// The last position's row of the residual stream before layer `depth` under each set of interventions, `[sets, D]`.
  ///
  /// The same as `logits` otherwise. An empty set, and one that touches no layer below `depth`, gives the row of the trace.
  /// - Parameters:
  ///   - sets: one pass each.
  ///   - trace: the ordinary pass of the prompt, on the same backend.
  ///   - depth: the layer before which the stream is read. Nil means the final stream.
  ///   - backend: where to compute.
  ///   - maximumRows: bounds the rows in memory; a single pass may take more.
  /// - Returns: a row for each set, in their order.
  /// - Throws: `InferenceError` if a neuron or position does not exist.
  package func lastRows(
    under sets: [[Intervention]], over trace: ForwardTrace<Backend>, depth: Int? = nil, on backend: Backend,
    maximumRows: Int = 1536
  ) throws(InferenceError) -> Region<Backend.Buffer> {
    let (tokens, depth) = (trace.tokens.count, depth ?? layers.count)
    for intervention in sets.joined() { try check(intervention, tokens: tokens) }
    let width = configuration.modelDimension
    let results = Region(backend.makeBuffer(count: max(1, sets.count) * width), stride: width)
    var passes: [ChangedPass] = []
    for (place, set) in sets.enumerated() {
      if let layer = set.map(\.layer).min(), layer < depth {
        passes.append(ChangedPass(set, place: place))
      } else {
        trace.copyStream(before: depth, rows: tokens - 1..<tokens, on: backend, into: results.at(row: place))
      }
    }
    passes.sort { ($0.layer, $0.position, $0.place) < ($1.layer, $1.position, $1.place) }
    var batch = ChangedRows(tokens: tokens, depth: depth, places: backend.rowPlaces)
    for pass in passes {
      if !batch.passes.isEmpty, batch.rowCount(adding: pass) > maximumRows {
        run(batch, over: trace, on: backend, into: results)
        batch = ChangedRows(tokens: tokens, depth: depth, places: backend.rowPlaces)
      }
      batch.append(pass)
    }
    if !batch.passes.isEmpty { run(batch, over: trace, on: backend, into: results) }
    return results
  }

  private func check(_ intervention: Intervention, tokens: Int) throws(InferenceError) {
    try check(layer: intervention.layer, index: intervention.index)
    if let position = intervention.position, !(0..<tokens).contains(position) {
      throw .positionOutOfRange(position: position, tokens: tokens)
    }
  }

  /// - Throws: `InferenceError.neuronOutOfRange` if the model has no such neuron.
  package func check(layer: Int, index: Int) throws(InferenceError) {
    let c = configuration
    guard layers.indices.contains(layer), (0..<c.feedForwardDimension).contains(index) else {
      throw .neuronOutOfRange(
        layer: layer, index: index, layerCount: c.layerCount, feedForwardDimension: c.feedForwardDimension)
    }
  }

  /// Rounds `count` up to whole blocks of rows (the rest are zeros), so that a set gets the same bits in every batch.
  func wholeBlocks(_ count: Int, on backend: Backend) -> Int {
    (count + backend.rowBlock - 1) / backend.rowBlock * backend.rowBlock
  }

  /// Computes the passes of a batch and writes each one's last row to its place in `results`.
  private func run(
    _ batch: ChangedRows, over trace: ForwardTrace<Backend>, on backend: Backend, into results: Region<Backend.Buffer>
  ) {
    let c = configuration
    let (tokens, width, neurons, top) = (trace.tokens.count, c.modelDimension, c.feedForwardDimension, batch.depth - 1)
    let (passes, segments) = (batch.passes, batch.segments)
    let capacity = wholeBlocks(batch.end, on: backend)
    // Rows of passes that have not joined, and those between the passes, are zero in every layer.
    let stream = Region(backend.makeBuffer(count: capacity * width), stride: width)
    let activations = Region(backend.makeBuffer(count: capacity * neurons), stride: neurons)
    let scratch = LayerScratch(configuration: c, rows: capacity, backend: backend)
    var positions = [Int](repeating: 0, count: capacity)
    for segment in segments {
      for row in 0..<segment.rowCount { positions[segment.firstRow + row] = segment.position + row }
    }
    let rotation = Rotation(configuration: c, positions: [positions], backend: backend)
    let layout = attentionLayout(tokenCount: tokens)
    var joined = 0
    /// Attention of the passes that have joined: the mixed values are in `scratch.mixed`. Returns their rows.
    func attend(_ l: Int) -> Int {
      let rows = wholeBlocks(segments[joined - 1].firstRow + segments[joined - 1].rowCount, on: backend)
      project(l, stream, rows: rows, rotation: rotation, scratch: scratch, on: backend)
      backend.attend(
        scratch.queryKeyValue, over: trace.layers[l].projections, scale: attentionScale,
        segments: Array(segments[..<joined]), layout: layout, into: scratch.mixed)
      return rows
    }
    for l in passes[0].layer..<max(passes[0].layer, top) {
      if joined > 0 {
        let rows = attend(l)
        backend.multiplyTransposed(
          scratch.mixed, rows: rows, by: layers[l].attentionOutput, outputs: 0..<width, into: stream, accumulate: true)
        activate(
          l, stream, rows: rows, into: activations, derivatives: nil, inverse: nil, scratch: scratch, on: backend)
      }
      while joined < segments.count, passes[joined].layer == l {
        let (row, first) = (segments[joined].firstRow, segments[joined].position)
        backend.copy(
          trace.layers[l].middle.at(row: first), rows: tokens - first, columns: width, into: stream.at(row: row))
        backend.copy(
          trace.layers[l].activations.at(row: first), rows: tokens - first, columns: neurons,
          into: activations.at(row: row))
        joined += 1
      }
      if joined == 0 { continue }
      backend.edit(activations, (0..<joined).flatMap { batch.edits(of: $0, layer: l) })
      let last = segments[joined - 1]
      backend.multiplyTransposed(
        activations, rows: wholeBlocks(last.firstRow + last.rowCount, on: backend), by: layers[l].down,
        outputs: 0..<width, into: stream, accumulate: true)
    }
    finish(batch, over: trace, on: backend, into: results) { mixed, last in
      if joined == 0 { return }
      _ = attend(top)
      for (segment, row) in zip(segments, batch.lastRows) {
        let source = segment.firstRow + segment.rowCount - 1
        backend.copy(scratch.mixed.at(row: source), rows: 1, columns: scratch.mixed.stride, into: mixed.at(row: row))
        backend.copy(stream.at(row: source), rows: 1, columns: width, into: last.at(row: row))
      }
    }
  }

  /// The last layer below `depth`, for the last position's rows only. `fill` writes the mixed values and the stream of passes that have
  /// entered before; the others enter here.
  private func finish(
    _ batch: ChangedRows, over trace: ForwardTrace<Backend>, on backend: Backend, into results: Region<Backend.Buffer>,
    fill: (_ mixed: Region<Backend.Buffer>, _ stream: Region<Backend.Buffer>) -> Void
  ) {
    let c = configuration
    let (width, neurons, top) = (c.modelDimension, c.feedForwardDimension, batch.depth - 1)
    let last = trace.tokens.count - 1
    let rows = wholeBlocks((batch.lastRows.last ?? 0) + 1, on: backend)
    let stream = Region(backend.makeBuffer(count: rows * width), stride: width)
    let activations = Region(backend.makeBuffer(count: rows * neurons), stride: neurons)
    let scratch = LayerScratch(configuration: c, rows: rows, backend: backend)
    fill(scratch.mixed, stream)
    if !batch.segments.isEmpty {
      backend.multiplyTransposed(
        scratch.mixed, rows: rows, by: layers[top].attentionOutput, outputs: 0..<width, into: stream, accumulate: true)
      activate(
        top, stream, rows: rows, into: activations, derivatives: nil, inverse: nil, scratch: scratch, on: backend)
    }
    for row in batch.lastRows[batch.segments.count...] {
      backend.copy(trace.layers[top].middle.at(row: last), rows: 1, columns: width, into: stream.at(row: row))
      backend.copy(
        trace.layers[top].activations.at(row: last), rows: 1, columns: neurons, into: activations.at(row: row))
    }
    backend.edit(activations, batch.passes.indices.flatMap { batch.lastEdits(of: $0, layer: top) })
    backend.multiplyTransposed(
      activations, rows: rows, by: layers[top].down, outputs: 0..<width, into: stream, accumulate: true)
    for (pass, row) in zip(batch.passes, batch.lastRows) {
      backend.copy(stream.at(row: row), rows: 1, columns: width, into: results.at(row: pass.place))
    }
  }
}
