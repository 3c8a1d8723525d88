// autointerp
// `TOMLValue.init(word:)` reads booleans and numbers.
// SPDX-License-Identifier: Apache-2.0

extension TOMLValue {
  /// Reads `true`, `false`, or a decimal number such as `-5`, `20_000`, `0.5` or `1e-3`. Returns nil for anything else.
  init?(word: String) {
    switch word {
    case "true": self = .boolean(true)
    case "false": self = .boolean(false)
    default:
      guard let digits = Self.withoutSeparators(Array(word.utf8)) else { return nil }
      var rest = digits[...]
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
      let hasLeadingZero = rest.first == UInt8(ascii: "0")
      guard let whole = Self.takeDigits(&rest), whole == 1 || !hasLeadingZero else { return nil }
      let text = String(decoding: digits, as: UTF8.self)
      if rest.isEmpty {
        guard let integer = Int(text) else { return nil }
        self = .integer(integer)
        return
      }
      if rest.first == UInt8(ascii: ".") {
        rest.removeFirst()
        guard Self.takeDigits(&rest) != nil else { return nil }
      }
      if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
        rest.removeFirst()
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        guard Self.takeDigits(&rest) != nil else { return nil }
      }
      guard rest.isEmpty, let number = Double(text), number.isFinite else { return nil }
      self = .number(number)
    }
  }

  /// Removes digits from the front and returns how many, or nil if there are none.
  private static func takeDigits(_ bytes: inout ArraySlice<UInt8>) -> Int? {
    let digits = bytes.prefix(while: isDigit)
    bytes.removeFirst(digits.count)
    return digits.isEmpty ? nil : digits.count
  }

  /// Removes `_`, which must stand between two digits.
  private static func withoutSeparators(_ bytes: [UInt8]) -> [UInt8]? {
    for (i, byte) in bytes.enumerated() where byte == UInt8(ascii: "_") {
      guard i > 0, i + 1 < bytes.count, isDigit(bytes[i - 1]), isDigit(bytes[i + 1]) else { return nil }
    }
    return bytes.filter { $0 != UInt8(ascii: "_") }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
