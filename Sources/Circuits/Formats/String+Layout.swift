// autointerp
// Numbers and tokens as a person reads them in a terminal.
// SPDX-License-Identifier: Apache-2.0

extension String {
  /// `value` with so many decimals, rounded half away from zero; `signed` writes a plus as well.
  init(fixed value: Double, decimals: Int, signed: Bool = false) {
    precondition(0...9 ~= decimals)
    guard value.isFinite, abs(value) < 1e9 else {
      self = "\(value)"
      return
    }
    let scale = (0..<decimals).reduce(1) { product, _ in product * 10 }
    let units = Int64((abs(value) * Double(scale)).rounded())
    let sign = units == 0 ? "" : value < 0 ? "-" : signed ? "+" : ""
    guard decimals > 0 else {
      self = "\(sign)\(units)"
      return
    }
    let fraction = String(units % Int64(scale))
    self = "\(sign)\(units / Int64(scale))." + String(repeating: "0", count: decimals - fraction.count) + fraction
  }

  /// With two significant digits, such as `3.1e-07`; `0` for zero.
  init(scientific value: Double) {
    guard value != 0, value.isFinite else {
      self = value == 0 ? "0" : "\(value)"
      return
    }
    var (mantissa, exponent) = (abs(value), 0)
    while mantissa >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
    while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    var tenths = Int((mantissa * 10).rounded())
    if tenths == 100 { (tenths, exponent) = (10, exponent + 1) }
    let digits = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
    self = "\(value < 0 ? "-" : "")\(tenths / 10).\(tenths % 10)e\(exponent < 0 ? "-" : "+")\(digits)"
  }

  /// Digits in groups of three, such as `12,345`.
  init(grouped number: some BinaryInteger) {
    var digits = String(number.magnitude)
    var place = digits.utf8.count - 3
    while place > 0 {
      digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
      place -= 3
    }
    self = (number < 0 ? "-" : "") + digits
  }

  /// A token in quotes, in ASCII: everything else is escaped as `\n`, `\t`, `\u{e9}`; cut to `width` characters.
  init(token text: String, width: Int = 24) {
    var shown = ""
    var cut = false
    for scalar in text.unicodeScalars {
      let piece =
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case "\"": "\\\""
        case "\\": "\\\\"
        case " "..."~": String(scalar)
        default: "\\u{\(String(scalar.value, radix: 16))}"
        }
      if shown.utf8.count + piece.utf8.count > width - 2 {
        cut = true
        break
      }
      shown += piece
    }
    // Room for the two dots that say so.
    if cut { while shown.utf8.count > width - 4 { shown.removeLast() } }
    self = "\"\(shown)\(cut ? ".." : "")\""
  }

  /// Filled with spaces at the end, never cut.
  func leading(_ width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - utf8.count)) }
  /// Filled with spaces at the start, never cut.
  func trailing(_ width: Int) -> String { String(repeating: " ", count: Swift.max(0, width - utf8.count)) + self }
}
