// autointerp
// What an aggregate knows of one position-free edge.
// SPDX-License-Identifier: Apache-2.0

/// Statistics of one position-free edge over the merged prompts.
///
/// "Flow" is what the edge carries in one prompt: the flows of all its occurrences (pairs of positions) there, summed.
/// All sums are exact; see `FixedPoint`.
package struct EdgeStatistics: Equatable, Sendable {
  /// Prompts of the domain that have the edge.
  package internal(set) var domainPrompts: UInt32
  /// Prompts of the baseline that have it.
  package internal(set) var baselinePrompts: UInt32
  /// Pairs of positions, over all prompts.
  package internal(set) var occurrences: UInt64
  /// Of a prompt's flow, in `2^-32`.
  package internal(set) var minimumNumber: Int64
  package internal(set) var maximumNumber: Int64
  /// Sum of the prompts' flows, in `2^-32`.
  package internal(set) var sumNumber: Int128
  package internal(set) var absoluteSumNumber: Int128
  /// Sum of the squares of the prompts' flows, in `2^-40`.
  package internal(set) var squareSumNumber: Int128

  /// One prompt with this flow.
  init(number: Int64, occurrences: UInt32, origin: PromptOrigin) {
    domainPrompts = origin == .domain ? 1 : 0
    baselinePrompts = origin == .domain ? 0 : 1
    self.occurrences = UInt64(occurrences)
    minimumNumber = number
    maximumNumber = number
    sumNumber = Int128(number)
    absoluteSumNumber = Int128(number.magnitude)
    squareSumNumber = FixedPoint.square(number)
  }

  /// Adds one prompt.
  @inline(__always)
  mutating func add(number: Int64, occurrences: UInt32, origin: PromptOrigin) {
    if origin == .domain { domainPrompts += 1 } else { baselinePrompts += 1 }
    self.occurrences += UInt64(occurrences)
    minimumNumber = min(minimumNumber, number)
    maximumNumber = max(maximumNumber, number)
    sumNumber += Int128(number)
    absoluteSumNumber += Int128(number.magnitude)
    squareSumNumber += FixedPoint.square(number)
  }

  /// Adds the prompts of `other`, none of which is in these statistics.
  mutating func add(_ other: EdgeStatistics) {
    domainPrompts += other.domainPrompts
    baselinePrompts += other.baselinePrompts
    occurrences += other.occurrences
    minimumNumber = min(minimumNumber, other.minimumNumber)
    maximumNumber = max(maximumNumber, other.maximumNumber)
    sumNumber += other.sumNumber
    absoluteSumNumber += other.absoluteSumNumber
    squareSumNumber += other.squareSumNumber
  }

  package var prompts: Int { Int(domainPrompts) + Int(baselinePrompts) }
  package var sum: Double { FixedPoint.value(sumNumber) }
  package var absoluteSum: Double { FixedPoint.value(absoluteSumNumber) }
  package var squareSum: Double { FixedPoint.value(square: squareSumNumber) }
  package var minimum: Double { FixedPoint.value(minimumNumber) }
  package var maximum: Double { FixedPoint.value(maximumNumber) }
  /// Mean flow of the prompts that have the edge.
  package var mean: Double { sum / Double(prompts) }

  /// Standard deviation (of the population) of the flow over the prompts that have the edge.
  package var standardDeviation: Double {
    guard prompts > 1 else { return 0 }
    let mean = mean
    return max(squareSum / Double(prompts) - mean * mean, 0).squareRoot()
  }
}
