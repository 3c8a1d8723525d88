// autointerp
// `Transformer.forEachLogits` computes the logits of rows of the final residual stream.
// SPDX-License-Identifier: Apache-2.0

extension Transformer {
  /// Computes the logits `[V]` of rows of the final residual stream, some at a time, and calls `body(row, logits)` for each
  /// row in order.
  ///
  /// A row's logits have the same bits whatever the other rows are.
  package func forEachLogits(
    ofRows x: Region<Backend.Buffer>, count: Int, on backend: Backend, _ body: (Int, ArraySlice<Float>) -> Void
  ) {
    let c = configuration
    // The places in a product at which a row has the same bits, whatever the other rows are.
    var rows: [Int] = []
    var next = 0
    while rows.count < count {
      let row = backend.rowPlaces.first(for: 1, from: next)
      if row >= Self.logitRows, !rows.isEmpty { break }
      rows.append(row)
      next = row + 1
    }
    let capacity = wholeBlocks(next, on: backend)
    let normed = Region(backend.makeBuffer(count: capacity * c.modelDimension), stride: c.modelDimension)
    let logits = Region(backend.makeScratch(count: capacity * c.vocabularySize), stride: c.vocabularySize)
    for start in stride(from: 0, to: count, by: max(1, rows.count)) {
      let chosen = rows.prefix(count - start)
      for (i, row) in chosen.enumerated() {
        normalizeFinal(x.at(row: start + i), rows: 1, into: normed.at(row: row), on: backend)
      }
      backend.multiplyTransposed(
        normed, rows: capacity, by: unembedding, outputs: 0..<c.vocabularySize, into: logits, accumulate: false)
      for (i, row) in chosen.enumerated() {
        body(start + i, backend.download(logits.at(row: row), rows: 1, columns: c.vocabularySize)[...])
      }
    }
  }

  /// Applies the final norm to rows of the final residual stream.
  package func normalizeFinal(
    _ x: Region<Backend.Buffer>, rows: Int, into y: Region<Backend.Buffer>, on backend: Backend
  ) {
    let c = configuration
    backend.normalize(
      x, rows: rows, columns: c.modelDimension, epsilon: c.rmsEpsilon, gain: outputGainBuffer, into: y, inverse: nil)
  }

  /// How many rows of logits are in memory at once.
  private static var logitRows: Int { 48 }
}
