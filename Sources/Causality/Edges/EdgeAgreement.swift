// autointerp
// `EdgeAgreement` says by distance how well edges predict what removing their sources does.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// How well the effects of edges agree with measured changes, over edges that span similar numbers of layers.
package struct EdgeAgreement: Sendable {
  package var distances: ClosedRange<Int>
  package var count: Int
  /// Correlation of the edge's effect with the change along the direct path, and in full. Nil if nothing varies.
  package var directCorrelation: Double?
  package var fullCorrelation: Double?
  /// Share of edges whose sign is right.
  package var directSigns: Double
  package var fullSigns: Double
  /// The median of measured change over effect: above 1 if edges say too little.
  package var directRatio: Double

  /// The agreement for some ranges of distance; ranges without edges are left out.
  package static func byDistance(
    _ edges: [CheckedEdge], ranges: [ClosedRange<Int>] = [1...1, 2...3, 4...7, 8...15, 16...1000]
  ) -> [EdgeAgreement] {
    ranges.compactMap { range in
      let own = edges.filter { range.contains($0.distance) }
      guard !own.isEmpty else { return nil }
      let effects = own.map { Double($0.effect) }
      let (direct, full) = (own.map { Double($0.direct) }, own.map { Double($0.full) })
      func signs(_ values: [Double]) -> Double {
        Double(zip(effects, values).count { $0.0 * $0.1 > 0 }) / Double(own.count)
      }
      return EdgeAgreement(
        distances: range, count: own.count, directCorrelation: correlation(effects, direct),
        fullCorrelation: correlation(effects, full), directSigns: signs(direct), fullSigns: signs(full),
        directRatio: PooledNull.median(zip(effects, direct).map { $0.0 == 0 ? 0 : $0.1 / $0.0 }))
    }
  }

  /// Pearson's correlation; nil for fewer than three values or if one side does not vary.
  static func correlation(_ x: [Double], _ y: [Double]) -> Double? {
    let n = Double(x.count)
    guard x.count >= 3 else { return nil }
    let (mx, my) = (x.reduce(0, +) / n, y.reduce(0, +) / n)
    let (sxx, syy) = (x.reduce(0) { $0 + ($1 - mx) * ($1 - mx) }, y.reduce(0) { $0 + ($1 - my) * ($1 - my) })
    guard sxx > 0, syy > 0 else { return nil }
    return zip(x, y).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) } / (sxx * syy).squareRoot()
  }
}
