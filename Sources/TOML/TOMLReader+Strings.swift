// autointerp
// `TOMLReader` reads strings in double or single quotes, on one line or on several.
// SPDX-License-Identifier: Apache-2.0

extension TOMLReader {
  /// Reads a string of any of the four kinds. The next byte is its quote.
  mutating func string() throws(TOMLError) -> String {
    let start = line
    func open(_ quotes: String) -> TOMLError {
      TOMLError(line: start, message: "the text that begins here does not end: expected \(quotes)")
    }
    if skip("\"\"\"") { return try longText(quote: UInt8(ascii: "\""), isLiteral: false, unended: open("\"\"\"")) }
    if skip("'''") { return try longText(quote: UInt8(ascii: "'"), isLiteral: true, unended: open("'''")) }
    let isLiteral = skip("'")
    if !isLiteral { skip("\"") }
    let quote = UInt8(ascii: isLiteral ? "'" : "\"")
    var text: [UInt8] = []
    while let byte = peek(), byte != UInt8(ascii: "\n") {
      _ = next()
      if byte == quote { return String(decoding: text, as: UTF8.self) }
      if byte == UInt8(ascii: "\\"), !isLiteral {
        text += try escaped()
      } else {
        text.append(try plain(byte))
      }
    }
    throw open(isLiteral ? "'" : "\"")
  }

  /// Reads the text between three quotes. A line end right after the opening quotes does not belong to it.
  private mutating func longText(quote: UInt8, isLiteral: Bool, unended: TOMLError) throws(TOMLError) -> String {
    _ = skipNewline()
    var text: [UInt8] = []
    while true {
      if skipNewline() {
        text.append(UInt8(ascii: "\n"))
        continue
      }
      guard let byte = next() else { throw unended }
      if byte == quote, peek() == quote {
        _ = next()
        guard peek() == quote else {
          text += [quote, quote]
          continue
        }
        _ = next()
        // The text may end with up to two quotes before the three closing ones.
        for _ in 0..<2 where peek() == quote {
          _ = next()
          text.append(quote)
        }
        return String(decoding: text, as: UTF8.self)
      }
      if byte == UInt8(ascii: "\\"), !isLiteral {
        text += continuesOnNextLine() ? [] : try escaped()
      } else {
        text.append(try plain(byte))
      }
    }
  }

  /// After a backslash at the end of a line, skips blanks and line ends up to the next character.
  private mutating func continuesOnNextLine() -> Bool {
    var ahead = self
    ahead.skipBlanks()
    guard ahead.skipNewline() else { return false }
    repeat { ahead.skipBlanks() } while ahead.skipNewline()
    self = ahead
    return true
  }

  private func plain(_ byte: UInt8) throws(TOMLError) -> UInt8 {
    guard byte >= 0x20 && byte != 0x7f || byte == UInt8(ascii: "\t") else {
      throw failure("a control character in a text: write it as \\uXXXX between double quotes")
    }
    return byte
  }

  /// Reads what follows a backslash, as UTF-8.
  private mutating func escaped() throws(TOMLError) -> [UInt8] {
    let byte = peek()
    if byte != nil, byte != UInt8(ascii: "\n") { _ = next() }
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): return [byte ?? 0]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "u"): return try scalar(digits: 4)
    case UInt8(ascii: "U"): return try scalar(digits: 8)
    default:
      throw failure(
        "after a backslash, expected one of \" \\ b t n f r u U; use single quotes for a plain backslash")
    }
  }

  private mutating func scalar(digits count: Int) throws(TOMLError) -> [UInt8] {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw unexpected("\(count) hexadecimal digits of a character")
      }
      _ = next()
      value = value << 4 | UInt32(digit)
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw failure("\\\(count == 4 ? "u" : "U")\(String(value, radix: 16, uppercase: true)) is not a character")
    }
    return Array(String(Character(scalar)).utf8)
  }
}
