// autointerp
// `PairAssociations` finds the pairs of neurons that are selected together more often than chance explains.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// Two neurons that are selected in the same prompts more often than expected within strata.
package struct PairLink: Equatable, Sendable {
  /// Rows of the table; `first` is the smaller.
  package var first: Int
  package var second: Int
  package var both: Int
  package var expected: Double
  /// Of the two columns of selections, within strata: 1 if they are always together.
  package var correlation: Double
  package var pValue: Double
  package var qValue: Double
}

/// Tests all pairs of neurons of a table.
///
/// What is expected is computed within strata: with `a` and `b` of a stratum's `n` prompts, `a b / n` have both. The p-value
/// is the exact probability, given these counts, of at least as many (the sum of independent hypergeometric numbers: Birch
/// 1964). All pairs that could share three prompts count as tests,
/// and only pairs that share prompts of three families can be linked. A prompt that is alone in its stratum says nothing, and is
/// left out.
struct PairAssociations: Sendable {
  /// Prompts of fewer families in common link no pair: near-duplicates count once.
  static let fewestShared = 3
  /// Pairs with less are not computed further: their p-values count as 1. At q < 0.05 they could be findings only if one pair
  /// in eight were one, and then they are the least sure.
  static let smallestZ = 2.5

  private static let certain = 1e-12

  let neuronCount: Int
  private let stratumSizes: [Int]
  private let stratumCounts: [Int]
  /// `[pairs]`, for `first < second`, row by row: expected common prompts and their variance; both 0 for pairs not tested.
  private let expected: [Float]
  private let variance: [Float]
  /// `[neurons]`: the standard deviation of the selections within strata.
  private let deviations: [Double]
  /// How many pairs are tested.
  let testCount: Int
  /// `log(n!)`.
  private let logFactorials: [Double]

  /// - Complexity: O(neurons squared * strata)
  init(_ table: SelectionTable) {
    let table = table.withoutLonePrompts
    let (count, strata) = (table.neurons.count, table.stratumCount)
    neuronCount = count
    stratumSizes = table.stratumSizes
    stratumCounts = table.stratumCounts()
    var logs = [0.0]
    for n in 1...max(1, table.promptCount) { logs.append(logs[n - 1] + log(Double(n))) }
    logFactorials = logs
    var means = Array(repeating: 0.0, count: count * strata)
    var spreads = means
    var deviations = Array(repeating: 0.0, count: count)
    for row in 0..<count {
      for stratum in 0..<strata {
        let (n, a) = (Double(stratumSizes[stratum]), Double(stratumCounts[row * strata + stratum]))
        guard n > 1 else { continue }
        means[row * strata + stratum] = a / n.squareRoot()
        spreads[row * strata + stratum] = a * (n - a) / (n * (n - 1).squareRoot())
        deviations[row] += a * (n - a) / n
      }
    }
    self.deviations = deviations.map { $0.squareRoot() }
    var expected: [Float] = []
    var variance: [Float] = []
    expected.reserveCapacity(count * max(0, count - 1) / 2)
    variance.reserveCapacity(count * max(0, count - 1) / 2)
    var tests = 0
    stratumCounts.withUnsafeBufferPointer { counts in
      for first in 0..<count {
        for second in (first + 1)..<max(first + 1, count) {
          var (mean, spread, most) = (0.0, 0.0, 0)
          for stratum in 0..<strata {
            let (a, b) = (first * strata + stratum, second * strata + stratum)
            most += min(counts[a], counts[b])
            mean += means[a] * means[b]
            spread += spreads[a] * spreads[b]
          }
          let isTested = most >= Self.fewestShared && spread > 0
          if isTested { tests += 1 }
          expected.append(isTested ? Float(mean) : 0)
          variance.append(isTested ? Float(spread) : 0)
        }
      }
    }
    self.expected = expected
    self.variance = variance
    testCount = tests
  }

  /// The pairs with q < 0.05 in a table with the counts of the one that this was made of (it, or a shuffled one), in order of
  /// their rows.
  func links(in table: SelectionTable) -> [PairLink] {
    candidates(in: table).filter { $0.qValue < ClassRule.largestQ }
  }

  /// So many pairs with the smallest p-values, in order of their rows: what half of the prompts says about a graph with so many
  /// links, though it is too small to be sure of each.
  func surest(_ count: Int, in table: SelectionTable) -> [PairLink] {
    let sorted = candidates(in: table).sorted { a, b in
      a.pValue != b.pValue ? a.pValue < b.pValue : (a.first, a.second) < (b.first, b.second)
    }
    return sorted.prefix(count).sorted { ($0.first, $0.second) < ($1.first, $1.second) }
  }

  /// The pairs with a large z, in order of their rows.
  ///
  /// - Complexity: O(neurons squared * prompts / 64 + pairs with a large z * (strata + prompts))
  private func candidates(in table: SelectionTable) -> [PairLink] {
    precondition(table.neurons.count == neuronCount)
    let table = table.withoutLonePrompts
    var links: [PairLink] = []
    var pair = 0
    for first in 0..<neuronCount {
      for second in (first + 1)..<max(first + 1, neuronCount) {
        defer { pair += 1 }
        guard variance[pair] > 0 else { continue }
        let both = table.shared(first, second)
        let excess = Double(both) - Double(expected[pair])
        guard both >= Self.fewestShared, excess > 0,
          excess * excess >= Self.smallestZ * Self.smallestZ * Double(variance[pair]),
          table.sharedFamilies(first, second) >= Self.fewestShared
        else { continue }
        links.append(
          PairLink(
            first: first, second: second, both: both, expected: Double(expected[pair]),
            correlation: min(1, excess / (deviations[first] * deviations[second])),
            pValue: pValue(first, second, both, expected: Double(expected[pair])), qValue: 1))
      }
    }
    let qValues = FalseDiscovery.qValues(links.map(\.pValue), of: testCount)
    for place in links.indices { links[place].qValue = qValues[place] }
    return links
  }

  /// The exact probability, or an upper bound of it that is below `certain`: what is so rare is a link whatever its exact value is.
  ///
  /// The number of common prompts is a sum of independent indicators (Vatutin and Mikhailov 1982), for which Chernoff's bound is
  /// `exp(k - m - k log(k / m))` with the expectation `m`.
  private func pValue(_ first: Int, _ second: Int, _ both: Int, expected: Double) -> Double {
    let count = Double(both)
    let bound = expected > 0 ? exp(count - expected - count * log(count / expected)) : 1
    return bound < Self.certain ? bound : upperTail(first, second, both)
  }

  /// The probability of at least `both` common prompts.
  func upperTail(_ first: Int, _ second: Int, _ both: Int) -> Double {
    let strata = stratumSizes.count
    var (lowest, sum) = (0, [1.0])
    for stratum in 0..<strata {
      let (n, a, b) = (
        stratumSizes[stratum], stratumCounts[first * strata + stratum], stratumCounts[second * strata + stratum]
      )
      guard a > 0, b > 0 else { continue }
      let (low, high) = (max(0, a + b - n), min(a, b))
      lowest += low
      guard high > low else { continue }
      let probabilities = (low...high).map { hypergeometric($0, n, a, b) }
      var next = Array(repeating: 0.0, count: sum.count + high - low)
      for (i, left) in sum.enumerated() {
        for (j, right) in probabilities.enumerated() { next[i + j] += left * right }
      }
      sum = next
    }
    return min(1, sum.dropFirst(max(0, both - lowest)).reversed().reduce(0, +))
  }

  private func hypergeometric(_ k: Int, _ n: Int, _ a: Int, _ b: Int) -> Double {
    func choose(_ n: Int, _ k: Int) -> Double { logFactorials[n] - logFactorials[k] - logFactorials[n - k] }
    return exp(choose(a, k) + choose(n - a, b - k) - choose(n, b))
  }
}
