// autointerp
// `Separation` measures how well a score tells things that have a property from those that do not: the AUC.
// SPDX-License-Identifier: Apache-2.0

/// The area under the ROC curve with its 95 % interval: the probability that a random positive scores above a random negative,
/// ties counted by half. 0.5 is chance.
package struct Separation: Hashable, Sendable {
  package let value: Double
  package let low: Double
  package let high: Double
  package let positives: Int
  package let negatives: Int

  /// Nil without a positive or without a negative.
  ///
  /// - Complexity: O(n log n)
  package init?(positives: [Double], negatives: [Double]) {
    guard !positives.isEmpty, !negatives.isEmpty else { return nil }
    let (m, n) = (positives.count, negatives.count)
    let area = (Self.rankSum(of: positives, among: negatives) - Double(m) * Double(m + 1) / 2) / Double(m) / Double(n)
    value = min(1, max(0, area))
    self.positives = m
    self.negatives = n
    (low, high) = Self.interval(value, m, n)
  }

  /// The sum of the ranks of the positives among all, equal scores with their mean rank (Mann and Whitney 1947).
  private static func rankSum(of positives: [Double], among negatives: [Double]) -> Double {
    let all = (positives.map { ($0, true) } + negatives.map { ($0, false) }).sorted { $0.0 < $1.0 }
    var (sum, place) = (0.0, 0)
    while place < all.count {
      let end = all[place...].firstIndex { $0.0 != all[place].0 } ?? all.count
      // Ranks place + 1 to end.
      sum += Double(all[place..<end].count { $0.1 }) * Double(place + 1 + end) / 2
      place = end
    }
    return sum
  }

  /// Newcombe's score interval (2006, part 2, method 5): all areas whose distance from the one found is at most 1.96 standard errors
  /// that *they* would have (Hanley and McNeil 1982). Unlike the plain one it has a width at 0 and at 1.
  private static func interval(_ found: Double, _ m: Int, _ n: Int) -> (low: Double, high: Double) {
    func error(_ area: Double) -> Double {
      let count = Double(m + n) / 2 - 1
      let inner = 1 + count * ((1 - area) / (2 - area) + area / (1 + area))
      return (area * (1 - area) * inner / Double(m) / Double(n)).squareRoot()
    }
    // The distance minus its limit changes its sign once between the end and the area found.
    func bound(from end: Double) -> Double {
      var (outside, inside) = (end, found)
      for _ in 0..<60 {
        let middle = (outside + inside) / 2
        if abs(found - middle) > Normal.quantile975 * error(middle) { outside = middle } else { inside = middle }
      }
      return inside
    }
    return (bound(from: 0), bound(from: 1))
  }
}
