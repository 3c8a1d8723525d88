// autointerp
// `ExactDistribution.shrunkenLogOdds` estimates a log odds ratio and draws it towards 0 if there are few prompts.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

extension ExactDistribution {
  /// Standard deviation of the prior of a neuron's log odds ratio: 95 % of neurons are believed to have odds in one group
  /// at most 19 times those in another. A constant, so that the figures of different runs can be compared.
  package static let priorDeviation = 1.5

  /// The posterior mean of the common log odds ratio of first against second, if `count` was observed.
  ///
  /// The likelihood is the conditional one (Fisher's noncentral hypergeometric distribution, convolved over strata) and the
  /// prior is normal around 0 with `priorDeviation`. With equal margins it rises with the count, so that 26 against 0 of 30
  /// comes before 25 against 2, while 3 against 0 does not come before 40 against 5.
  ///
  /// The posterior is log-concave: Newton's method finds its mode, and the mean is a sum over a grid around it.
  ///
  /// - Complexity: O(support), some fifty times
  package func shrunkenLogOdds(_ count: Int) -> Double {
    let observed = Double(count - lowest)
    guard logProbabilities.count > 1 else { return 0 }
    let variance = Self.priorDeviation * Self.priorDeviation
    var mode = 0.0
    var curvature = 1 / variance
    for _ in 0..<60 {
      let tilted = moments(tiltedBy: mode)
      curvature = tilted.variance + 1 / variance
      let step = max(-1, min(1, (observed - tilted.mean - mode / variance) / curvature))
      mode += step
      if abs(step) < 1e-9 { break }
    }
    let width = 1 / curvature.squareRoot()
    var (weight, sum) = (0.0, 0.0)
    let peak = observed * mode - moments(tiltedBy: mode).logTotal - mode * mode / (2 * variance)
    for point in -Self.gridHalf...Self.gridHalf {
      let value = mode + Double(point) * Self.gridStep * width
      let height = observed * value - moments(tiltedBy: value).logTotal - value * value / (2 * variance)
      weight += exp(height - peak)
      sum += exp(height - peak) * value
    }
    return sum / weight
  }

  /// Half a standard deviation per step, ten to each side. A sum over such a grid is exact to many digits for smooth
  /// curves, and one-sided likelihoods have a long tail.
  private static let gridStep = 0.5
  private static let gridHalf = 20

  /// The moments of the distribution with each count's probability multiplied by `exp(count * logOdds)`.
  private func moments(tiltedBy logOdds: Double) -> (logTotal: Double, mean: Double, variance: Double) {
    var largest = -Double.infinity
    for (k, log) in logProbabilities.enumerated() { largest = max(largest, log + Double(k) * logOdds) }
    var (total, first, second) = (0.0, 0.0, 0.0)
    for (k, log) in logProbabilities.enumerated() {
      let weight = exp(log + Double(k) * logOdds - largest)
      total += weight
      first += weight * Double(k)
      second += weight * Double(k) * Double(k)
    }
    let mean = first / total
    return (largest + Foundation.log(total), mean, max(0, second / total - mean * mean))
  }
}
