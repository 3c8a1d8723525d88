// autointerp
// `EdgeStatistics` counts and sums the flow of one edge over the merged prompts.
// SPDX-License-Identifier: Apache-2.0

/// The statistics of one edge, without token positions, over the merged prompts.
///
/// "Flow" is what the edge carries in one prompt: the sum of the flows of all its occurrences (pairs of positions)
/// there. All sums are exact; see `FixedPoint`.
package struct EdgeStatistics: Equatable, Sendable {
  /// How many prompts of the domain have the edge.
  package internal(set) var domainPrompts: UInt32
  /// How many prompts of the baseline have it.
  package internal(set) var baselinePrompts: UInt32
  /// How many pairs of positions have it, over all prompts.
  package internal(set) var occurrences: UInt64
  /// The smallest flow of a prompt, in `2^-32`.
  package internal(set) var minimumNumber: Int64
  package internal(set) var maximumNumber: Int64
  /// The sum of the prompts' flows, in `2^-32`.
  package internal(set) var sumNumber: Int128
  package internal(set) var absoluteSumNumber: Int128
  /// The sum of the squares of the prompts' flows, in `2^-40`.
  package internal(set) var squareSumNumber: Int128
  /// The number of prompts of all other groups that have it. It stands last, where it costs no memory in `EdgeTable`.
  package internal(set) var otherPrompts: UInt32

  /// Makes the statistics of one prompt with this flow.
  init(number: Int64, occurrences: UInt32, column: GroupColumn) {
    domainPrompts = column == .domain ? 1 : 0
    baselinePrompts = column == .baseline ? 1 : 0
    otherPrompts = column == .other ? 1 : 0
    self.occurrences = UInt64(occurrences)
    minimumNumber = number
    maximumNumber = number
    sumNumber = Int128(number)
    absoluteSumNumber = Int128(number.magnitude)
    squareSumNumber = FixedPoint.square(number)
  }

  /// Adds one prompt.
  @inline(__always)
  mutating func add(number: Int64, occurrences: UInt32, column: GroupColumn) {
    switch column {
    case .domain: domainPrompts += 1
    case .baseline: baselinePrompts += 1
    case .other: otherPrompts += 1
    }
    self.occurrences += UInt64(occurrences)
    minimumNumber = min(minimumNumber, number)
    maximumNumber = max(maximumNumber, number)
    sumNumber += Int128(number)
    absoluteSumNumber += Int128(number.magnitude)
    squareSumNumber += FixedPoint.square(number)
  }

  /// Adds the prompts of `other`. None of them may be in these statistics already.
  mutating func add(_ other: EdgeStatistics) {
    domainPrompts += other.domainPrompts
    baselinePrompts += other.baselinePrompts
    otherPrompts += other.otherPrompts
    occurrences += other.occurrences
    minimumNumber = min(minimumNumber, other.minimumNumber)
    maximumNumber = max(maximumNumber, other.maximumNumber)
    sumNumber += other.sumNumber
    absoluteSumNumber += other.absoluteSumNumber
    squareSumNumber += other.squareSumNumber
  }

  package var prompts: Int { Int(domainPrompts) + Int(baselinePrompts) + Int(otherPrompts) }
  package var sum: Double { FixedPoint.value(sumNumber) }
  package var absoluteSum: Double { FixedPoint.value(absoluteSumNumber) }
  package var squareSum: Double { FixedPoint.value(square: squareSumNumber) }
  package var minimum: Double { FixedPoint.value(minimumNumber) }
  package var maximum: Double { FixedPoint.value(maximumNumber) }
  /// The mean flow of the prompts that have the edge.
  package var mean: Double { sum / Double(prompts) }
  /// The mean |flow| of the prompts that have the edge.
  package var absoluteMean: Double { absoluteSum / Double(prompts) }
  /// True if the flows of the prompts have both signs, so that the mean says little.
  package var cancels: Bool { absoluteMean > 2 * abs(mean) }

  /// The standard deviation (of the population) of the flow over the prompts that have the edge.
  package var standardDeviation: Double {
    guard prompts > 1 else { return 0 }
    let mean = mean
    return max(squareSum / Double(prompts) - mean * mean, 0).squareRoot()
  }
}
