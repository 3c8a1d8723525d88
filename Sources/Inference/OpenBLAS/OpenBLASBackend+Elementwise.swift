// autointerp
// `OpenBLASBackend` computes element-wise operations, fused where two would read the same memory.
// SPDX-License-Identifier: Apache-2.0

extension OpenBLASBackend {
  package func copy(_ x: Region<FloatBuffer>, rows: Int, columns: Int, into y: Region<FloatBuffer>) {
    let (from, to) = (x.pointer(rows: rows, columns: columns), y.pointer(rows: rows, columns: columns))
    for r in 0..<rows { (to + r * y.stride).update(from: from + r * x.stride, count: columns) }
  }

  package func add(_ x: Region<FloatBuffer>, rows: Int, columns: Int, into y: Region<FloatBuffer>) {
    Self.forEachLane(x, y, rows: rows, columns: columns) { _, _, x, y in y + x }
  }

  package func addScaledRows(
    _ x: Region<FloatBuffer>, rows: Int, columns: Int, scales: Region<FloatBuffer>, into y: Region<FloatBuffer>
  ) {
    let factor = scales.pointer(rows: rows, columns: 1)
    let step = scales.stride
    Self.forEachLane(x, y, rows: rows, columns: columns) { r, _, x, y in y + x * factor[r * step] }
  }

  package func scaleRows(
    _ x: Region<FloatBuffer>, rows: Int, columns: Int, by scales: Region<FloatBuffer>
  ) {
    let factor = scales.pointer(rows: rows, columns: 1)
    let step = scales.stride
    Self.forEachLane(x, x, rows: rows, columns: columns) { r, _, x, _ in x * factor[r * step] }
  }

  package func scaleColumns(
    _ x: Region<FloatBuffer>, rows: Int, columns: Int, by scales: Region<FloatBuffer>
  ) {
    let factor = scales.pointer(rows: 1, columns: columns)
    let p = x.pointer(rows: rows, columns: columns)
    for r in 0..<rows {
      let row = p + r * x.stride
      for c in 0..<columns { row[c] *= factor[c] }
    }
  }

  package func normalize(
    _ x: Region<FloatBuffer>, rows: Int, columns: Int, epsilon: Float, gain: FloatBuffer?, into y: Region<FloatBuffer>,
    inverse: Region<FloatBuffer>?
  ) {
    let (from, to) = (x.pointer(rows: rows, columns: columns), y.pointer(rows: rows, columns: columns))
    let inverses = inverse?.pointer(rows: rows, columns: 1)
    precondition(gain == nil || gain!.count >= columns)
    for r in 0..<rows {
      let (source, target) = (from + r * x.stride, to + r * y.stride)
      let scale = 1 / (Self.dot(source, source, columns) / Float(columns) + epsilon).squareRoot()
      if let inverses { inverses[r * inverse!.stride] = scale }
      if let gain = gain?.values {
        for c in 0..<columns { target[c] = source[c] * scale * gain[c] }
      } else {
        for c in 0..<columns { target[c] = source[c] * scale }
      }
    }
  }

  package func normalizeHeads(
    _ x: Region<FloatBuffer>, rows: Int, headCount: Int, headDimension: Int, epsilon: Float, gain: FloatBuffer
  ) {
    for h in 0..<headCount {
      let head = x.at(column: h * headDimension)
      normalize(
        head, rows: rows, columns: headDimension, epsilon: epsilon, gain: gain, into: head, inverse: nil)
    }
  }

  package func rotate(
    _ x: Region<FloatBuffer>, rows: Int, headCount: Int, headDimension: Int, table: FloatBuffer, positions: [Int32]
  ) {
    let p = x.pointer(rows: rows, columns: headCount * headDimension)
    let half = headDimension / 2
    for r in 0..<rows {
      let position = Int(positions[r])
      precondition((position + 1) * headDimension <= table.count)
      let cosine = table.values + position * headDimension
      let sine = cosine + half
      for h in 0..<headCount {
        let (a, b) = (p + r * x.stride + h * headDimension, p + r * x.stride + h * headDimension + half)
        for i in 0..<half {
          let (u, v) = (a[i], b[i])
          a[i] = u * cosine[i] - v * sine[i]
          b[i] = v * cosine[i] + u * sine[i]
        }
      }
    }
  }

  package func gatedActivation(
    _ x: Region<FloatBuffer>, rows: Int, width: Int, into h: Region<FloatBuffer>,
    derivatives: GateDerivatives<FloatBuffer>?
  ) {
    let input = Operand(x.pointer(rows: rows, columns: 2 * width), x.stride)
    let output = Operand(h.pointer(rows: rows, columns: width), h.stride)
    let factors = derivatives.map { Operand($0.factors.pointer(rows: rows, columns: 2 * width), $0.factors.stride) }
    let slope = derivatives.map { Operand($0.slope.pointer(rows: rows, columns: width), $0.slope.stride) }
    forEachShare(of: rows) { share in
      for r in share {
        let (gate, to) = (input.row(r), output.row(r))
        guard let factor = factors?.row(r), let steep = slope?.row(r) else {
          Self.forEachVector(width) { c, lanes in _ = Self.gate(gate + c, to + c, width: width, lanes: lanes) }
          continue
        }
        Self.forEachVector(width) { c, lanes in
          let (g, u, s) = Self.gate(gate + c, to + c, width: width, lanes: lanes)
          Self.store(0.5 * u * s, factor + c, lanes)
          Self.store(0.5 * g * s, factor + width + c, lanes)
          Self.store(1 + g * (1 - s), steep + c, lanes)
        }
      }
    }
  }

  /// Computes `lanes` neurons of a row whose up projections begin `width` later. Returns gate, up and sigmoid of gate.
  @inline(__always)
  private static func gate(
    _ x: UnsafeMutablePointer<Float>, _ h: UnsafeMutablePointer<Float>, width: Int, lanes: Int
  ) -> (gate: Float4, up: Float4, sigmoid: Float4) {
    let (g, u) = (load(x, lanes), load(x + width, lanes))
    let s = VectorMath.sigmoid(g)
    store(g * s * u, h, lanes)
    return (g, u, s)
  }

  package func applyFactors(
    _ g: Region<FloatBuffer>, rows: Int, width: Int, factors: Region<FloatBuffer>, slope: Region<FloatBuffer>?,
    into y: Region<FloatBuffer>
  ) {
    let from = Operand(g.pointer(rows: rows, columns: width), g.stride)
    let frozen = Operand(factors.pointer(rows: rows, columns: 2 * width), factors.stride)
    let steep = slope.map { Operand($0.pointer(rows: rows, columns: width), $0.stride) }
    let to = Operand(y.pointer(rows: rows, columns: 2 * width), y.stride)
    forEachShare(of: rows) { share in
      for r in share {
        let (source, factor, target) = (from.row(r), frozen.row(r), to.row(r))
        if let slope = steep?.row(r) {
          for c in 0..<width {
            let double = 2 * source[c]
            target[c] = double * factor[c] * slope[c]
            target[width + c] = double * factor[width + c]
          }
        } else {
          for c in 0..<width {
            target[c] = source[c] * factor[c]
            target[width + c] = source[c] * factor[width + c]
          }
        }
      }
    }
  }

  package func normalizeBackward(
    _ g: Region<FloatBuffer>, of x: Region<FloatBuffer>, rows: Int, columns: Int, epsilon: Float, gain: FloatBuffer?,
    into y: Region<FloatBuffer>, accumulate: Bool
  ) {
    let (from, at) = (g.pointer(rows: rows, columns: columns), x.pointer(rows: rows, columns: columns))
    let to = y.pointer(rows: rows, columns: columns)
    precondition(gain == nil || gain!.count >= columns)
    let scratch = FloatBuffer(uninitialized: columns)
    for r in 0..<rows {
      let (point, target) = (at + r * x.stride, to + r * y.stride)
      var source = from + r * g.stride
      if let gain = gain?.values {
        for c in 0..<columns { scratch.values[c] = source[c] * gain[c] }
        source = scratch.values
      }
      let inverse = 1 / (Self.dot(point, point, columns) / Float(columns) + epsilon).squareRoot()
      let along = Self.dot(point, source, columns) * inverse * inverse / Float(columns)
      if accumulate {
        for c in 0..<columns { target[c] += inverse * (source[c] - point[c] * along) }
      } else {
        for c in 0..<columns { target[c] = inverse * (source[c] - point[c] * along) }
      }
    }
  }

  package func edit(_ h: Region<FloatBuffer>, _ edits: [NeuronEdit]) {
    for edit in edits {
      let element = h.at(row: edit.row, column: edit.index).pointer(rows: 1, columns: 1)
      switch edit.operation {
      case .set(let value): element.pointee = value
      case .scale(let factor): element.pointee *= factor
      case .add(let value): element.pointee += value
      }
    }
  }

  package func pairDots(
    _ x: Region<FloatBuffer>, rows xRows: [Int32], _ y: Region<FloatBuffer>, rows yRows: [Int32], count: Int,
    columns: Int, into out: FloatBuffer, offset: Int
  ) {
    if count == 0 { return }
    precondition(offset >= 0 && offset + count <= out.count)
    let (lastX, lastY) = (Int(xRows.prefix(count).max()!), Int(yRows.prefix(count).max()!))
    precondition(xRows.prefix(count).min()! >= 0 && yRows.prefix(count).min()! >= 0)
    let (a, b) = (x.pointer(rows: lastX + 1, columns: columns), y.pointer(rows: lastY + 1, columns: columns))
    for i in 0..<count {
      out.values[offset + i] = Self.dot(a + Int(xRows[i]) * x.stride, b + Int(yRows[i]) * y.stride, columns)
    }
  }
}

extension OpenBLASBackend {
  /// Computes a dot product in a fixed order: sixteen running sums, then a tree.
  @inline(__always)
  static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
    var (s, t, u, v) = (Float4(), Float4(), Float4(), Float4())
    var i = 0
    while i + 16 <= count {
      s += load4(a + i) * load4(b + i)
      t += load4(a + i + 4) * load4(b + i + 4)
      u += load4(a + i + 8) * load4(b + i + 8)
      v += load4(a + i + 12) * load4(b + i + 12)
      i += 16
    }
    var rest: Float = 0
    while i < count {
      rest += a[i] * b[i]
      i += 1
    }
    let sum = (s + u) + (t + v)
    let quarter = sum.lowHalf + sum.highHalf
    return quarter.x + quarter.y + rest
  }

  @inline(__always)
  static func load(_ p: UnsafeMutablePointer<Float>, _ lanes: Int) -> Float4 {
    if lanes == 4 { return load4(p) }
    var x = Float4()
    for i in 0..<lanes { x[i] = p[i] }
    return x
  }

  @inline(__always)
  static func store(_ x: Float4, _ p: UnsafeMutablePointer<Float>, _ lanes: Int) {
    if lanes == 4 { return store4(x, p) }
    for i in 0..<lanes { p[i] = x[i] }
  }

  /// Calls `body(first, lanes)` for every four of `count` elements and for the rest. The compiler makes two copies of
  /// `body`; the first has all four lanes.
  @inline(__always)
  static func forEachVector(_ count: Int, _ body: (Int, Int) -> Void) {
    var c = 0
    while c + 4 <= count {
      body(c, 4)
      c += 4
    }
    if c < count { body(c, count - c) }
  }

  /// Computes `y = body(row, column, x, y)` for every element, four at a time.
  @inline(__always)
  static func forEachLane(
    _ x: Region<FloatBuffer>, _ y: Region<FloatBuffer>, rows: Int, columns: Int,
    _ body: (Int, Int, Float4, Float4) -> Float4
  ) {
    let (from, to) = (x.pointer(rows: rows, columns: columns), y.pointer(rows: rows, columns: columns))
    for r in 0..<rows {
      let (source, target) = (from + r * x.stride, to + r * y.stride)
      forEachVector(columns) { c, lanes in
        store(body(r, c, load(source + c, lanes), load(target + c, lanes)), target + c, lanes)
      }
    }
  }
}
