// autointerp
// `FalseDiscovery` turns the p-values of many tests into q-values by the method of Benjamini and Hochberg.
// SPDX-License-Identifier: Apache-2.0

/// Correction for many tests at once.
package enum FalseDiscovery {
  /// The q-value of each p-value, in the order given: of the tests with a q-value below 0.05, less than 5 % are expected to
  /// be false discoveries (Benjamini and Hochberg 1995).
  ///
  /// - Parameters:
  ///   - p: the p-values.
  ///   - tests: how many tests there are in all, if those with a p-value of 1 are left out.
  /// - Returns: the q-values in the same order.
  /// - Complexity: O(n log n)
  package static func qValues(_ p: [Double], of tests: Int? = nil) -> [Double] {
    let order = p.indices.sorted { (p[$0], $0) < (p[$1], $1) }
    var q = [Double](repeating: 1, count: p.count)
    var smallest = 1.0
    for (rank, place) in order.enumerated().reversed() {
      smallest = min(smallest, p[place] * Double(tests ?? p.count) / Double(rank + 1))
      q[place] = smallest
    }
    return q
  }
}
