// autointerp
// `DirectionProjection` summarises what a direction does to every token of the vocabulary.
// SPDX-License-Identifier: Apache-2.0

/// One token's value in a projection.
package struct TokenContribution: Equatable, Sendable {
  package var token: Int32
  /// The dot product of the direction with the token's row.
  package var value: Float
  /// How far `value` is from the vocabulary's mean (a shift of all logits changes no probability), in standard
  /// deviations of that distance for random directions of the same norm.
  package var zScore: Float

  package init(token: Int32, value: Float, zScore: Float) {
    self.token = token
    self.value = value
    self.zScore = zScore
  }
}

/// Summarises the dot products of one direction with the rows of a `[V, D]` table.
package struct DirectionProjection: Equatable, Sendable {
  /// The Euclidean norm of the direction.
  package var norm: Float
  /// The mean of the values over the vocabulary. It shifts all logits and changes no probability.
  package var mean: Float
  package var standardDeviation: Float
  package var minimum: Float
  package var maximum: Float
  /// The largest values first. Of equal values, the smaller token comes first.
  package var highest: [TokenContribution]
  /// The smallest values first.
  package var lowest: [TokenContribution]
}

/// Keeps the largest values seen, sorted. Cheap if few values of a long scan get in.
struct LargestValues {
  private(set) var entries: [(value: Float, token: Int32)] = []
  private let capacity: Int
  /// Values that are not above this are ignored.
  private(set) var bound: Float

  init(capacity: Int) {
    self.capacity = capacity
    bound = capacity > 0 ? -.infinity : .infinity
  }

  /// Tokens must come in ascending order.
  mutating func insert(_ value: Float, token: Int32) {
    guard value > bound else { return }
    let place = entries.firstIndex { value > $0.value } ?? entries.count
    entries.insert((value, token), at: place)
    if entries.count > capacity { entries.removeLast() }
    if entries.count == capacity { bound = entries[capacity - 1].value }
  }
}
