// autointerp
// What a direction does to every token of the vocabulary, summarised.
// SPDX-License-Identifier: Apache-2.0

/// A token's share in a projection.
package struct TokenContribution: Equatable, Sendable {
  package var token: Int32
  /// Dot product of the direction with the token's row.
  package var value: Float
  /// Distance of `value` from the mean over the vocabulary, which changes no probability, over the standard deviation of
  /// that distance for random directions of the same norm.
  package var zScore: Float

  package init(token: Int32, value: Float, zScore: Float) {
    self.token = token
    self.value = value
    self.zScore = zScore
  }
}

/// The dot products of one direction with the rows of a `[V, D]` table.
package struct DirectionProjection: Equatable, Sendable {
  /// Euclidean norm of the direction.
  package var norm: Float
  /// Mean of the values over the vocabulary: a shift of all logits, which changes no probability.
  package var mean: Float
  package var standardDeviation: Float
  package var minimum: Float
  package var maximum: Float
  /// Largest first; of equal values the smaller token first.
  package var highest: [TokenContribution]
  /// Smallest first.
  package var lowest: [TokenContribution]
}

/// The largest values seen, kept sorted: cheap when, as in a long scan, few values get in.
struct LargestValues {
  private(set) var entries: [(value: Float, token: Int32)] = []
  private let capacity: Int
  /// Values that are not above this do not get in.
  private(set) var bound: Float

  init(capacity: Int) {
    self.capacity = capacity
    bound = capacity > 0 ? -.infinity : .infinity
  }

  /// Tokens have to come in ascending order.
  mutating func insert(_ value: Float, token: Int32) {
    guard value > bound else { return }
    let place = entries.firstIndex { value > $0.value } ?? entries.count
    entries.insert((value, token), at: place)
    if entries.count > capacity { entries.removeLast() }
    if entries.count == capacity { bound = entries[capacity - 1].value }
  }
}
