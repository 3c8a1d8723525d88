// autointerp
// `MeasuredChange` says how one intervention changed what the model predicts after one prompt.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// What one intervention did to the prediction after one prompt.
package struct MeasuredChange: Sendable {
  /// Which set and kind of the plan.
  package var item: InterventionPlan.Case
  /// What was added to the first neuron of the set at its last changed position.
  package var amount: Float
  /// KL(before || after) over the whole vocabulary, in nats.
  package var divergence: Double
  package var metricBefore: Double
  package var metricAfter: Double
  /// Log p of the token that was the most probable one before.
  package var answerBefore: Double
  package var answerAfter: Double
  /// True if the most probable token is another one.
  package var answerChanged: Bool
  package var topAfter: [RankedToken]
  /// The tokens that moved most in probability.
  package var moved: [TokenShift]
  /// How many tokens share the change: the inverse Simpson number of |change of probability|.
  package var effectiveTokens: Double
  /// How far the logits of the expected tokens rose above the mean of all logits. Nil if nothing is expected.
  package var expectedShift: Double?
  /// Share of all |change of probability| on the expected tokens.
  package var expectedShare: Double?

  package var metricChange: Double { metricAfter - metricBefore }
}

/// The tokens that a neuron's weights promote when its value rises, and when it falls.
package struct ExpectedTokens: Hashable, Sendable {
  package var rising: [Int32]
  package var falling: [Int32]

  package init(rising: [Int32], falling: [Int32]) {
    self.rising = rising
    self.falling = falling
  }

  /// What should rise when `amount` is added.
  func tokens(for amount: Float) -> [Int32] { amount < 0 ? falling : rising }
}

extension MeasuredChange {
  init(
    _ item: InterventionPlan.Case, amount: Float, before: OutputDistribution, after: OutputDistribution,
    metric: (before: Double, after: Double), topCount: Int, expected: ExpectedTokens?
  ) {
    self.item = item
    self.amount = amount
    divergence = before.divergence(to: after)
    (metricBefore, metricAfter) = metric
    answerBefore = before.logProbability(before.answer)
    answerAfter = after.logProbability(before.answer)
    answerChanged = after.answer != before.answer
    topAfter = after.top(topCount)
    var (sum, squares, logits) = (0.0, 0.0, 0.0)
    let changes = zip(before.probabilities, after.probabilities).map { $1 - $0 }
    for (i, change) in changes.enumerated() {
      sum += abs(change)
      squares += change * change
      logits += Double(after.logits[i]) - Double(before.logits[i])
    }
    effectiveTokens = squares > 0 ? sum * sum / squares : 0
    moved = OutputDistribution.largest(topCount, of: changes) { Float(abs($0)) }.map {
      TokenShift(
        token: Int32($0), logitChange: after.logits[$0] - before.logits[$0], probabilityChange: changes[$0])
    }
    guard let tokens = expected?.tokens(for: amount), !tokens.isEmpty else { return }
    let shift = tokens.reduce(0.0) { $0 + Double(after.logits[Int($1)]) - Double(before.logits[Int($1)]) }
    expectedShift = shift / Double(tokens.count) - logits / Double(changes.count)
    expectedShare = sum > 0 ? tokens.reduce(0.0) { $0 + abs(changes[Int($1)]) } / sum : 0
  }
}
