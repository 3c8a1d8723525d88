// autointerp
// `OpenBLASBackend` computes the backward pass of attention, and attention of a few rows over cached ones.
// SPDX-License-Identifier: Apache-2.0

internal import COpenBLAS

extension OpenBLASBackend {
  package func attentionBackward(
    _ z: Region<FloatBuffer>, projections: Region<FloatBuffer>, attention: Region<FloatBuffer>,
    keyScales: Region<FloatBuffer>, scale: Float, count n: Int, layout: AttentionLayout, into y: Region<FloatBuffer>
  ) {
    let (d, heads, groups) = (layout.headDimension, layout.headCount, layout.keyValueHeadCount)
    let columns = (heads + 2 * groups) * d
    let from = Operand(z.pointer(rows: n, columns: heads * d), z.stride)
    let point = Operand(projections.pointer(rows: n, columns: columns), projections.stride)
    let to = Operand(y.pointer(rows: n, columns: columns), y.stride)
    let scales = Operand(keyScales.pointer(rows: n, columns: 1), keyScales.stride)
    let segment = AttentionSegment(firstRow: 0, rowCount: n, attentionOffset: 0)
    let (keys, values) = (heads * d, (heads + groups) * d)
    /// `c[m, width] = a . b + beta * c`, row-major; `a` is `[n, n]`, or its transpose.
    @Sendable func product(
      _ a: UnsafeMutablePointer<Float>, transposed: Bool, _ b: Operand, beta: Float, into c: Operand
    ) {
      cblas_sgemm(
        CblasRowMajor, transposed ? CblasTrans : CblasNoTrans, CblasNoTrans, blasint(n), blasint(d), blasint(n), 1, a,
        blasint(n), b.base, blasint(b.stride), beta, c.base, blasint(c.stride))
    }
    forEachShare(of: groups) { share in
      let (probabilities, scores) = (FloatBuffer(uninitialized: n * n), FloatBuffer(uninitialized: n * n))
      let (a, s) = (probabilities.values, scores.values)
      for h in share.lowerBound * (heads / groups)..<share.upperBound * (heads / groups) {
        let g = h / (heads / groups)
        let scaled = Self.coefficients(attention, segment, layout, head: h)
        let (z, q) = (from.at(h * d), point.at(h * d))
        let (k, v) = (point.at(keys + g * d), point.at(values + g * d))
        // Compute the cotangent of the probabilities, then that of the scores.
        cblas_sgemm(
          CblasRowMajor, CblasNoTrans, CblasTrans, blasint(n), blasint(n), blasint(d), 1, z.base, blasint(z.stride),
          v.base, blasint(v.stride), 0, s, blasint(n))
        for i in 0..<n {
          let (row, score, frozen) = (a + i * n, s + i * n, scaled + i * attention.stride)
          for j in 0...i { row[j] = frozen[j] / scales.row(j)[0] }
          let mean = Self.dot(row, score, i + 1)
          for j in 0...i { score[j] = scale * row[j] * (score[j] - mean) }
          (row + i + 1).update(repeating: 0, count: n - i - 1)
          (score + i + 1).update(repeating: 0, count: n - i - 1)
        }
        let beta: Float = h % (heads / groups) == 0 ? 0 : 1
        product(s, transposed: false, k, beta: 0, into: to.at(h * d))
        product(s, transposed: true, q, beta: beta, into: to.at(keys + g * d))
        product(a, transposed: true, z, beta: beta, into: to.at(values + g * d))
      }
    }
  }

  package func attend(
    _ projections: Region<FloatBuffer>, over cache: Region<FloatBuffer>, scale: Float, segments: [CachedSegment],
    layout: AttentionLayout, into z: Region<FloatBuffer>
  ) {
    let (d, heads, groups) = (layout.headDimension, layout.headCount, layout.keyValueHeadCount)
    let columns = (heads + 2 * groups) * d
    let (keys, values) = (heads * d, (heads + groups) * d)
    forEachShare(of: segments.count) { share in
      for segment in segments[share] {
        let (n, past) = (segment.rowCount, segment.position)
        let own = Operand(
          projections.at(row: segment.firstRow).pointer(rows: n, columns: columns), projections.stride)
        let earlier = Operand(cache.pointer(rows: past, columns: columns), cache.stride)
        let to = Operand(z.at(row: segment.firstRow).pointer(rows: n, columns: heads * d), z.stride)
        let width = past + n
        let scores = FloatBuffer(uninitialized: n * width)
        for h in 0..<heads {
          let (query, group) = (own.at(h * d), h / (heads / groups) * d)
          for (part, first, count) in [(earlier, 0, past), (own, past, n)] where count > 0 {
            let key = part.at(keys + group)
            cblas_sgemm(
              CblasRowMajor, CblasNoTrans, CblasTrans, blasint(n), blasint(count), blasint(d), scale, query.base,
              blasint(query.stride), key.base, blasint(key.stride), 0, scores.values + first, blasint(width))
          }
          for i in 0..<n { Self.softmax(scores.values + i * width, count: past + i + 1, padding: n - i - 1) }
          let target = to.at(h * d)
          for (part, first, count) in [(earlier, 0, past), (own, past, n)] where count > 0 {
            let value = part.at(values + group)
            cblas_sgemm(
              CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(n), blasint(d), blasint(count), 1,
              scores.values + first, blasint(width), value.base, blasint(value.stride), first == 0 ? 0 : 1,
              target.base, blasint(target.stride))
          }
        }
      }
    }
  }
}
