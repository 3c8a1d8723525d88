// autointerp
// `OddsText` says how much higher the odds of one side are, in words that need no sign.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Foundation
internal import Knowledge

enum OddsText {
  /// Such as `x47 (2.2 to 996) in B`, for the side that has more. The interval is at 95 %.
  static func text(_ logOdds: Estimate, _ first: String, _ second: String) -> String {
    guard logOdds.error.isFinite else { return "unknown" }
    let isFirst = logOdds.value >= 0
    let (low, high) = isFirst ? (logOdds.low, logOdds.high) : (-logOdds.high, -logOdds.low)
    return "x\(factor(abs(logOdds.value))) (\(factor(low)) to \(factor(high))) in \(isFirst ? first : second)"
  }

  static func factor(_ logOdds: Double) -> String {
    let factor = exp(logOdds)
    if factor >= 9.95 { return ReadableNumber.grouped(Int(min(factor, 1e9).rounded())) }
    return factor >= 0.095 ? ReadableNumber.fixed(factor, decimals: 1) : ReadableNumber.scientific(factor)
  }
}
