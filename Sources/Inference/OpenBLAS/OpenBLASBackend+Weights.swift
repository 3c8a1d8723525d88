// autointerp
// `OpenBLASBackend` multiplies with weights and gathers their rows and columns.
// SPDX-License-Identifier: Apache-2.0

internal import COpenBLAS

extension OpenBLASBackend {
  package func makeMatrix(_ parts: [WeightPart], use: WeightUse, storage: WeightStorage) -> OpenBLASMatrix {
    OpenBLASMatrix(parts, use: use, storage: storage, arena: weights)
  }

  package func multiplyTransposed(
    _ a: Region<FloatBuffer>, rows: Int, by w: OpenBLASMatrix, outputs: Range<Int>, into c: Region<FloatBuffer>,
    accumulate: Bool
  ) {
    precondition(outputs.lowerBound >= 0 && outputs.upperBound <= w.outputCount)
    if rows == 0 || outputs.isEmpty { return }
    let inputs = w.inputCount
    let x = Operand(a.pointer(rows: rows, columns: inputs), a.stride)
    let y = Operand(c.pointer(rows: rows, columns: outputs.count), c.stride)
    let beta: Float = accumulate ? 1 : 0
    let isSingle = rows == 1 && w.use == .table
    @Sendable func product(_ panel: Range<Int>, _ weights: Operand, rowsAreInputs: Bool) {
      let target = y.at(panel.lowerBound - outputs.lowerBound)
      if isSingle {
        Self.dots(x, weights, count: panel.count, inputs: inputs, beta: beta, into: target)
      } else {
        Self.gemm(rows, panel.count, inputs, x, weights, transposed: !rowsAreInputs, beta, target)
      }
    }
    forEachPanel(of: outputs) { panel in
      if w.isMapped {
        self.withScratch(count: panel.count * inputs) { scratch in
          w.copyRows(panel, into: scratch.values)
          product(panel, Operand(scratch.values, inputs), rowsAreInputs: false)
        }
      } else {
        let (weights, rowsAreInputs) = w.resident(output: panel.lowerBound, input: 0)
        product(panel, weights, rowsAreInputs: rowsAreInputs)
      }
    }
  }

  package func multiply(
    _ a: Region<FloatBuffer>, rows: Int, by w: OpenBLASMatrix, outputs: Range<Int>, into c: Region<FloatBuffer>,
    accumulate: Bool
  ) {
    precondition(outputs.lowerBound >= 0 && outputs.upperBound <= w.outputCount && !outputs.isEmpty)
    if rows == 0 { return }
    let inputs = w.inputCount
    let x = Operand(a.pointer(rows: rows, columns: outputs.count), a.stride)
    let y = Operand(c.pointer(rows: rows, columns: inputs), c.stride)
    let isSingle = rows == 1 && w.use == .table
    @Sendable func product(_ piece: Range<Int>, _ panel: Range<Int>, _ weights: Operand, rowsAreInputs: Bool) {
      let isFirst = piece.lowerBound == outputs.lowerBound
      if isSingle {
        Self.addRows(
          weights, count: piece.count, columns: panel.count, by: x.at(piece.lowerBound - outputs.lowerBound),
          clear: isFirst && !accumulate, into: y.at(panel.lowerBound))
        return
      }
      Self.gemm(
        rows, panel.count, piece.count, x.at(piece.lowerBound - outputs.lowerBound), weights,
        transposed: rowsAreInputs, isFirst && !accumulate ? 0 : 1, y.at(panel.lowerBound))
    }
    if w.isMapped {
      forEachUnpackedPanel(of: w, outputs) { piece, weights in
        self.forEachPanel(of: 0..<inputs) { panel in
          product(piece, panel, weights.at(panel.lowerBound), rowsAreInputs: false)
        }
      }
    } else {
      forEachPanel(of: 0..<inputs) { panel in
        for piece in Self.pieces(of: outputs) {
          let (weights, rowsAreInputs) = w.resident(output: piece.lowerBound, input: panel.lowerBound)
          product(piece, panel, weights, rowsAreInputs: rowsAreInputs)
        }
      }
    }
  }

  package func gatherOutputs(
    _ indices: [Int32], count: Int, of w: OpenBLASMatrix, scales: FloatBuffer?, into c: Region<FloatBuffer>,
    accumulate: Bool
  ) {
    let width = w.inputCount
    let target = c.pointer(rows: count, columns: width)
    let scratch = FloatBuffer(uninitialized: width)
    for i in 0..<count {
      let index = Int(indices[i])
      precondition(index >= 0 && index < w.outputCount)
      switch w.layout {
      case .transposed(let weights):
        for k in 0..<width { scratch.values[k] = weights.values[k * w.outputCount + index] }
      case .rows(let weights): scratch.values.update(from: weights.values + index * width, count: width)
      case .mapped: w.copyRows(index..<index + 1, into: scratch.values)
      }
      let scale = scales.map { $0.values[i] } ?? 1
      let row = target + i * c.stride
      if accumulate {
        for k in 0..<width { row[k] += scale * scratch.values[k] }
      } else {
        for k in 0..<width { row[k] = scale * scratch.values[k] }
      }
    }
  }

  package func gatherInputs(
    _ indices: [Int32], count: Int, of w: OpenBLASMatrix, scales: FloatBuffer, into c: Region<FloatBuffer>,
    at rows: [Int32]
  ) {
    let height = w.outputCount
    func target(_ i: Int) -> UnsafeMutablePointer<Float> {
      c.at(row: Int(rows[i])).pointer(rows: 1, columns: height)
    }
    precondition(indices.prefix(count).allSatisfy { $0 >= 0 && $0 < w.inputCount })
    switch w.layout {
    case .transposed(let weights):
      for i in 0..<count {
        let source = weights.values + Int(indices[i]) * height
        let (row, scale) = (target(i), scales.values[i])
        for k in 0..<height { row[k] = scale * source[k] }
      }
    case .rows(let weights):
      for i in 0..<count {
        let (row, scale) = (target(i), scales.values[i])
        for k in 0..<height { row[k] = scale * weights.values[k * w.inputCount + Int(indices[i])] }
      }
    case .mapped:
      if count == 0 { return }
      forEachUnpackedPanel(of: w, 0..<height) { panel, weights in
        for i in 0..<count {
          let row = c.buffer.values + c.offset + Int(rows[i]) * c.stride
          let (column, scale) = (Int(indices[i]), scales.values[i])
          for k in panel { row[k] = scale * weights.base[(k - panel.lowerBound) * w.inputCount + column] }
        }
      }
    }
  }
}

/// An operand of a product: where it starts, and how far apart its rows are.
// @unchecked Sendable: lives during one product, whose panels write disjoint outputs.
struct Operand: @unchecked Sendable {
  var base: UnsafeMutablePointer<Float>
  var stride: Int

  init(_ base: UnsafeMutablePointer<Float>, _ stride: Int) {
    self.base = base
    self.stride = stride
  }

  /// The same rows, `elements` later.
  func at(_ elements: Int) -> Operand { Operand(base + elements, stride) }

  @inline(__always)
  func row(_ r: Int) -> UnsafeMutablePointer<Float> { base + r * stride }
}

extension OpenBLASBackend {
  /// How many rows of mapped weights are unpacked at a time.
  static let unpackedRows = 512

  /// Cuts `range` into an even number of panels of at most 1536. The cut must depend on the range alone, because the
  /// last bits of a result depend on where its panel ends.
  func forEachPanel(of range: Range<Int>, _ body: @Sendable (Range<Int>) -> Void) {
    let panels = range.count < 256 ? 1 : 2 * ((range.count + 3071) / 3072)
    let width = ((range.count + panels - 1) / panels + 15) / 16 * 16
    parallel(panels) { i in
      let start = range.lowerBound + i * width
      let end = min(start + width, range.upperBound)
      if start < end { body(start..<end) }
    }
  }

  /// Unpacks mapped weights panel by panel, in order, and passes each panel `[rows, inputCount]` to `body`.
  func forEachUnpackedPanel(
    of w: OpenBLASMatrix, _ outputs: Range<Int>, _ body: (Range<Int>, Operand) -> Void
  ) {
    withScratch(count: min(Self.unpackedRows, outputs.count) * w.inputCount) { scratch in
      for panel in Self.pieces(of: outputs) {
        let (start, chunk) = (panel.lowerBound, 64)
        parallel((panel.count + chunk - 1) / chunk) { i in
          let first = start + i * chunk
          w.copyRows(
            first..<min(first + chunk, panel.upperBound), into: scratch.values + (first - start) * w.inputCount)
        }
        body(panel, Operand(scratch.values, w.inputCount))
      }
    }
  }

  /// Cuts a sum over a matrix's outputs into pieces, the same for every layout. Mapped weights are unpacked in these
  /// pieces, and the bits of a sum depend on where it is cut.
  private static func pieces(of outputs: Range<Int>) -> [Range<Int>] {
    stride(from: outputs.lowerBound, to: outputs.upperBound, by: unpackedRows).map {
      $0..<min($0 + unpackedRows, outputs.upperBound)
    }
  }

  /// `c[m, n] = a[m, k] . b + beta * c`, with `b` as `[k, n]` or, transposed, as `[n, k]`.
  ///
  /// Called as the transpose of the column-major product, because for row-major products on processors with AVX-512
  /// OpenBLAS has an extra routine for small shapes. With it, the bits of a row would depend on the number of rows.
  static func gemm(
    _ m: Int, _ n: Int, _ k: Int, _ a: Operand, _ b: Operand, transposed: Bool, _ beta: Float, _ c: Operand
  ) {
    cblas_sgemm(
      CblasColMajor, transposed ? CblasTrans : CblasNoTrans, CblasNoTrans, blasint(n), blasint(m), blasint(k), 1,
      b.base, blasint(b.stride), a.base, blasint(a.stride), beta, c.base, blasint(c.stride))
  }

  /// `c[:] (+)= sum over r of a[r] * b[r, :]`, four rows at a time, as fast as memory allows.
  private static func addRows(
    _ b: Operand, count: Int, columns: Int, by a: Operand, clear: Bool, into c: Operand
  ) {
    let target = c.base
    if clear { target.update(repeating: 0, count: columns) }
    var r = 0
    while r + 4 <= count {
      let (s, t, u, v) = (a.base[r], a.base[r + 1], a.base[r + 2], a.base[r + 3])
      let (p, q, x, y) = (b.row(r), b.row(r + 1), b.row(r + 2), b.row(r + 3))
      for k in 0..<columns { target[k] += (s * p[k] + t * q[k]) + (u * x[k] + v * y[k]) }
      r += 4
    }
    while r < count {
      let (s, p) = (a.base[r], b.row(r))
      for k in 0..<columns { target[k] += s * p[k] }
      r += 1
    }
  }

  /// `c[r] = dot(a, b[r, :]) + beta * c[r]` for `count` rows. Twice as fast as `cblas_sgemv`, and limited by memory
  /// speed.
  private static func dots(_ a: Operand, _ b: Operand, count: Int, inputs: Int, beta: Float, into c: Operand) {
    for r in 0..<count {
      let value = dot(a.base, b.row(r), inputs)
      c.base[r] = beta == 0 ? value : value + beta * c.base[r]
    }
  }
}
