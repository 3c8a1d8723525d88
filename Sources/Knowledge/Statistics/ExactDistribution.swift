// autointerp
// `ExactDistribution` gives the exact distribution of a count under the hypothesis that two groups do not differ.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// The prompts of one stratum: how many there are in each group, and how many of them all have what is counted.
package struct StratumMargins: Hashable, Sendable {
  package let first: Int
  package let second: Int
  package let appearing: Int

  /// `appearing` must lie in `0...(first + second)`.
  package init(first: Int, second: Int, appearing: Int) {
    precondition(first >= 0 && second >= 0 && (0...(first + second)).contains(appearing))
    self.first = first
    self.second = second
    self.appearing = appearing
  }
}

/// How many of the prompts that have something belong to the first group, if it does not depend on the group.
///
/// Within a stratum the count is hypergeometric given the margins (Fisher 1935); the counts of several strata are added, so
/// that the distribution of the sum is the convolution (Birch 1964). One stratum gives Fisher's exact test, several give the
/// exact form of the Cochran-Mantel-Haenszel test. Strata that hold one group only add a constant: they say nothing.
///
/// Probabilities are kept as logarithms, so that tables of many thousands do not underflow.
package struct ExactDistribution: Sendable {
  /// The smallest count that the margins allow.
  package let lowest: Int
  /// The logarithms of the probabilities of `lowest`, `lowest + 1`, ...; the probabilities sum to 1.
  let logProbabilities: [Double]
  /// `[support]`: two-sided p-values.
  private let twoSided: [Double]

  /// - Complexity: O(support) for one stratum, otherwise O(support squared)
  package init(_ strata: [StratumMargins]) {
    var lowest = 0
    var sum: [Double] = [0]
    for stratum in strata {
      let (start, logs) = Self.hypergeometric(stratum)
      lowest += start
      sum = Self.convolved(sum, logs)
    }
    self.lowest = lowest
    logProbabilities = Self.normalized(sum)
    twoSided = Self.twoSided(logProbabilities)
  }

  /// How many of the prompts that have something on one side only have it on the first, if both sides are alike: binomial
  /// with probability 1/2. The same as as many strata of one prompt a side.
  ///
  /// - Complexity: O(count)
  package init(discordantPairs count: Int) {
    precondition(count >= 0)
    var logs = [0.0]
    for k in 0..<count { logs.append(logs[k] + log(Double(count - k) / Double(k + 1))) }
    lowest = 0
    logProbabilities = Self.normalized(logs)
    twoSided = Self.twoSided(logProbabilities)
  }

  /// The largest count that the margins allow.
  package var highest: Int { lowest + logProbabilities.count - 1 }

  /// The probability of a count that is at most as likely as `count`; `count` must lie in `lowest...highest`.
  package func twoSidedP(_ count: Int) -> Double { twoSided[count - lowest] }

  /// The smallest two-sided p-value that any count with these margins can have (Tarone 1990).
  package var smallestP: Double { min(twoSided[0], twoSided[twoSided.count - 1]) }

  // MARK: Construction

  /// Logarithms of the hypergeometric probabilities up to a constant, by the ratios of neighbours: no factorials, whose
  /// logarithms would cancel to a loss of digits.
  private static func hypergeometric(_ margins: StratumMargins) -> (lowest: Int, logs: [Double]) {
    let lowest = max(0, margins.appearing - margins.second)
    let highest = min(margins.appearing, margins.first)
    var logs = [0.0]
    logs.reserveCapacity(highest - lowest + 1)
    for k in lowest..<highest {
      let up = Double(margins.appearing - k) * Double(margins.first - k)
      let down = Double(k + 1) * Double(margins.second - margins.appearing + k + 1)
      logs.append(logs[k - lowest] + log(up / down))
    }
    return (lowest, normalized(logs))
  }

  private static func normalized(_ logs: [Double]) -> [Double] {
    let total = logOfSum(logs)
    return logs.map { $0 - total }
  }

  private static func logOfSum(_ logs: [Double]) -> Double {
    guard let largest = logs.max(), largest > -.infinity else { return -.infinity }
    return largest + log(logs.reduce(0) { $0 + exp($1 - largest) })
  }

  private static func convolved(_ a: [Double], _ b: [Double]) -> [Double] {
    if a.count == 1 { return b.map { $0 + a[0] } }
    if b.count == 1 { return a.map { $0 + b[0] } }
    return (0..<(a.count + b.count - 1)).map { sum in
      logOfSum((max(0, sum - b.count + 1)...min(sum, a.count - 1)).map { a[$0] + b[sum - $0] })
    }
  }

  /// Probabilities this close count as equal, as in R's `fisher.test`, because equal ones differ by rounding.
  private static let tieTolerance = 1e-7

  private static func twoSided(_ logs: [Double]) -> [Double] {
    let order = logs.indices.sorted { (logs[$0], $0) < (logs[$1], $1) }
    var p = [Double](repeating: 1, count: logs.count)
    var (sum, next) = (0.0, 0)
    for place in order {
      while next < order.count, logs[order[next]] <= logs[place] + tieTolerance {
        sum += exp(logs[order[next]])
        next += 1
      }
      // The sum of all is 1, but for rounding.
      p[place] = next == order.count ? 1 : min(1, sum)
    }
    return p
  }
}
