// autointerp
// `Double.significant` rounds a statistic to six significant digits, so that an export is the same on every machine.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

extension Double {
  /// The number to six significant digits: mathematical libraries differ in the last bit. 0 for what rounds to it.
  package var significant: Double {
    guard self != 0, isFinite else { return isFinite ? 0 : self }
    let exponent = Int(floor(log10(magnitude))) - 5
    // Powers of ten up to the 22nd are exact, and a quotient or product of exact numbers is the nearest number.
    if (-22...0).contains(exponent) {
      let scale = Self.powersOfTen[-exponent]
      return (self * scale).rounded() / scale
    }
    return Double(String(format: "%.5e", self)) ?? self
  }

  private static let powersOfTen: [Double] = (0...22).map { pow(10, Double($0)) }
}
