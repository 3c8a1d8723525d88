// autointerp
// `TokenSampler` chooses the next token of a text, greedily or by a seed.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Platform

/// Chooses tokens from logits.
package struct TokenSampler: Sendable {
  private let temperature: Double
  private var random: SeededRandom

  /// - Parameters:
  ///   - temperature: 0 takes the largest logit; 1 draws by the model's probabilities.
  ///   - seed: equal seeds and logits draw the same tokens.
  package init(temperature: Double, seed: UInt64) {
    self.temperature = temperature
    random = SeededRandom(seed: seed)
  }

  /// Returns a token; among equal logits the smallest id.
  package mutating func next(_ logits: [Float]) -> Int32 {
    let best = OutputDistribution.largest(1, of: logits) { $0 }.first ?? 0
    guard temperature > 0 else { return Int32(best) }
    let weights = logits.map { exp((Double($0) - Double(logits[best])) / temperature) }
    var rest = random.unit() * weights.reduce(0, +)
    for (token, weight) in weights.enumerated() {
      rest -= weight
      if rest < 0 { return Int32(token) }
    }
    // Rounding may leave a little.
    return Int32(best)
  }
}
