// autointerp
// `Proportion` holds a count out of a total and gives its rate with a Wilson interval.
// SPDX-License-Identifier: Apache-2.0

/// A count out of a total, such as 41 of 165 prompts.
package struct Proportion: Hashable, Sendable {
  package let count: Int
  package let total: Int

  /// `count` must lie in `0...total`.
  package init(_ count: Int, of total: Int) {
    precondition(total >= 0 && (0...total).contains(count), "\(count) of \(total) is no proportion")
    self.count = count
    self.total = total
  }

  /// `count / total`; 0 if the total is 0.
  package var rate: Double { total > 0 ? Double(count) / Double(total) : 0 }

  /// The interval that covers the true rate in 95 of 100 samples. `0...1` if the total is 0.
  ///
  /// Wilson's score interval (Wilson 1927), without continuity correction: unlike `rate ± 1.96 errors` it stays in `0...1`
  /// and is useful at 0 and at 1.
  package var interval: ClosedRange<Double> {
    guard total > 0 else { return 0...1 }
    let n = Double(total)
    let z = Normal.quantile975
    let middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (rate * (1 - rate) / n + z * z / (4 * n * n)).squareRoot()
    // At the ends the formula gives 0 and 1 exactly; rounding must not.
    return (count == 0 ? 0 : max(0, middle - half))...(count == total ? 1 : min(1, middle + half))
  }
}

/// Constants of the standard normal distribution.
enum Normal {
  /// 97.5 of 100 values are smaller: half the width of a 95 % interval, in standard errors.
  static let quantile975 = 1.959963984540054
}
