// autointerp
// Tests which logits are traced for each metric, and how the metric's linear part and its value differ.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Foundation
import Testing

@testable import Attribution

@Suite struct TracedLogitsTests {
  private static let logits: [Float] = [1, 3, -2, 3, 0, 2.5, -1, 3, 0.5, 2]

  private func reading(_ metric: MetricSpecification, _ logits: [Float] = logits) throws -> MetricReading {
    try MetricReading(metric, logits: logits, position: 2, layerCount: 3, modelDimension: 4)
  }

  /// Five logits: those of the metric, then the largest others; among equals the smaller token.
  @Test(
    arguments: [
      ([], [1, 3, 7, 5, 9]), ([4], [4, 1, 3, 7, 5]), ([7], [7, 1, 3, 5, 9]), ([2, 3, 4, 6], [2, 3, 4, 6, 1]),
      ([0, 2, 4, 6, 8, 9], [0, 2, 4, 6, 8, 9]),
    ] as [([Int32], [Int32])])
  func aProbabilityTracesFiveLogits(tokens: [Int32], traced: [Int32]) throws {
    let metric = try reading(.logProbability(tokens)).metric
    #expect(metric.targets.map(\.token) == traced)
    #expect(metric.targets.map(\.logit) == traced.map { Self.logits[Int($0)] })
  }

  @Test func aSmallVocabularyIsTracedWhole() throws {
    #expect(try reading(.logProbability([]), [1, 5, 3]).metric.targets.map(\.token) == [1, 2, 0])
  }

  @Test(arguments: [[1], [4], [1, 3, 7], [2, 6]] as [[Int32]])
  func theLinearPartIsTheDerivativeTimesTheLogits(tokens: [Int32]) throws {
    let z = Self.logits.map(Double.init)
    let sum = z.reduce(0) { $0 + exp($1) }
    let joint = tokens.reduce(0) { $0 + exp(z[Int($1)]) }
    let derivatives = z.indices.map { v in
      (tokens.contains(Int32(v)) ? exp(z[v]) / joint : 0) - exp(z[v]) / sum
    }
    let reading = try reading(.logProbability(tokens))
    #expect(abs(reading.metric.value - log(joint / sum)) < 1e-6)
    #expect(abs(reading.metric.linear - zip(derivatives, z).reduce(0) { $0 + $1.0 * $1.1 }) < 1e-5)
    #expect(abs(reading.metric.linear - reading.metric.value) > 0.1, "they are different things")
    #expect(abs(reading.value(at: Self.logits[...]) - reading.metric.value) < 1e-9)
    for (a, b) in zip(try #require(reading.cotangent), derivatives) { #expect(abs(Double(a) - b) < 1e-6) }
  }

  @Test(arguments: [3, 4]) func ofEqualLogitsTheSmallerTokensAreTheMetric(count: Int) throws {
    let metric = try reading(.topLogits(count: count)).metric
    #expect(metric.targets.map(\.token) == Array([1, 3, 7, 5].prefix(count)))
    #expect(metric.value == Double([3, 3, 3, 2.5].prefix(count).reduce(0, +)))
  }
}
