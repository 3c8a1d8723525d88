// autointerp
// `FaithfulnessCurve` says how much of a behaviour circuits of growing size keep, over pairs.
// SPDX-License-Identifier: Apache-2.0

/// Faithfulness over sizes of circuits, as the ratio of means over pairs, so that pairs on which little is at stake do not
/// dominate.
///
/// `F = (m(C) - m(0)) / (m(M) - m(0))`: m(M) the metric of the whole model, m(0) with every neuron ablated, m(C) with all
/// but the circuit ablated. The areas are over the share of neurons from 0 to 1, by trapezoids: `cpr` of F, and `cmd` of
/// |1 - F| (as CPR and CMD in MIB, Mueller et al. 2025, arXiv 2504.13151, there for edges).
package struct FaithfulnessCurve: Sendable {
  package struct Point: Sendable {
    /// Share of all neurons.
    package var share: Double
    /// Neurons of a circuit, the mean over pairs.
    package var size: Double
    package var faithfulness: IntervalEstimate
    /// F of the model without the circuit; a complete circuit leaves nothing.
    package var complement: IntervalEstimate
  }

  package var method: RankingMethod
  package var ablation: CircuitAblation
  package var points: [Point]

  package var cpr: Double { area { $0.faithfulness.mean } }
  package var cmd: Double { area { abs(1 - $0.faithfulness.mean) } }

  /// The smallest measured size from which on F stays at `level` or more; nil if none does.
  package func size(for level: Double) -> Double? {
    guard let below = points.lastIndex(where: { $0.faithfulness.mean < level }) else { return points.first?.size }
    return below + 1 < points.count ? points[below + 1].size : nil
  }

  private func area(_ value: (Point) -> Double) -> Double {
    zip(points, points.dropFirst()).reduce(0) { sum, pair in
      sum + (pair.1.share - pair.0.share) * (value(pair.0) + value(pair.1)) / 2
    }
  }

  /// Shares of all neurons at which curves are measured, in order: the first is none and the last is all of them; the
  /// steps between grow about threefold or less.
  package static let shares = [0, 0.0003, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]
}

/// Gathers the metrics of one method and ablation over pairs.
package struct FaithfulnessSums: Sendable {
  private var sizes: [[Double]]
  private var kept: [[Double]]
  private var left: [[Double]]
  private var stakes: [Double] = []

  package init() {
    sizes = FaithfulnessCurve.shares.map { _ in [] }
    kept = sizes
    left = sizes
  }

  /// Adds a pair: what the circuits of each share keep and leave of the metric, above m(0).
  package mutating func add(stake: Double, sizes: [Int], kept: [Double], left: [Double]) {
    stakes.append(stake)
    for i in sizes.indices {
      self.sizes[i].append(Double(sizes[i]))
      self.kept[i].append(kept[i])
      self.left[i].append(left[i])
    }
  }

  package func curve(_ method: RankingMethod, _ ablation: CircuitAblation, seed: UInt64) -> FaithfulnessCurve? {
    guard !stakes.isEmpty else { return nil }
    var points: [FaithfulnessCurve.Point] = []
    for (i, share) in FaithfulnessCurve.shares.enumerated() {
      guard let faithfulness = Bootstrap.ratio(kept[i], to: stakes, seed: seed),
        let complement = Bootstrap.ratio(left[i], to: stakes, seed: seed)
      else { return nil }
      points.append(
        FaithfulnessCurve.Point(
          share: share, size: sizes[i].reduce(0, +) / Double(sizes[i].count), faithfulness: faithfulness,
          complement: complement))
    }
    return FaithfulnessCurve(method: method, ablation: ablation, points: points)
  }
}
