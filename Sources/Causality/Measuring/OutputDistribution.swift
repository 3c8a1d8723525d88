// autointerp
// `OutputDistribution` holds the logits of one position with their probabilities.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// A token with its place among all tokens.
package struct RankedToken: Hashable, Sendable {
  package var token: Int32
  package var logit: Float
  package var probability: Double
}

/// How one token moved.
package struct TokenShift: Hashable, Sendable {
  package var token: Int32
  package var logitChange: Float
  package var probabilityChange: Double
}

/// The logits of one position, and softmax over them in Float64.
package struct OutputDistribution: Sendable {
  package let logits: [Float]
  package let probabilities: [Double]
  /// The log of the sum of all exponentials.
  package let logSum: Double

  package init(_ logits: [Float]) {
    self.logits = logits
    let largest = Double(logits.max() ?? 0)
    var total = 0.0
    var values = [Double](repeating: 0, count: logits.count)
    for (i, logit) in logits.enumerated() {
      values[i] = exp(Double(logit) - largest)
      total += values[i]
    }
    for i in values.indices { values[i] /= total }
    probabilities = values
    logSum = largest + log(total)
  }

  package func logProbability(_ token: Int32) -> Double { Double(logits[Int(token)]) - logSum }

  /// The most probable token; among equals the one with the smallest id.
  package var answer: Int32 { Self.answer(of: logits) }

  static func answer(of logits: [Float]) -> Int32 { Int32(largest(1, of: logits) { $0 }.first ?? 0) }

  /// The largest logits, largest first; among equals the smaller id first.
  package func top(_ count: Int) -> [RankedToken] {
    Self.largest(count, of: logits) { $0 }.map {
      RankedToken(token: Int32($0), logit: logits[$0], probability: probabilities[$0])
    }
  }

  /// The Kullback-Leibler divergence of `other` from this distribution, KL(self || other), in nats.
  package func divergence(to other: OutputDistribution) -> Double {
    var sum = 0.0
    for (i, p) in probabilities.enumerated() where p > 0 {
      sum += p * (Double(logits[i]) - Double(other.logits[i]))
    }
    return max(0, sum - logSum + other.logSum)
  }

  /// The places of the `count` elements with the largest keys, largest first.
  static func largest<Element>(_ count: Int, of values: [Element], by key: (Element) -> Float) -> [Int] {
    var best: [(key: Float, place: Int)] = []
    for (place, value) in values.enumerated() {
      let key = key(value)
      if best.count == count, count == 0 || key <= best[count - 1].key { continue }
      let rank = best.firstIndex { key > $0.key } ?? best.count
      best.insert((key, place), at: rank)
      if best.count > count { best.removeLast() }
    }
    return best.map(\.place)
  }
}
