// autointerp
// `VocabularyTable` projects directions on the rows of the embedding or unembedding.
// SPDX-License-Identifier: Apache-2.0

/// The embedding or unembedding with its scales: `value(direction, t) = rowScale[t] * dot(direction * gain, table[t])`.
package struct VocabularyTable<Backend: ComputeBackend>: Sendable {
  private let matrix: Backend.Matrix
  private let backend: Backend
  /// `[D]`: multiplied into the directions. Nil means ones.
  private let gain: [Float]?
  /// `[V]`: multiplied into the values. Nil means ones.
  private let rowScales: [Float]?
  /// `[V]`: the norm of `rowScale * gain * table[t]` minus its mean over the vocabulary. This is how much a value
  /// varies around the direction's mean value, over directions of norm `sqrt(D)`.
  private let rowNorms: [Float]

  /// How many rows of the table, or columns of a product, are on the host at once.
  private static var panelRows: Int { 4096 }
  /// How many directions are projected together.
  private static var batch: Int { 256 }

  /// - Parameters:
  ///   - matrix: `[V, D]`
  ///   - backend: where to compute.
  ///   - gain: `[D]`, for the unembedding the final norm's gain; nil means ones.
  ///   - normsRows: divides each row by its rms, as a first norm would.
  ///   - epsilon: the epsilon of that norm.
  package init(_ matrix: Backend.Matrix, backend: Backend, gain: [Float]?, normsRows: Bool, epsilon: Float = 0) {
    self.matrix = matrix
    self.backend = backend
    self.gain = gain
    let width = matrix.inputCount
    let gains = gain ?? [Float](repeating: 1, count: width)
    var scales = [Float](repeating: 1, count: matrix.outputCount)
    var mean = [Double](repeating: 0, count: width)
    Self.forEachRow(of: matrix, on: backend) { t, row in
      if normsRows { scales[t] = 1 / (row.reduce(0) { $0 + $1 * $1 } / Float(width) + epsilon).squareRoot() }
      for c in 0..<width { mean[c] += Double(row[c] * gains[c] * scales[t]) }
    }
    let center = mean.map { Float($0 / Double(matrix.outputCount)) }
    var norms = [Float](repeating: 0, count: matrix.outputCount)
    Self.forEachRow(of: matrix, on: backend) { t, row in
      var squares: Float = 0
      for c in 0..<width {
        let x = row[c] * gains[c] * scales[t] - center[c]
        squares += x * x
      }
      norms[t] = squares.squareRoot()
    }
    rowScales = normsRows ? scales : nil
    rowNorms = norms
  }

  private static func forEachRow(
    of matrix: Backend.Matrix, on backend: Backend, _ body: (Int, UnsafeBufferPointer<Float>) -> Void
  ) {
    let width = matrix.inputCount
    let panel = Region(backend.makeBuffer(count: panelRows * width), stride: width)
    for start in stride(from: 0, to: matrix.outputCount, by: panelRows) {
      let count = min(panelRows, matrix.outputCount - start)
      backend.gatherOutputs(
        backend.upload((0..<Int32(count)).map { Int32(start) + $0 }), count: count, of: matrix, scales: nil,
        into: panel, accumulate: false)
      backend.download(panel, rows: count, columns: width).withUnsafeBufferPointer { values in
        for r in 0..<count {
          body(start + r, UnsafeBufferPointer(rebasing: values[r * width..<(r + 1) * width]))
        }
      }
    }
  }

  /// Projects `count` directions `[count, D]` and keeps the `topCount` highest and lowest tokens of each.
  ///
  /// Takes `2 * count * V * D` operations, and memory for 256 directions times 4096 tokens.
  package func project(
    _ directions: Region<Backend.Buffer>, count: Int, topCount: Int
  ) -> [DirectionProjection] {
    let width = matrix.inputCount
    var results: [DirectionProjection] = []
    results.reserveCapacity(count)
    let product = Region(backend.makeBuffer(count: Self.batch * Self.panelRows), stride: Self.panelRows)
    let gained = Region(backend.makeBuffer(count: Self.batch * width), stride: width)
    let gains = gain.map { Region(backend.upload($0), stride: width) }
    for first in stride(from: 0, to: count, by: Self.batch) {
      let rows = min(Self.batch, count - first)
      let norms = backend.download(directions.at(row: first), rows: rows, columns: width).norms(width: width)
      backend.copy(directions.at(row: first), rows: rows, columns: width, into: gained)
      if let gains { backend.scaleColumns(gained, rows: rows, columns: width, by: gains) }
      var scans = norms.map { _ in Scan(topCount: topCount) }
      for start in stride(from: 0, to: matrix.outputCount, by: Self.panelRows) {
        let tokens = start..<min(start + Self.panelRows, matrix.outputCount)
        backend.multiplyTransposed(
          gained, rows: rows, by: matrix, outputs: tokens, into: product, accumulate: false)
        let values = backend.download(product, rows: rows, columns: tokens.count)
        values.withUnsafeBufferPointer { values in
          for r in 0..<rows {
            scans[r].take(
              UnsafeBufferPointer(rebasing: values[r * tokens.count..<(r + 1) * tokens.count]), from: start,
              scales: rowScales)
          }
        }
      }
      for r in 0..<rows { results.append(scans[r].result(norm: norms[r], rowNorms: rowNorms, width: width)) }
    }
    return results
  }
}

/// A running summary of one direction's values.
private struct Scan {
  private var highest: LargestValues
  private var lowest: LargestValues
  private var count = 0
  private var sum = 0.0
  private var squares = 0.0

  init(topCount: Int) {
    // Keep at least one, for the extremes.
    highest = LargestValues(capacity: max(1, topCount))
    lowest = LargestValues(capacity: max(1, topCount))
    keeps = topCount
  }

  private let keeps: Int

  mutating func take(_ values: UnsafeBufferPointer<Float>, from start: Int, scales: [Float]?) {
    var (sum, squares) = (0.0, 0.0)
    for i in values.indices {
      let value = values[i] * (scales?[start + i] ?? 1)
      sum += Double(value)
      squares += Double(value) * Double(value)
      if value > highest.bound { highest.insert(value, token: Int32(start + i)) }
      if -value > lowest.bound { lowest.insert(-value, token: Int32(start + i)) }
    }
    self.sum += sum
    self.squares += squares
    count += values.count
  }

  func result(norm: Float, rowNorms: [Float], width: Int) -> DirectionProjection {
    let mean = sum / Double(count)
    let unit = norm / Float(width).squareRoot()
    func contributions(_ entries: [(value: Float, token: Int32)], sign: Float) -> [TokenContribution] {
      entries.prefix(keeps).map { value, token in
        let spread = unit * rowNorms[Int(token)]
        let distance = sign * value - Float(mean)
        return TokenContribution(token: token, value: sign * value, zScore: spread > 0 ? distance / spread : 0)
      }
    }
    return DirectionProjection(
      norm: norm, mean: Float(mean),
      standardDeviation: Float(max(0, squares / Double(count) - mean * mean).squareRoot()),
      minimum: -(lowest.entries.first?.value ?? 0), maximum: highest.entries.first?.value ?? 0,
      highest: contributions(highest.entries, sign: 1), lowest: contributions(lowest.entries, sign: -1))
  }
}

extension [Float] {
  /// The Euclidean norms of the rows of a packed matrix.
  fileprivate func norms(width: Int) -> [Float] {
    (0..<count / width).map { r in
      self[r * width..<(r + 1) * width].reduce(into: Float(0)) { $0 += $1 * $1 }.squareRoot()
    }
  }
}
