// autointerp
// `ReadableNumber` formats numbers for people who read them in a terminal.
// SPDX-License-Identifier: Apache-2.0

/// Numbers for people, without Foundation's formatters, whose data would have to be linked.
package enum ReadableNumber {
  /// `value` with this many decimals, rounded half away from zero. `signed` also writes a plus.
  package static func fixed(_ value: Double, decimals: Int, signed: Bool = false) -> String {
    precondition(0...9 ~= decimals)
    guard value.isFinite, abs(value) < 1e9 else { return "\(value)" }
    let scale = (0..<decimals).reduce(1) { product, _ in product * 10 }
    let units = Int64((abs(value) * Double(scale)).rounded())
    let sign = units == 0 ? "" : value < 0 ? "-" : signed ? "+" : ""
    guard decimals > 0 else { return "\(sign)\(units)" }
    let fraction = String(units % Int64(scale))
    return "\(sign)\(units / Int64(scale))." + String(repeating: "0", count: decimals - fraction.count) + fraction
  }

  /// With two significant digits, such as `3.1e-07`; zero is `0`.
  package static func scientific(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return value == 0 ? "0" : "\(value)" }
    var (mantissa, exponent) = (abs(value), 0)
    while mantissa >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
    while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    var tenths = Int((mantissa * 10).rounded())
    if tenths == 100 { (tenths, exponent) = (10, exponent + 1) }
    let digits = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
    return "\(value < 0 ? "-" : "")\(tenths / 10).\(tenths % 10)e\(exponent < 0 ? "-" : "+")\(digits)"
  }

  /// A share in `0...1` as a whole percentage, such as `37 %`.
  package static func percent(_ share: Double) -> String { "\(fixed(share * 100, decimals: 0)) %" }

  /// With digits in groups of three, such as `12,345`.
  package static func grouped(_ number: some BinaryInteger) -> String {
    var digits = String(number.magnitude)
    var place = digits.utf8.count - 3
    while place > 0 {
      digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
      place -= 3
    }
    return (number < 0 ? "-" : "") + digits
  }
}
