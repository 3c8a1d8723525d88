// autointerp
// `JSONParser` reads JSON text that may be hostile, and gives every error its byte offset.
// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
  /// Parses UTF-8 text that consists of one JSON value (RFC 8259).
  ///
  /// It is stricter than Foundation's parser: it refuses objects that have a key twice, because readers disagree
  /// about which value counts; it limits nesting; and every error has a byte offset.
  ///
  /// - Parameter bytes: the text.
  /// - Throws: an error that says what is wrong and at which offset of the text.
  package init(parsing bytes: UnsafeRawBufferPointer) throws(JSONError) {
    var parser = JSONParser(bytes: bytes)
    self = try parser.parseDocument()
  }

  /// Parses text in memory.
  package init(parsing bytes: [UInt8]) throws(JSONError) {
    self = try bytes.withUnsafeBufferPointer { bytes throws(JSONError) in
      try JSONValue(parsing: UnsafeRawBufferPointer(bytes))
    }
  }
}

/// A string that compares by Unicode scalars. Swift's `String` treats different encodings of one character as equal,
/// but in a vocabulary they are different keys.
private struct ExactText: Hashable {
  var text: String

  static func == (left: ExactText, right: ExactText) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

/// A recursive-descent parser. `position` is the next byte to read.
private struct JSONParser {
  static let maximumDepth = 64

  let bytes: UnsafeRawBufferPointer
  var position = 0

  init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func parseDocument() throws(JSONError) -> JSONValue {
    let value = try parseValue(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw invalid("text after the JSON value") }
    return value
  }

  private func invalid(_ problem: String, at offset: Int? = nil) -> JSONError {
    JSONError(offset: offset ?? position, "not valid JSON: \(problem)")
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  /// Skips white space and returns the next byte without consuming it, or nil at the end.
  private mutating func peek() -> UInt8? {
    skipSpace()
    return position < bytes.count ? bytes[position] : nil
  }

  private mutating func parseValue(depth: Int) throws(JSONError) -> JSONValue {
    guard depth < Self.maximumDepth else { throw invalid("nested too deeply") }
    guard let first = peek() else { throw invalid("the text ends too early") }
    switch first {
    case UInt8(ascii: "{"): return .object(try parseObject(depth: depth))
    case UInt8(ascii: "["): return .array(try parseArray(depth: depth))
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseWord("true", .boolean(true))
    case UInt8(ascii: "f"): return try parseWord("false", .boolean(false))
    case UInt8(ascii: "n"): return try parseWord("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
    default: throw invalid("unexpected character")
    }
  }

  private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    let count = word.utf8CodeUnitCount
    let expected = UnsafeBufferPointer(start: word.utf8Start, count: count)
    guard bytes.count - position >= count, bytes[position..<position + count].elementsEqual(expected) else {
      throw invalid("unexpected word")
    }
    position += count
    return value
  }

  private mutating func parseObject(depth: Int) throws(JSONError) -> JSONObject {
    position += 1
    var object = JSONObject()
    var keys: Set<ExactText> = []
    if peek() == UInt8(ascii: "}") {
      position += 1
      return object
    }
    while true {
      guard peek() == UInt8(ascii: "\"") else { throw invalid("expected a key") }
      let keyPosition = position
      let key = try parseString()
      guard peek() == UInt8(ascii: ":") else { throw invalid("expected a colon") }
      position += 1
      object.members.append((key, try parseValue(depth: depth + 1)))
      guard keys.insert(ExactText(text: key)).inserted else {
        throw JSONError(offset: keyPosition, key: key, "the object has this key twice")
      }
      switch peek() {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "}"):
        position += 1
        return object
      default: throw invalid("expected a comma or the end of the object")
      }
    }
  }

  private mutating func parseArray(depth: Int) throws(JSONError) -> [JSONValue] {
    position += 1
    var elements: [JSONValue] = []
    if peek() == UInt8(ascii: "]") {
      position += 1
      return elements
    }
    while true {
      elements.append(try parseValue(depth: depth + 1))
      switch peek() {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "]"):
        position += 1
        return elements
      default: throw invalid("expected a comma or the end of the array")
      }
    }
  }

  private mutating func parseNumber() throws(JSONError) -> JSONValue {
    let first = position
    if bytes[position] == UInt8(ascii: "-") { position += 1 }
    let integerDigits = skipDigits()
    let hasLeadingZero = integerDigits > 1 && bytes[position - integerDigits] == UInt8(ascii: "0")
    guard integerDigits > 0, !hasLeadingZero else { throw invalid("malformed number", at: first) }
    var isInteger = true
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      guard skipDigits() > 0 else { throw invalid("malformed number", at: first) }
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      position += 1
      if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
        position += 1
      }
      guard skipDigits() > 0 else { throw invalid("malformed number", at: first) }
    }
    guard position - first <= 400 else { throw invalid("a number of more than 400 digits", at: first) }
    let text = String(decoding: bytes[first..<position], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw invalid("number out of range", at: first) }
    return .number(value)
  }

  /// Skips decimal digits and returns how many there were.
  private mutating func skipDigits() -> Int {
    let first = position
    while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
    return position - first
  }

  private mutating func parseString() throws(JSONError) -> String {
    position += 1
    let first = position
    // Most strings have no escapes, so they are decoded in one step.
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        let text = UnsafeRawBufferPointer(rebasing: bytes[first..<position])
        guard let string = String(validating: text, as: UTF8.self) else { throw invalid("not UTF-8", at: first) }
        position += 1
        return string
      }
      if byte == UInt8(ascii: "\\") { return try parseEscapedString(from: first) }
      guard byte >= 0x20 else { throw invalid("control character in a string") }
      position += 1
    }
    throw invalid("the text ends within a string")
  }

  /// Continues at the first backslash of a string that began at `first`.
  private mutating func parseEscapedString(from first: Int) throws(JSONError) -> String {
    var text = Array(bytes[first..<position])
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else { throw invalid("not UTF-8", at: first) }
        return string
      case UInt8(ascii: "\\"): try parseEscape(into: &text)
      case 0..<0x20: throw invalid("control character in a string", at: position - 1)
      default: text.append(byte)
      }
    }
    throw invalid("the text ends within a string")
  }

  private mutating func parseEscape(into text: inout [UInt8]) throws(JSONError) {
    guard position < bytes.count else { throw invalid("the text ends within a string") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = UInt32(try parseHexadecimal())
      if code & 0xFC00 == 0xD800 {
        guard bytes.count - position >= 2, bytes[position] == UInt8(ascii: "\\"),
          bytes[position + 1] == UInt8(ascii: "u")
        else { throw invalid("half of a surrogate pair") }
        position += 2
        let low = UInt32(try parseHexadecimal())
        guard low & 0xFC00 == 0xDC00 else { throw invalid("half of a surrogate pair") }
        code = 0x1_0000 + (code & 0x3FF) << 10 + low & 0x3FF
      }
      guard let scalar = Unicode.Scalar(code) else { throw invalid("half of a surrogate pair") }
      text.append(contentsOf: UTF8.encode(scalar)!)
    default: throw invalid("unknown escape", at: position - 1)
    }
  }

  private mutating func parseHexadecimal() throws(JSONError) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
        throw invalid("malformed \\u escape")
      }
      value = value << 4 | UInt16(digit)
      position += 1
    }
    return value
  }
}
