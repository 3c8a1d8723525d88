// autointerp
// Attention probabilities and the mixing of rows by them.
// SPDX-License-Identifier: Apache-2.0

internal import COpenBLAS

extension OpenBLASBackend {
  package func attentionProbabilities(
    queries q: Region<FloatBuffer>, keys k: Region<FloatBuffer>, scale: Float, segments: [AttentionSegment],
    layout: AttentionLayout, into attention: FloatBuffer
  ) {
    let d = layout.headDimension
    let group = layout.headCount / layout.keyValueHeadCount
    for segment in segments {
      let n = segment.rowCount
      let queries = q.at(row: segment.firstRow).pointer(rows: n, columns: layout.headCount * d)
      let keys = k.at(row: segment.firstRow).pointer(rows: n, columns: layout.keyValueHeadCount * d)
      for h in 0..<layout.headCount {
        let scores = Self.coefficients(attention, segment, layout, head: h)
        cblas_sgemm(
          CblasRowMajor, CblasNoTrans, CblasTrans, blasint(n), blasint(n), blasint(d), scale, queries + h * d,
          blasint(q.stride), keys + h / group * d, blasint(k.stride), 0, scores, blasint(layout.rowStride))
        for i in 0..<n { Self.softmax(scores + i * layout.rowStride, count: i + 1, padding: n - i - 1) }
      }
    }
  }

  /// Softmax of the first `count` values in place; the `padding` values after them become zero.
  private static func softmax(_ x: UnsafeMutablePointer<Float>, count: Int, padding: Int) {
    var largest = x[0]
    for j in 1..<max(count, 1) { largest = max(largest, x[j]) }
    let shift = Float8(repeating: largest)
    var total: Float = 0
    var j = 0
    while j < count {
      let lanes = min(8, count - j)
      let e = VectorMath.exp(load(x + j, lanes) - shift)
      store(e, x + j, lanes)
      for i in 0..<lanes { total += e[i] }
      j += 8
    }
    let inverse = 1 / total
    for j in 0..<count { x[j] *= inverse }
    (x + count).update(repeating: 0, count: padding)
  }

  package func scaleKeys(
    of attention: FloatBuffer, offset: Int, count: Int, layout: AttentionLayout, by scales: Region<FloatBuffer>
  ) {
    let segment = AttentionSegment(firstRow: 0, rowCount: count, attentionOffset: offset)
    let factors = scales.pointer(rows: count, columns: 1)
    for h in 0..<layout.headCount {
      let a = Self.coefficients(attention, segment, layout, head: h)
      for i in 0..<count {
        let row = a + i * layout.rowStride
        for j in 0...i { row[j] *= factors[j * scales.stride] }
      }
    }
  }

  package func mix(
    _ y: Region<FloatBuffer>, attention: FloatBuffer, segments: [AttentionSegment], layout: AttentionLayout,
    into z: Region<FloatBuffer>
  ) {
    let (d, group) = (layout.headDimension, layout.headCount / layout.keyValueHeadCount)
    for segment in segments {
      let n = segment.rowCount
      let from = y.at(row: segment.firstRow).pointer(rows: n, columns: layout.keyValueHeadCount * d)
      let to = z.at(row: segment.firstRow).pointer(rows: n, columns: layout.headCount * d)
      for h in 0..<layout.headCount {
        let a = Self.coefficients(attention, segment, layout, head: h)
        let (source, target) = (from + h / group * d, to + h * d)
        if n == 1 {
          for c in 0..<d { target[c] = a[0] * source[c] }
          continue
        }
        // The coefficients are lower triangular: a block of queries needs no keys after its last.
        for i in stride(from: 0, to: n, by: Self.queryBlock) {
          let end = min(i + Self.queryBlock, n)
          cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(end - i), blasint(d), blasint(end), 1,
            a + i * layout.rowStride, blasint(layout.rowStride), source, blasint(y.stride), 0, target + i * z.stride,
            blasint(z.stride))
        }
      }
    }
  }

  package func mixTransposed(
    _ z: Region<FloatBuffer>, attention: FloatBuffer, segments: [AttentionSegment], layout: AttentionLayout,
    into y: Region<FloatBuffer>
  ) {
    let (d, group) = (layout.headDimension, layout.headCount / layout.keyValueHeadCount)
    for segment in segments {
      let n = segment.rowCount
      let from = z.at(row: segment.firstRow).pointer(rows: n, columns: layout.headCount * d)
      let to = y.at(row: segment.firstRow).pointer(rows: n, columns: layout.keyValueHeadCount * d)
      for h in 0..<layout.headCount {
        let a = Self.coefficients(attention, segment, layout, head: h)
        cblas_sgemm(
          CblasRowMajor, CblasTrans, CblasNoTrans, blasint(n), blasint(d), blasint(n), 1, a,
          blasint(layout.rowStride), from + h * d, blasint(z.stride), h % group == 0 ? 0 : 1, to + h / group * d,
          blasint(y.stride))
      }
    }
  }

  /// Queries of a segment that share one product.
  private static let queryBlock = 32

  private static func coefficients(
    _ attention: FloatBuffer, _ segment: AttentionSegment, _ layout: AttentionLayout, head: Int
  ) -> UnsafeMutablePointer<Float> {
    let n = segment.rowCount
    let start = segment.attentionOffset + head * layout.headStride
    precondition(
      n >= 1 && n <= layout.rowStride && start >= 0
        && start + (n - 1) * layout.rowStride + n <= attention.count, "attention segment out of its buffer")
    return attention.values + start
  }
}
