// autointerp
// `Bootstrap` gives a mean over prompts its interval.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

/// A mean over prompts with its 95 % interval. A single prompt gives no interval.
package struct IntervalEstimate: Hashable, Sendable {
  package var mean: Double
  package var low: Double?
  package var high: Double?

  package init(mean: Double, low: Double?, high: Double?) {
    self.mean = mean
    self.low = low
    self.high = high
  }
}

/// The percentile bootstrap over prompts (Efron and Tibshirani 1993), which draws prompts with replacement.
package enum Bootstrap {
  package static let rounds = 2000

  /// Returns the mean of `values`, one for each prompt, with the 2.5 % and 97.5 % points of the means of as many prompts
  /// drawn with replacement. Nil without values. Equal seeds and numbers of values draw the same prompts, so that figures
  /// of one battery can be compared.
  package static func estimate(_ values: [Double], seed: UInt64) -> IntervalEstimate? {
    ratio(values, to: [Double](repeating: 1, count: values.count), seed: seed)
  }

  /// The same for the sum of `values` over the sum of `bases`. Nil without values or if the bases sum to zero.
  package static func ratio(_ values: [Double], to bases: [Double], seed: UInt64) -> IntervalEstimate? {
    let base = bases.reduce(0, +)
    guard !values.isEmpty, base != 0 else { return nil }
    let mean = values.reduce(0, +) / base
    guard values.count > 1 else { return IntervalEstimate(mean: mean, low: nil, high: nil) }
    var random = SeededRandom(seed: seed)
    var means: [Double] = []
    means.reserveCapacity(rounds)
    for _ in 0..<rounds {
      var (sum, below) = (0.0, 0.0)
      for _ in values.indices {
        let drawn = random.integer(in: 0...values.count - 1)
        sum += values[drawn]
        below += bases[drawn]
      }
      means.append(below == 0 ? mean : sum / below)
    }
    means.sort()
    return IntervalEstimate(mean: mean, low: means[rounds / 40 - 1], high: means[rounds - rounds / 40])
  }
}
