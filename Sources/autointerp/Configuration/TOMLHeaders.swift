// autointerp
// What the TOML parser takes for granted of its input.
// SPDX-License-Identifier: Apache-2.0

/// Finds the `[` that no key follows, and the `}` where a list wants a value. The parser (toml++ 3.4) ends the process at
/// them, by an assertion, where it should tell of an error.
///
/// Follows strings, comments and brackets as far as it takes to tell a section's `[` from others. It is in step with the
/// parser up to the first mistake of any other kind, at which the parser stops.
struct TOMLHeaders {
  struct Mistake: Equatable {
    var line: Int
    var message: String
  }

  private var bytes: ArraySlice<UInt8>
  private var line = 1

  /// The first of them, nil when there is none. O(bytes)
  static func mistake(in text: String) -> Mistake? {
    var headers = TOMLHeaders(bytes: Array(text.utf8)[...])
    return headers.scan()
  }

  private mutating func scan() -> Mistake? {
    skip([0xef, 0xbb, 0xbf])
    // Brackets that are open; a section's own are not those of a list.
    var open: [(bracket: UInt8, isSection: Bool)] = []
    var isStart = true
    while let byte = bytes.first {
      let isSection = isStart && open.isEmpty && byte == UInt8(ascii: "[")
      if isSection, !beginsHeader { return Mistake(line: line, message: "expected the name of a section after [") }
      switch byte {
      case UInt8(ascii: "#"): bytes = bytes.drop { $0 != UInt8(ascii: "\n") }
      case UInt8(ascii: "\""), UInt8(ascii: "'"): skipString(byte)
      default:
        bytes.removeFirst()
        if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { open.append((byte, isSection)) }
        if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") {
          if let last = open.popLast(), byte == UInt8(ascii: "}"), last == (UInt8(ascii: "["), false) {
            return Mistake(line: line, message: "expected a value or ] in a list, not }")
          }
        }
      }
      isStart = byte == UInt8(ascii: "\n") || isStart && Self.isBlank(byte)
      if byte == UInt8(ascii: "\n") { line += 1 }
    }
    return nil
  }

  /// After `[` or `[[` a key begins, or the text ends, or the next bracket, of which the parser tells.
  private var beginsHeader: Bool {
    var rest = bytes.dropFirst().drop(while: Self.isBlank)
    if rest.first == UInt8(ascii: "[") { rest = rest.dropFirst().drop(while: Self.isBlank) }
    guard let byte = rest.first else { return true }
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "\""),
      UInt8(ascii: "'"), UInt8(ascii: "]"):
      return true
    default: return false
    }
  }

  /// Of one line, or of several between three quotes; one that does not end, ends with its line or the text.
  private mutating func skipString(_ quote: UInt8) {
    let isLong = bytes.starts(with: [quote, quote, quote])
    bytes.removeFirst(isLong ? 3 : 1)
    while let byte = bytes.first, isLong || byte != UInt8(ascii: "\n") {
      if byte == UInt8(ascii: "\n") { line += 1 }
      if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\""), bytes.count > 1, bytes.dropFirst().first != 0x0a {
        bytes.removeFirst(2)
      } else if isLong ? bytes.starts(with: [quote, quote, quote]) : byte == quote {
        bytes.removeFirst(isLong ? 3 : 1)
        // Up to two quotes may stand before the three.
        while isLong, bytes.first == quote { bytes.removeFirst() }
        return
      } else {
        bytes.removeFirst()
      }
    }
  }

  private mutating func skip(_ prefix: [UInt8]) {
    if bytes.starts(with: prefix) { bytes.removeFirst(prefix.count) }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}
