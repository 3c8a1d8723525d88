// autointerp
// `OpenBLASBackend` computes attention probabilities and mixes rows by them.
// SPDX-License-Identifier: Apache-2.0

internal import COpenBLAS

extension OpenBLASBackend {
  package func attentionProbabilities(
    queries q: Region<FloatBuffer>, keys k: Region<FloatBuffer>, scale: Float, segments: [AttentionSegment],
    layout: AttentionLayout, into attention: Region<FloatBuffer>
  ) {
    let d = layout.headDimension
    let group = layout.headCount / layout.keyValueHeadCount
    for segment in segments {
      let n = segment.rowCount
      let queries = Operand(q.at(row: segment.firstRow).pointer(rows: n, columns: layout.headCount * d), q.stride)
      let keys = Operand(k.at(row: segment.firstRow).pointer(rows: n, columns: layout.keyValueHeadCount * d), k.stride)
      forEachShare(of: layout.headCount) { heads in
        for h in heads {
          let scores = Self.coefficients(attention, segment, layout, head: h)
          cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, blasint(n), blasint(n), blasint(d), scale,
            queries.base + h * d, blasint(queries.stride), keys.base + h / group * d, blasint(keys.stride), 0, scores,
            blasint(attention.stride))
          for i in 0..<n { Self.softmax(scores + i * attention.stride, count: i + 1, padding: n - i - 1) }
        }
      }
    }
  }

  /// Applies softmax to the first `count` values in place and sets the `padding` values after them to zero.
  static func softmax(_ x: UnsafeMutablePointer<Float>, count: Int, padding: Int) {
    var largest = x[0]
    for j in 1..<max(count, 1) { largest = max(largest, x[j]) }
    let shift = Float4(repeating: largest)
    var total: Float = 0
    forEachVector(count) { j, lanes in
      let e = VectorMath.exp(load(x + j, lanes) - shift)
      store(e, x + j, lanes)
      for i in 0..<lanes { total += e[i] }
    }
    let inverse = 1 / total
    for j in 0..<count { x[j] *= inverse }
    (x + count).update(repeating: 0, count: padding)
  }

  package func scaleKeys(
    of attention: Region<FloatBuffer>, count: Int, layout: AttentionLayout, by scales: Region<FloatBuffer>
  ) {
    let segment = AttentionSegment(firstRow: 0, rowCount: count, attentionOffset: 0)
    let factors = scales.pointer(rows: count, columns: 1)
    for h in 0..<layout.headCount {
      let a = Self.coefficients(attention, segment, layout, head: h)
      for i in 0..<count {
        let row = a + i * attention.stride
        for j in 0...i { row[j] *= factors[j * scales.stride] }
      }
    }
  }

  package func mix(
    _ y: Region<FloatBuffer>, attention: Region<FloatBuffer>, segments: [AttentionSegment], layout: AttentionLayout,
    into z: Region<FloatBuffer>
  ) {
    let (d, group) = (layout.headDimension, layout.headCount / layout.keyValueHeadCount)
    for segment in segments {
      let n = segment.rowCount
      let from = Operand(y.at(row: segment.firstRow).pointer(rows: n, columns: layout.keyValueHeadCount * d), y.stride)
      let to = Operand(z.at(row: segment.firstRow).pointer(rows: n, columns: layout.headCount * d), z.stride)
      forEachShare(of: layout.headCount) { heads in
        for h in heads {
          let a = Self.coefficients(attention, segment, layout, head: h)
          let (source, target) = (from.base + h / group * d, to.base + h * d)
          if n == 1 {
            for c in 0..<d { target[c] = a[0] * source[c] }
            continue
          }
          // The coefficients are lower triangular, so a block of queries needs no keys after its last one.
          for i in stride(from: 0, to: n, by: Self.queryBlock) {
            let end = min(i + Self.queryBlock, n)
            cblas_sgemm(
              CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(end - i), blasint(d), blasint(end), 1,
              a + i * attention.stride, blasint(attention.stride), source, blasint(from.stride), 0,
              target + i * to.stride, blasint(to.stride))
          }
        }
      }
    }
  }

  package func mixTransposed(
    _ z: Region<FloatBuffer>, attention: Region<FloatBuffer>, segments: [AttentionSegment], layout: AttentionLayout,
    into y: Region<FloatBuffer>
  ) {
    let (d, group) = (layout.headDimension, layout.headCount / layout.keyValueHeadCount)
    for segment in segments {
      let n = segment.rowCount
      let from = Operand(z.at(row: segment.firstRow).pointer(rows: n, columns: layout.headCount * d), z.stride)
      let to = Operand(y.at(row: segment.firstRow).pointer(rows: n, columns: layout.keyValueHeadCount * d), y.stride)
      forEachShare(of: layout.keyValueHeadCount) { groups in
        for h in groups.lowerBound * group..<groups.upperBound * group {
          let a = Self.coefficients(attention, segment, layout, head: h)
          cblas_sgemm(
            CblasRowMajor, CblasTrans, CblasNoTrans, blasint(n), blasint(d), blasint(n), 1, a,
            blasint(attention.stride), from.base + h * d, blasint(from.stride), h % group == 0 ? 0 : 1,
            to.base + h / group * d, blasint(to.stride))
        }
      }
    }
  }

  /// How many queries of a segment share one product.
  private static let queryBlock = 32

  static func coefficients(
    _ attention: Region<FloatBuffer>, _ segment: AttentionSegment, _ layout: AttentionLayout, head: Int
  ) -> UnsafeMutablePointer<Float> {
    let n = segment.rowCount
    let start = attention.offset + segment.attentionOffset + head * layout.headStride
    return Region(attention.buffer, offset: start, stride: attention.stride).pointer(rows: n, columns: n)
  }
}
