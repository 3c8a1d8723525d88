// autointerp
// `CommonOdds` estimates one odds ratio from several strata by the Mantel-Haenszel method.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// The odds ratio that several strata have in common.
package enum CommonOdds {
  /// The natural logarithm of the Mantel-Haenszel odds ratio (1959) with the error of Robins, Breslow and Greenland (1986).
  ///
  /// `added` is what is added to each of the four cells in all, so that both are finite if a group has none: every stratum
  /// with both groups gets a part of it in proportion to its prompts. 0.5 gives for a single stratum the same odds ratio as
  /// `FourfoldTable.logOdds`.
  ///
  /// Nil if no stratum holds prompts of both groups, or if nothing is added and a sum is 0: nothing can be estimated then.
  package static func logOdds(_ strata: [FourfoldTable], adding added: Double = 0.5) -> Estimate? {
    let strata = strata.filter { $0.first.total > 0 && $0.second.total > 0 }
    let prompts = strata.reduce(0) { $0 + $1.first.total + $1.second.total }
    guard prompts > 0 else { return nil }
    var (r, s) = (0.0, 0.0)
    var (pr, psqr, qs) = (0.0, 0.0, 0.0)
    for stratum in strata {
      let part = added * Double(stratum.first.total + stratum.second.total) / Double(prompts)
      let a = Double(stratum.first.count) + part
      let b = Double(stratum.first.total - stratum.first.count) + part
      let c = Double(stratum.second.count) + part
      let d = Double(stratum.second.total - stratum.second.count) + part
      let n = a + b + c + d
      let (p, q) = ((a + d) / n, (b + c) / n)
      let (forward, backward) = (a * d / n, b * c / n)
      r += forward
      s += backward
      pr += p * forward
      psqr += p * backward + q * forward
      qs += q * backward
    }
    guard r > 0, s > 0 else { return nil }
    let variance = pr / (2 * r * r) + psqr / (2 * r * s) + qs / (2 * s * s)
    return Estimate(value: log(r / s), error: variance.squareRoot())
  }
}
