// autointerp
// `DetectableDifference` says how large a difference between two groups must be for a run of this size to find it.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// What Fisher's exact test can find with a given number of prompts in each group.
package struct DetectableDifference: Sendable {
  private let first: Int
  private let second: Int
  /// `[count in the second group]`: how many prompts of the first group are needed, at least, for a p-value of at most the
  /// level; nil if no count suffices. Counts that the highest rate makes practically impossible are left out.
  private let needed: [Int?]

  /// - Parameters:
  ///   - first: prompts of the first group.
  ///   - second: prompts of the second group.
  ///   - level: a difference counts as found if its p-value is at most this.
  ///   - highestRate: of the second group, that `power` and `smallestRate` will be asked about.
  /// - Complexity: O(prompts squared) at worst; the part of it that `highestRate` makes possible
  package init(first: Int, second: Int, level: Double, highestRate: Double = 0.1) {
    self.first = first
    self.second = second
    let mean = Double(second) * highestRate
    let mostLikely = Int(mean + 8 * (mean * (1 - highestRate)).squareRoot() + 8)
    var needed: [Int?] = []
    // More prompts of the second group need more of the first, so the search continues where the last one ended.
    var count = 0
    for other in 0...min(second, mostLikely) {
      while count <= first, !Self.isFound(count, of: first, against: other, of: second, level: level) { count += 1 }
      needed.append(count <= first ? count : nil)
    }
    self.needed = needed
  }

  private static func isFound(_ count: Int, of first: Int, against other: Int, of second: Int, level: Double) -> Bool {
    guard count * second > other * first else { return false }
    let margins = StratumMargins(first: first, second: second, appearing: count + other)
    return ExactDistribution([margins]).twoSidedP(count) <= level
  }

  /// The fewest prompts of the first group that are a finding if no prompt of the second group has the neuron; nil if the
  /// run is too small for any.
  package var fewestAgainstNone: Int? { needed[0] }

  /// The probability that a neuron with these true rates is found, with the first rate above the second.
  package func power(firstRate: Double, secondRate: Double) -> Double {
    let above = Self.upperTails(of: first, rate: firstRate)
    var power = 0.0
    for (least, probability) in zip(needed, Self.binomial(second, rate: secondRate)) {
      if let least { power += probability * above[least] }
    }
    return min(1, power)
  }

  /// The smallest rate in the first group that is found with probability 0.8 if the second group's rate is `rate`;
  /// nil if even 1 is not. Exact to 0.0001.
  package func smallestRate(against rate: Double) -> Double? {
    var (low, high) = (rate, 1.0)
    guard power(firstRate: 1, secondRate: rate) >= Self.wantedPower else { return nil }
    while high - low > 0.0001 {
      let middle = (low + high) / 2
      if power(firstRate: middle, secondRate: rate) >= Self.wantedPower { high = middle } else { low = middle }
    }
    return high
  }

  /// The convention of most trials.
  private static let wantedPower = 0.8

  /// `[0...count]`: the probabilities of a binomial count.
  private static func binomial(_ count: Int, rate: Double) -> [Double] {
    if rate <= 0 { return [1] + Array(repeating: 0, count: count) }
    if rate >= 1 { return Array(repeating: 0, count: count) + [1] }
    var logs = [Double(count) * log1p(-rate)]
    for k in 0..<count {
      logs.append(logs[k] + log(Double(count - k) / Double(k + 1)) + log(rate) - log1p(-rate))
    }
    return logs.map { exp($0) }
  }

  /// `[0...count]`: the probability of at least this many.
  private static func upperTails(of count: Int, rate: Double) -> [Double] {
    var tails = binomial(count, rate: rate)
    for k in stride(from: count - 1, through: 0, by: -1) { tails[k] += tails[k + 1] }
    return tails
  }
}
