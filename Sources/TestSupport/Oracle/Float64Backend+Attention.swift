// autointerp
// `Float64Backend` computes attention by its definition.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
package import Inference

extension Float64Backend {
  package func attentionProbabilities(
    queries q: Region<DoubleBuffer>, keys k: Region<DoubleBuffer>, scale: Float, segments: [AttentionSegment],
    layout: AttentionLayout, into attention: Region<DoubleBuffer>
  ) {
    let (d, group) = (layout.headDimension, layout.headCount / layout.keyValueHeadCount)
    for segment in segments {
      let (queries, keys) = (q.at(row: segment.firstRow), k.at(row: segment.firstRow))
      for h in 0..<layout.headCount {
        let a = coefficients(attention, segment, layout, head: h)
        for i in 0..<segment.rowCount {
          let scores = (0...i).map { j in
            Double(scale) * (0..<d).reduce(0) { $0 + queries[i, h * d + $1] * keys[j, h / group * d + $1] }
          }
          let largest = scores.max()!
          let total = scores.reduce(0) { $0 + exp($1 - largest) }
          for j in 0..<segment.rowCount { a[i, j] = j <= i ? exp(scores[j] - largest) / total : 0 }
        }
      }
    }
  }

  package func scaleKeys(
    of attention: Region<DoubleBuffer>, count: Int, layout: AttentionLayout, by scales: Region<DoubleBuffer>
  ) {
    let segment = AttentionSegment(firstRow: 0, rowCount: count, attentionOffset: 0)
    for h in 0..<layout.headCount {
      let a = coefficients(attention, segment, layout, head: h)
      forEach(count, count) { a[$0, $1] *= scales[$1, 0] }
    }
  }

  package func mix(
    _ y: Region<DoubleBuffer>, attention: Region<DoubleBuffer>, segments: [AttentionSegment], layout: AttentionLayout,
    into z: Region<DoubleBuffer>
  ) {
    let (d, group) = (layout.headDimension, layout.headCount / layout.keyValueHeadCount)
    for segment in segments {
      let (from, to) = (y.at(row: segment.firstRow), z.at(row: segment.firstRow))
      for h in 0..<layout.headCount {
        let a = coefficients(attention, segment, layout, head: h)
        forEach(segment.rowCount, d) { i, c in
          to[i, h * d + c] = (0...i).reduce(0) { $0 + a[i, $1] * from[$1, h / group * d + c] }
        }
      }
    }
  }

  package func mixTransposed(
    _ z: Region<DoubleBuffer>, attention: Region<DoubleBuffer>, segments: [AttentionSegment], layout: AttentionLayout,
    into y: Region<DoubleBuffer>
  ) {
    let (d, group) = (layout.headDimension, layout.headCount / layout.keyValueHeadCount)
    for segment in segments {
      let (from, to) = (z.at(row: segment.firstRow), y.at(row: segment.firstRow))
      for g in 0..<layout.keyValueHeadCount {
        forEach(segment.rowCount, d) { j, c in
          var sum = 0.0
          for h in g * group..<(g + 1) * group {
            let a = coefficients(attention, segment, layout, head: h)
            for i in j..<segment.rowCount { sum += a[i, j] * from[i, h * d + c] }
          }
          to[j, g * d + c] = sum
        }
      }
    }
  }

  package func attentionBackward(
    _ z: Region<DoubleBuffer>, projections x: Region<DoubleBuffer>, attention: Region<DoubleBuffer>,
    keyScales: Region<DoubleBuffer>, scale: Float, count n: Int, layout: AttentionLayout, into y: Region<DoubleBuffer>
  ) {
    let (d, group) = (layout.headDimension, layout.headCount / layout.keyValueHeadCount)
    let segment = AttentionSegment(firstRow: 0, rowCount: n, attentionOffset: 0)
    let (keys, values) = (layout.headCount * d, (layout.headCount + layout.keyValueHeadCount) * d)
    forEach(n, values + layout.keyValueHeadCount * d) { y[$0, $1] = 0 }
    for h in 0..<layout.headCount {
      let a = coefficients(attention, segment, layout, head: h)
      let (q, k, v) = (h * d, keys + h / group * d, values + h / group * d)
      for i in 0..<n {
        let probability = (0...i).map { a[i, $0] / keyScales[$0, 0] }
        let slope = (0...i).map { j in (0..<d).reduce(0) { $0 + z[i, q + $1] * x[j, v + $1] } }
        let mean = zip(probability, slope).reduce(0) { $0 + $1.0 * $1.1 }
        for j in 0...i {
          let score = Double(scale) * probability[j] * (slope[j] - mean)
          for c in 0..<d {
            y[i, q + c] += score * x[j, k + c]
            y[j, k + c] += score * x[i, q + c]
            y[j, v + c] += probability[j] * z[i, q + c]
          }
        }
      }
    }
  }

  package func attend(
    _ x: Region<DoubleBuffer>, over cache: Region<DoubleBuffer>, scale: Float, segments: [CachedSegment],
    layout: AttentionLayout, into z: Region<DoubleBuffer>
  ) {
    let (d, group) = (layout.headDimension, layout.headCount / layout.keyValueHeadCount)
    let (keys, values) = (layout.headCount * d, (layout.headCount + layout.keyValueHeadCount) * d)
    for segment in segments {
      let own = x.at(row: segment.firstRow)
      func value(_ position: Int, _ column: Int) -> Double {
        position < segment.position ? cache[position, column] : own[position - segment.position, column]
      }
      forEach(segment.rowCount, layout.headCount) { i, h in
        let (k, v) = (keys + h / group * d, values + h / group * d)
        let scores = (0...segment.position + i).map { j in
          Double(scale) * (0..<d).reduce(0) { $0 + own[i, h * d + $1] * value(j, k + $1) }
        }
        let largest = scores.max()!
        let weights = scores.map { exp($0 - largest) }
        let total = weights.reduce(0, +)
        for c in 0..<d {
          z[segment.firstRow + i, h * d + c] =
            weights.indices.reduce(0) { $0 + weights[$1] * value($1, v + c) } / total
        }
      }
    }
  }

  private func coefficients(
    _ attention: Region<DoubleBuffer>, _ segment: AttentionSegment, _ layout: AttentionLayout, head: Int
  ) -> Region<DoubleBuffer> {
    Region(
      attention.buffer, offset: attention.offset + segment.attentionOffset + head * layout.headStride,
      stride: attention.stride)
  }
}
