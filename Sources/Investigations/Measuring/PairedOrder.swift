// autointerp
// `PairedOrder` says how often values of one class are larger than those of another, with an interval over prompts.
// SPDX-License-Identifier: Apache-2.0

package import Causality
internal import Platform

/// The area under the ROC curve: the share of pairs of one positive and one negative value in which the positive is larger,
/// with ties counted half. Only pairs of one stratum count, so that a difference between strata is no difference between
/// classes.
package struct PairedOrder: Sendable {
  /// One value.
  package struct Item: Sendable {
    package var prompt: Int
    package var stratum: Int
    package var isPositive: Bool
    package var value: Double

    package init(prompt: Int, stratum: Int, isPositive: Bool, value: Double) {
      self.prompt = prompt
      self.stratum = stratum
      self.isPositive = isPositive
      self.value = value
    }
  }

  /// `[prompts * prompts]`: pairs of a positive value of the row's prompt and a negative one of the column's, and how many of
  /// them are in order.
  private var pairs: [Double]
  private var ordered: [Double]
  private let promptCount: Int

  /// - Complexity: O(positive * negative values)
  package init(_ items: [Item], promptCount: Int) {
    self.promptCount = promptCount
    pairs = [Double](repeating: 0, count: promptCount * promptCount)
    ordered = pairs
    let negatives = Dictionary(grouping: items.filter { !$0.isPositive }, by: \.stratum)
    for item in items where item.isPositive {
      for other in negatives[item.stratum] ?? [] {
        let place = item.prompt * promptCount + other.prompt
        pairs[place] += 1
        ordered[place] += item.value > other.value ? 1 : item.value == other.value ? 0.5 : 0
      }
    }
  }

  /// Nil if there is no pair.
  package var area: Double? {
    let count = pairs.reduce(0, +)
    return count > 0 ? ordered.reduce(0, +) / count : nil
  }

  /// The area with its 95 % percentile interval over prompts drawn with replacement; nil without pairs.
  package func estimate(seed: UInt64) -> IntervalEstimate? {
    guard let area else { return nil }
    var random = SeededRandom(seed: seed)
    var drawn: [Double] = []
    for _ in 0..<Self.rounds {
      var weights = [Double](repeating: 0, count: promptCount)
      for _ in 0..<promptCount { weights[random.integer(in: 0...promptCount - 1)] += 1 }
      var (sum, count) = (0.0, 0.0)
      for row in 0..<promptCount where weights[row] > 0 {
        for column in 0..<promptCount where weights[column] > 0 {
          let weight = weights[row] * weights[column]
          sum += weight * ordered[row * promptCount + column]
          count += weight * pairs[row * promptCount + column]
        }
      }
      if count > 0 { drawn.append(sum / count) }
    }
    guard drawn.count >= Self.rounds / 2 else { return IntervalEstimate(mean: area, low: nil, high: nil) }
    drawn.sort()
    return IntervalEstimate(
      mean: area, low: drawn[drawn.count / 40], high: drawn[drawn.count - 1 - drawn.count / 40])
  }

  private static let rounds = 1000
}
