// autointerp
// `TOMLReader` splits a TOML text into sections and keys with values.
// SPDX-License-Identifier: Apache-2.0

/// A position in a TOML text. It only moves forward and does not recurse, so any input takes linear time and constant
/// stack.
struct TOMLReader {
  enum Item {
    case section(name: String, line: Int)
    case entry(key: String, value: TOMLValue, line: Int)
  }

  private let bytes: [UInt8]
  private var position = 0
  /// The line of `position`, from 1.
  private(set) var line = 1

  init(_ text: String) {
    bytes = Array(text.utf8)
    skip("\u{FEFF}")
  }

  /// Returns the next section or key, or nil at the end of the text.
  mutating func nextItem() throws(TOMLError) -> Item? {
    try skipBlanksCommentsAndNewlines()
    guard let byte = peek() else { return nil }
    let start = line
    let item: Item
    if byte == UInt8(ascii: "[") {
      item = .section(name: try sectionName(), line: start)
    } else {
      let key = try bareName("a key, a [section] or a comment")
      skipBlanks()
      if peek() == UInt8(ascii: ".") {
        throw failure("keys with dots are not supported: write [\(key)] and the key below it")
      }
      guard skip("=") else { throw unexpected("= after the key \"\(key)\"") }
      skipBlanks()
      item = .entry(key: key, value: try value(), line: start)
    }
    try endLine()
    return item
  }

  private mutating func sectionName() throws(TOMLError) -> String {
    skip("[")
    if peek() == UInt8(ascii: "[") { throw failure("lists of sections are not supported") }
    skipBlanks()
    let name = try bareName("the name of a section after [")
    skipBlanks()
    if peek() == UInt8(ascii: ".") { throw failure("[\(name). ...]: sections inside sections are not supported") }
    guard skip("]") else { throw unexpected("] after [\(name)") }
    return name
  }

  /// Reads letters, digits, `_` and `-`.
  private mutating func bareName(_ expectation: String) throws(TOMLError) -> String {
    let name = take { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard !name.isEmpty else { throw unexpected(expectation) }
    return name
  }

  private mutating func value() throws(TOMLError) -> TOMLValue {
    switch peek() {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try string())
    case UInt8(ascii: "["): return .strings(try strings())
    case UInt8(ascii: "{"): throw failure("sections in braces are not supported")
    default: break
    }
    let word = take { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "#") }
    guard !word.isEmpty else { throw unexpected("a value") }
    if let value = TOMLValue(word: word) { return value }
    throw failure("\(word) is not a value: expected a text in quotes, a number, true, false or a list of texts")
  }

  /// Reads `["a", "b"]`. Line ends, comments and a final comma are permitted.
  private mutating func strings() throws(TOMLError) -> [String] {
    skip("[")
    var strings: [String] = []
    while true {
      try skipBlanksCommentsAndNewlines()
      if skip("]") { return strings }
      guard peek() == UInt8(ascii: "\"") || peek() == UInt8(ascii: "'") else {
        throw unexpected("a text in quotes or ]")
      }
      strings.append(try string())
      try skipBlanksCommentsAndNewlines()
      if skip("]") { return strings }
      guard skip(",") else { throw unexpected(", or ] in the list") }
    }
  }

  // MARK: Bytes

  func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func next() -> UInt8? {
    guard position < bytes.count else { return nil }
    defer { position += 1 }
    if bytes[position] == UInt8(ascii: "\n") { line += 1 }
    return bytes[position]
  }

  /// Skips `text`, which must not contain a line end, if it comes next.
  @discardableResult
  mutating func skip(_ text: StaticString) -> Bool {
    let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard bytes[position...].starts(with: expected) else { return false }
    position += expected.count
    return true
  }

  mutating func take(while isTaken: (UInt8) -> Bool) -> String {
    let start = position
    while position < bytes.count, isTaken(bytes[position]) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  mutating func skipBlanks() { _ = take { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } }

  /// True if LF or CRLF comes next.
  private var isAtNewline: Bool {
    let rest = bytes[position...]
    return rest.first == UInt8(ascii: "\n") || rest.starts(with: [UInt8(ascii: "\r"), UInt8(ascii: "\n")])
  }

  /// Skips a line end if one comes next.
  mutating func skipNewline() -> Bool {
    guard isAtNewline else { return false }
    while next() != UInt8(ascii: "\n") {}
    return true
  }

  mutating func skipBlanksCommentsAndNewlines() throws(TOMLError) {
    repeat {
      skipBlanks()
      try skipComment()
    } while skipNewline()
  }

  private mutating func skipComment() throws(TOMLError) {
    guard skip("#") else { return }
    _ = take { $0 == UInt8(ascii: "\t") || $0 >= 0x20 && $0 != 0x7f }
    if let byte = peek(), byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") {
      throw failure("a control character in a comment")
    }
  }

  private mutating func endLine() throws(TOMLError) {
    skipBlanks()
    try skipComment()
    guard peek() == nil || skipNewline() else { throw unexpected("the end of the line") }
  }

  // MARK: Errors

  func failure(_ message: String) -> TOMLError { TOMLError(line: line, message: message) }

  func unexpected(_ expectation: String) -> TOMLError {
    let found =
      switch peek() {
      case nil: "the end of the file"
      case UInt8(ascii: "\n"): "the end of the line"
      case UInt8(ascii: "\r"): isAtNewline ? "the end of the line" : "a carriage return without a line feed"
      case let byte? where byte > 0x20 && byte < 0x7f: "\(Character(Unicode.Scalar(byte)))"
      case let byte? where byte < 0x20 || byte == 0x7f: "a control character"
      default: "a character that is not ASCII"
      }
    return failure("expected \(expectation), found \(found)")
  }
}
