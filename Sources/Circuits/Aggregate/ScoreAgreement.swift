// autointerp
// `ScoreAgreement` says how well scores predict what the removal of nodes does.
// SPDX-License-Identifier: Apache-2.0

/// How well the scores of one rule agree with measured contributions, over the random samples of many prompts.
///
/// Intervals are at 95 % and clustered by prompt, since the nodes of one prompt are not independent. They come from the
/// jackknife, which leaves out one prompt at a time: the variance is `(n - 1) / n * sum of (estimate without i - mean
/// of these)^2`, and an interval is the estimate plus and minus 1.96 standard errors, cut to the statistic's range. The
/// ranks of the rank correlation are not recomputed for each prompt left out.
package struct ScoreAgreement: Equatable, Sendable {
  /// A statistic with its interval. A single prompt gives no interval.
  package struct Estimate: Equatable, Sendable {
    package var value: Double
    package var low: Double?
    package var high: Double?

    package init(value: Double, low: Double?, high: Double?) {
      self.value = value
      self.low = low
      self.high = high
    }
  }

  package var nodes: Int
  package var prompts: Int
  /// Pearson's correlation of score and contribution. Nil if one of them does not vary.
  package var correlation: Estimate?
  /// Spearman's: the correlation of their ranks.
  package var rankCorrelation: Estimate?
  /// The share of nodes whose score has the sign of the contribution.
  package var signAgreement: Estimate?
  /// The share of nodes whose score is within 25 % of the contribution.
  package var withinQuarter: Estimate?

  /// A score is right if it is off by at most this share of the contribution.
  package static let closeness: Float = 0.25

  /// Statistics that were computed before.
  package init(
    nodes: Int, prompts: Int, correlation: Estimate?, rankCorrelation: Estimate?, signAgreement: Estimate?,
    withinQuarter: Estimate?
  ) {
    self.nodes = nodes
    self.prompts = prompts
    self.correlation = correlation
    self.rankCorrelation = rankCorrelation
    self.signAgreement = signAgreement
    self.withinQuarter = withinQuarter
  }

  /// `prompts`: pairs of score and contribution of each prompt, in any fixed order.
  package init(_ prompts: [[(score: Float, contribution: Float)]]) {
    let clusters = prompts.filter { !$0.isEmpty }
    self.prompts = clusters.count
    nodes = clusters.reduce(0) { $0 + $1.count }
    guard nodes > 0 else { return }
    let scores = clusters.map { $0.map { Double($0.score) } }
    let contributions = clusters.map { $0.map { Double($0.contribution) } }
    func correlation(_ x: [[Double]], _ y: [[Double]]) -> Estimate? {
      Self.estimate(zip(x, y).map { Moments($0, $1) }, in: -1...1) { $0.correlation }
    }
    self.correlation = correlation(scores, contributions)
    rankCorrelation = correlation(Self.ranks(scores), Self.ranks(contributions))
    func share(_ isRight: (Float, Float) -> Bool) -> Estimate? {
      let parts = clusters.map { pairs in
        Moments(count: Double(pairs.count), right: Double(pairs.count { isRight($0.score, $0.contribution) }))
      }
      return Self.estimate(parts, in: 0...1) { $0.count > 0 ? $0.right / $0.count : nil }
    }
    signAgreement = share { $0 == 0 ? $1 == 0 : ($0 > 0) == ($1 > 0) && $1 != 0 }
    withinQuarter = share { abs($0 - $1) <= Self.closeness * abs($1) }
  }

  /// The sums of one prompt, or of many.
  private struct Moments {
    var count = 0.0
    var right = 0.0
    var (x, y, xx, yy, xy) = (0.0, 0.0, 0.0, 0.0, 0.0)

    init(count: Double, right: Double) {
      self.count = count
      self.right = right
    }

    init(_ xs: [Double], _ ys: [Double]) {
      count = Double(xs.count)
      for (a, b) in zip(xs, ys) {
        x += a
        y += b
        xx += a * a
        yy += b * b
        xy += a * b
      }
    }

    static func + (a: Moments, b: Moments) -> Moments { combine(a, b, 1) }
    static func - (a: Moments, b: Moments) -> Moments { combine(a, b, -1) }

    private static func combine(_ a: Moments, _ b: Moments, _ sign: Double) -> Moments {
      var sum = a
      sum.count += sign * b.count
      sum.right += sign * b.right
      sum.x += sign * b.x
      sum.y += sign * b.y
      sum.xx += sign * b.xx
      sum.yy += sign * b.yy
      sum.xy += sign * b.xy
      return sum
    }

    var correlation: Double? {
      guard count >= 3 else { return nil }
      let (a, b) = (xx - x * x / count, yy - y * y / count)
      // Below this, only rounding errors are left.
      guard a > 1e-12 * xx, b > 1e-12 * yy else { return nil }
      return max(-1, min(1, (xy - x * y / count) / (a * b).squareRoot()))
    }
  }

  private static func estimate(
    _ parts: [Moments], in range: ClosedRange<Double>, _ statistic: (Moments) -> Double?
  ) -> Estimate? {
    let whole = parts.reduce(Moments(count: 0, right: 0), +)
    guard let value = statistic(whole) else { return nil }
    let without = parts.compactMap { statistic(whole - $0) }
    guard without.count == parts.count, parts.count > 1 else { return Estimate(value: value, low: nil, high: nil) }
    let n = Double(parts.count)
    let mean = without.reduce(0, +) / n
    let error = ((n - 1) / n * without.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }).squareRoot()
    return Estimate(
      value: value, low: max(range.lowerBound, value - 1.96 * error), high: min(range.upperBound, value + 1.96 * error))
  }

  /// Ranks from 1. Equal values share the mean of their ranks.
  package static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }

  /// The ranks over all prompts.
  private static func ranks(_ values: [[Double]]) -> [[Double]] {
    let ranks = ranks(values.flatMap { $0 })
    var next = 0
    return values.map { part in
      defer { next += part.count }
      return Array(ranks[next..<next + part.count])
    }
  }
}
