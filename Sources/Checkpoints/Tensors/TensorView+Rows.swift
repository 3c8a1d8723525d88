// autointerp
// `TensorView.copyRows` reads rows of a stored tensor as Float32.
// SPDX-License-Identifier: Apache-2.0

extension TensorView {
  /// The bytes of one stored row.
  package var rowBytes: Int { columnCount / elementType.blockElements * elementType.blockBytes }

  /// Writes rows as Float32, in plain order (see `interleavedHeadCount`).
  ///
  /// The values equal ggml's reference dequantisation bit for bit. Many threads may call this at once.
  ///
  /// - Parameters:
  ///   - rows: which rows; within `0..<rowCount`.
  ///   - destination: `[rows.count, columnCount]`, row-major, Float32. It is overwritten and need not be initialised.
  package func copyRows(_ rows: Range<Int>, into destination: UnsafeMutablePointer<Float>) {
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= rowCount, "\(name): rows \(rows) of \(rowCount)")
    guard !rows.isEmpty, let base = bytes.baseAddress else { return }
    let blocksPerRow = columnCount / elementType.blockElements
    guard interleavedHeadCount != nil else {
      let source = base + rows.lowerBound * rowBytes
      elementType.dequantize(source, blockCount: rows.count * blocksPerRow, into: destination)
      return
    }
    var target = destination
    for row in rows {
      elementType.dequantize(base + storedRow(of: row) * rowBytes, blockCount: blocksPerRow, into: target)
      target += columnCount
    }
  }

  /// Returns all rows as an array, `[rowCount, columnCount]` row-major.
  package func floats() -> [Float] {
    [Float](unsafeUninitializedCapacity: rowCount * columnCount) { buffer, count in
      if let base = buffer.baseAddress { copyRows(0..<rowCount, into: base) }
      count = rowCount * columnCount
    }
  }

  /// Returns the place of a row in the file.
  ///
  /// The rotation pairs row `i` of a head with row `i + d/2`. GGUF's llama models store this pair at `2i` and `2i +
  /// 1`.
  func storedRow(of row: Int) -> Int {
    guard let headCount = interleavedHeadCount else { return row }
    let headDimension = rowCount / headCount
    let (head, within) = row.quotientAndRemainder(dividingBy: headDimension)
    let half = headDimension / 2
    let stored = within < half ? 2 * within : 2 * (within - half) + 1
    return head * headDimension + stored
  }
}
