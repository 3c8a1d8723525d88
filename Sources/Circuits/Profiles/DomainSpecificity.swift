// autointerp
// `DomainSpecificity` measures whether a neuron belongs to the domain or to everything: ratio, log odds and z-score.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// Compares how often a neuron appears in prompts of the domain and of the baseline.
///
/// Rates are relative to the number of merged prompts of each origin, so unequal corpora do not matter.
package struct DomainSpecificity: Equatable, Sendable {
  /// `rateDomain / (rateDomain + rateBaseline)`: 1 only in the domain, 0.5 the same rate in both, 0 only in the
  /// baseline. Also 0.5 if one origin has no prompts, because then nothing is known.
  package var ratio: Double
  /// The natural logarithm of the odds ratio. Half a prompt is added to each of the four counts (Haldane 1956,
  /// Anscombe 1956), so that it is finite and a few prompts do not look like certainty. 0 if one origin has no
  /// prompts. Rounded to six decimals.
  package var logOdds: Double
  /// `logOdds` divided by its standard error (Woolf 1955). For one neuron alone, a value above about 2 is hardly
  /// chance; among thousands, dozens reach it by chance. Rounded to six decimals.
  package var zScore: Double

  /// Compares `domain` of `domainPrompts` prompts with `baseline` of `baselinePrompts`.
  package init(domain: Int, of domainPrompts: Int, baseline: Int, of baselinePrompts: Int) {
    precondition(0...max(domainPrompts, 0) ~= domain && 0...max(baselinePrompts, 0) ~= baseline)
    let domainRate = domainPrompts > 0 ? Double(domain) / Double(domainPrompts) : 0
    let baselineRate = baselinePrompts > 0 ? Double(baseline) / Double(baselinePrompts) : 0
    guard domainPrompts > 0, baselinePrompts > 0, domainRate + baselineRate > 0 else {
      (ratio, logOdds, zScore) = (0.5, 0, 0)
      return
    }
    ratio = domainRate / (domainRate + baselineRate)
    let cells = [domain, domainPrompts - domain, baseline, baselinePrompts - baseline].map { Double($0) + 0.5 }
    let odds = log(cells[0]) - log(cells[1]) - log(cells[2]) + log(cells[3])
    let error = cells.reduce(0) { $0 + 1 / $1 }.squareRoot()
    // Round to six decimals, so that mathematics libraries that differ in the last bit give the same export.
    logOdds = Self.rounded(odds)
    zScore = Self.rounded(odds / error)
  }

  private static func rounded(_ value: Double) -> Double {
    let rounded = (value * 1e6).rounded() / 1e6
    return rounded == 0 ? 0 : rounded
  }
}
