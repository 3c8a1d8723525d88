// autointerp
// Forward passes in which chosen neurons are set, scaled or shifted.
// SPDX-License-Identifier: Apache-2.0

internal import Checkpoints

/// A change of one neuron at one position or at all of them.
package struct Intervention: Hashable, Sendable {
  package var layer: Int
  package var index: Int
  /// Nil is every position of the prompt.
  package var position: Int?
  package var operation: NeuronEdit.Operation

  package init(layer: Int, index: Int, position: Int? = nil, operation: NeuronEdit.Operation) {
    self.layer = layer
    self.index = index
    self.position = position
    self.operation = operation
  }
}

extension Transformer {
  /// The last position's logits under each set of interventions, all else being the ordinary forward pass.
  ///
  /// Sets on the same prompt run as one batch, and each enters at the lowest layer it touches: below that it is the
  /// traced pass. Edits of a set that hit the same neuron and position apply in order. A set's logits are the same, bit
  /// for bit, in whatever batch it runs. For logits at another position trace the prompt up to there.
  /// - Parameters:
  ///   - sets: one pass each.
  ///   - trace: the prompt's ordinary pass, on the same backend.
  ///   - backend: where to compute.
  ///   - maximumRows: bound on the rows (passes times tokens) in memory at once; one pass may take more.
  /// - Returns: `[V]` logits for each set.
  /// - Throws: `InferenceError` when a neuron or position does not exist, or a logit is not finite.
  package func logits(
    under sets: [[Intervention]], over trace: ForwardTrace<Backend>, on backend: Backend, maximumRows: Int = 1024
  ) throws(InferenceError) -> [[Float]] {
    for intervention in sets.joined() { try check(intervention, tokens: trace.tokens.count) }
    var results = [[Float]](repeating: trace.logits, count: sets.count)
    let order = sets.indices.filter { !sets[$0].isEmpty }.sorted { (lowest(sets[$0]), $0) < (lowest(sets[$1]), $1) }
    let batch = max(1, maximumRows / wholeBlocks(trace.tokens.count, on: backend))
    for start in stride(from: 0, to: order.count, by: batch) {
      let members = order[start..<min(start + batch, order.count)]
      let logits = try run(members.map { sets[$0] }, over: trace, on: backend)
      for (member, values) in zip(members, logits) { results[member] = values }
    }
    return results
  }

  private func lowest(_ set: [Intervention]) -> Int { set.map(\.layer).min() ?? layers.count }

  private func check(_ intervention: Intervention, tokens: Int) throws(InferenceError) {
    let c = configuration
    guard layers.indices.contains(intervention.layer), (0..<c.feedForwardDimension).contains(intervention.index)
    else {
      throw .neuronOutOfRange(
        layer: intervention.layer, index: intervention.index, layerCount: c.layerCount,
        feedForwardDimension: c.feedForwardDimension)
    }
    if let position = intervention.position, !(0..<tokens).contains(position) {
      throw .positionOutOfRange(position: position, tokens: tokens)
    }
  }

  /// Rows to make of `count`, the last of them zeros, so that the backend treats a set alike in every batch.
  private func wholeBlocks(_ count: Int, on backend: Backend) -> Int {
    (count + backend.rowBlock - 1) / backend.rowBlock * backend.rowBlock
  }

  /// Runs sets that are sorted by the layer at which they enter; those under way are the first rows.
  private func run(
    _ sets: [[Intervention]], over trace: ForwardTrace<Backend>, on backend: Backend
  ) throws(InferenceError) -> [[Float]] {
    let c = configuration
    let (tokens, width, neurons) = (trace.tokens.count, c.modelDimension, c.feedForwardDimension)
    let rowsPerSet = wholeBlocks(tokens, on: backend)
    let rows = sets.count * rowsPerSet
    let stream = Region(backend.makeBuffer(count: rows * width), stride: width)
    let activations = Region(backend.makeBuffer(count: rows * neurons), stride: neurons)
    let scratch = LayerScratch(configuration: c, rows: rows, backend: backend)
    let rotation = Rotation(
      configuration: c, positions: Array(repeating: Array(0..<rowsPerSet), count: sets.count), backend: backend)
    let layout = attentionLayout(tokenCount: tokens)
    let coefficients = c.headCount * tokens * tokens
    let attention = Region(backend.makeBuffer(count: sets.count * coefficients), stride: tokens)
    let segments = sets.indices.map {
      AttentionSegment(firstRow: $0 * rowsPerSet, rowCount: tokens, attentionOffset: $0 * coefficients)
    }
    var entered = 0
    for l in layers.indices {
      let carried = entered * rowsPerSet
      if entered > 0 {
        attend(
          l, stream, rows: carried, rotation: rotation, segments: Array(segments[..<entered]), layout: layout,
          attention: attention, scratch: scratch, on: backend)
        activate(
          l, stream, rows: carried, into: activations, factors: nil, inverse: nil, scratch: scratch, on: backend)
      }
      while entered < sets.count, lowest(sets[entered]) == l {
        backend.copy(
          trace.layers[l].middle, rows: tokens, columns: width, into: stream.at(row: entered * rowsPerSet))
        backend.copy(
          trace.layers[l].activations, rows: tokens, columns: neurons,
          into: activations.at(row: entered * rowsPerSet))
        entered += 1
      }
      if entered == 0 { continue }
      backend.edit(activations, edits(of: sets[..<entered], layer: l, tokens: tokens, rowsPerSet: rowsPerSet))
      backend.multiplyTransposed(
        activations, rows: entered * rowsPerSet, by: layers[l].down, outputs: 0..<width, into: stream, accumulate: true)
    }
    // One by one, as in the forward pass: in a product of several rows a row's bits depend on its place.
    var results: [[Float]] = []
    for number in sets.indices {
      results.append(try readLogits(stream.at(row: number * rowsPerSet + tokens - 1), on: backend).logits)
    }
    return results
  }

  private func edits(
    of sets: ArraySlice<[Intervention]>, layer: Int, tokens: Int, rowsPerSet: Int
  ) -> [NeuronEdit] {
    sets.enumerated().flatMap { number, set in
      set.filter { $0.layer == layer }.flatMap { intervention in
        (intervention.position.map { $0..<$0 + 1 } ?? 0..<tokens).map { position in
          NeuronEdit(
            row: number * rowsPerSet + position, index: intervention.index, operation: intervention.operation)
        }
      }
    }
  }
}
