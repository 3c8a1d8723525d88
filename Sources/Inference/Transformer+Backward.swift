// autointerp
// `AttentionBackward` carries true gradients through a layer's attention back to the residual stream.
// SPDX-License-Identifier: Apache-2.0

/// Carries true gradients through the attention of a traced prompt, layer by layer.
package struct AttentionBackward<Backend: ComputeBackend> {
  private let transformer: Transformer<Backend>
  private let trace: ForwardTrace<Backend>
  private let backend: Backend
  private let rotation: Rotation<Backend>
  /// `[rows, (H + 2K) d]`. Rows past the last token stay zero.
  private let projections: Region<Backend.Buffer>
  /// `[rows, D]`
  private let normed: Region<Backend.Buffer>
  private let input: Region<Backend.Buffer>

  package init(_ transformer: Transformer<Backend>, trace: ForwardTrace<Backend>, on backend: Backend) {
    self.transformer = transformer
    self.trace = trace
    self.backend = backend
    let c = transformer.configuration
    let columns = transformer.valueRows.upperBound
    rotation = Rotation(
      configuration: c, positions: [Array(0..<trace.rowCapacity)], isReversed: true, backend: backend)
    projections = Region(backend.makeBuffer(count: trace.rowCapacity * columns), stride: columns)
    normed = Region(backend.makeScratch(count: trace.rowCapacity * c.modelDimension), stride: c.modelDimension)
    input = Region(backend.makeScratch(count: trace.rowCapacity * c.modelDimension), stride: c.modelDimension)
  }

  /// `stream += dx_l`, for the cotangent `mixed[rows, H d]` of what the heads of layer `l` mixed. It goes through the
  /// probabilities and values, through the rotation and head norms of queries and keys, and through the norm.
  package func apply(_ l: Int, mixed: Region<Backend.Buffer>, into stream: Region<Backend.Buffer>) {
    let c = transformer.configuration
    let (rows, tokens) = (trace.rowCapacity, trace.tokens.count)
    let (layer, weights) = (trace.layers[l], transformer.layers[l])
    backend.attentionBackward(
      mixed, projections: layer.projections, attention: layer.attention, keyScales: layer.attentionInverse,
      scale: transformer.attentionScale, count: tokens, layout: transformer.attentionLayout(tokenCount: tokens),
      into: projections)
    for (column, count, norm) in [
      (0, c.headCount, weights.headNorms?.query),
      (transformer.keyColumn, c.keyValueHeadCount, weights.headNorms?.key),
    ] {
      let heads = projections.at(column: column)
      backend.rotate(
        heads, rows: rows, headCount: count, headDimension: c.headDimension, table: rotation.table,
        positions: rotation.positions)
      guard let norm, let unnormed = layer.unnormedHeads else { continue }
      for h in 0..<count {
        let head = heads.at(column: h * c.headDimension)
        backend.normalizeBackward(
          head, of: unnormed.at(column: column + h * c.headDimension), rows: rows, columns: c.headDimension,
          epsilon: c.rmsEpsilon, gain: norm, into: head, accumulate: false)
      }
    }
    backend.multiply(
      projections, rows: rows, by: weights.queryKeyValue, outputs: 0..<weights.queryKeyValue.outputCount,
      into: normed, accumulate: false)
    trace.copyStream(before: l, on: backend, into: input)
    backend.normalizeBackward(
      normed, of: input, rows: rows, columns: c.modelDimension, epsilon: c.rmsEpsilon, gain: nil, into: stream,
      accumulate: true)
  }
}

extension ForwardTrace {
  /// Writes the residual stream `[rows, D]` before layer `l`. The number of layers stands for the final stream.
  package func copyStream(before l: Int, on backend: Backend, into x: Region<Backend.Buffer>) {
    copyStream(before: l, rows: 0..<rowCapacity, on: backend, into: x)
  }

  /// The same for some rows.
  package func copyStream(before l: Int, rows: Range<Int>, on backend: Backend, into x: Region<Backend.Buffer>) {
    let width = embeddings.stride
    guard l > 0 else {
      backend.copy(embeddings.at(row: rows.lowerBound), rows: rows.count, columns: width, into: x)
      return
    }
    backend.copy(layers[l - 1].middle.at(row: rows.lowerBound), rows: rows.count, columns: width, into: x)
    backend.add(layers[l - 1].update.at(row: rows.lowerBound), rows: rows.count, columns: width, into: x)
  }
}
