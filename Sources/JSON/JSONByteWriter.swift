// autointerp
// `JSONByteWriter` writes JSON as bytes, fast; equal values always give equal bytes.
// SPDX-License-Identifier: Apache-2.0

/// Appends JSON to a buffer. The owner empties the buffer from time to time, so that large files can be streamed.
///
/// Keys come out in the order written, numbers in their shortest form that reads back as the same value, and strings as
/// UTF-8 with the escapes that JSON requires. An array or object opened with `lines: true` puts each element on its own
/// line.
package struct JSONByteWriter: Sendable {
  package private(set) var bytes: [UInt8] = []
  /// The innermost open array or object, and those around it. The outermost container is never closed.
  private var innermost = Container(close: 0, lines: false)
  private var outer: [Container] = []
  private var afterKey = false

  private struct Container: Sendable {
    var close: UInt8
    var lines: Bool
    var isEmpty = true
  }

  package init(reservingCapacity capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  /// Makes a writer for elements of an array of lines that is open, `depth` containers deep, in another writer. That
  /// writer takes the elements with `passOn(elementsOf:into:)`, so several writers can write parts of an array at once.
  package init(elementsOfLinesAtDepth depth: Int, reservingCapacity capacity: Int) {
    precondition(depth > 0)
    bytes.reserveCapacity(capacity)
    innermost = Container(close: UInt8(ascii: "]"), lines: true)
    outer = Array(repeating: Container(close: 0, lines: true), count: depth)
  }

  /// Passes the elements that `other` has written for the array open here to `sink`, after the bytes so far.
  package mutating func passOn<Failure: Error>(
    elementsOf other: JSONByteWriter, into sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(other.outer.count == outer.count, "the elements were made for another depth")
    guard !other.bytes.isEmpty else { return }
    if innermost.isEmpty { innermost.isEmpty = false } else { bytes.append(UInt8(ascii: ",")) }
    try drain(into: sink)
    try other.bytes.withUnsafeBufferPointer { bytes throws(Failure) in try sink(UnsafeRawBufferPointer(bytes)) }
  }

  /// Passes the bytes so far to `sink` and removes them.
  package mutating func drain<Failure: Error>(
    into sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    try bytes.withUnsafeBufferPointer { bytes throws(Failure) in
      if !bytes.isEmpty { try sink(UnsafeRawBufferPointer(bytes)) }
    }
    bytes.removeAll(keepingCapacity: true)
  }

  // MARK: Structure

  package mutating func beginObject(lines: Bool = false) { begin("{", closing: "}", lines: lines) }
  package mutating func beginArray(lines: Bool = false) { begin("[", closing: "]", lines: lines) }

  /// Closes the innermost open array or object.
  package mutating func end() {
    precondition(!afterKey, "a key needs a value")
    guard let around = outer.popLast() else { preconditionFailure("no array or object is open") }
    if innermost.lines, !innermost.isEmpty { newLine() }
    bytes.append(innermost.close)
    innermost = around
    if outer.isEmpty { bytes.append(UInt8(ascii: "\n")) }
  }

  /// Writes the next value's key unchanged: it must need no escapes.
  @inline(__always)
  package mutating func key(_ key: StaticString) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
    if innermost.lines { bytes.append(UInt8(ascii: " ")) }
    afterKey = true
  }

  /// A key that is made at run time, under the same condition.
  package mutating func key(named key: String) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: key.utf8)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
    if innermost.lines { bytes.append(UInt8(ascii: " ")) }
    afterKey = true
  }

  /// A key that may be any text.
  package mutating func key(escaping key: String) {
    value(key)
    bytes.append(UInt8(ascii: ":"))
    if innermost.lines { bytes.append(UInt8(ascii: " ")) }
    afterKey = true
  }

  // MARK: Values

  package mutating func null() {
    separate()
    append("null")
  }

  package mutating func value(_ value: Bool) {
    separate()
    append(value ? "true" : "false")
  }

  @inline(__always)
  package mutating func value(_ value: some FixedWidthInteger) {
    separate()
    appendDigits(value)
  }

  /// Must be finite, because JSON has no other numbers.
  package mutating func value(_ value: Double) {
    precondition(value.isFinite)
    separate()
    appendASCII(value.description)
  }

  /// Must be finite, because JSON has no other numbers.
  package mutating func value(_ value: Float) {
    precondition(value.isFinite)
    separate()
    appendASCII(value.description)
  }

  package mutating func value(_ value: String) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    var value = value
    value.withUTF8 { utf8 in
      var start = 0
      for (place, byte) in utf8.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F {
        bytes.append(contentsOf: utf8[start..<place])
        appendEscape(of: byte)
        start = place + 1
      }
      bytes.append(contentsOf: utf8[start...])
    }
    bytes.append(UInt8(ascii: "\""))
  }

  package mutating func value(_ value: String?) {
    if let value { self.value(value) } else { null() }
  }

  /// Writes a string that needs no escapes, from pieces and without an intermediate `String`.
  @inline(__always)
  package mutating func plainString(_ body: (inout PlainText) -> Void) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    // Swapped, not assigned: a buffer that two variables hold would be copied whole at the next byte.
    var text = PlainText(bytes: [])
    swap(&text.bytes, &bytes)
    body(&text)
    swap(&text.bytes, &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  /// The inside of a string while `plainString` writes it.
  package struct PlainText {
    fileprivate var bytes: [UInt8]

    /// Appends ASCII letters, digits and signs that JSON does not escape.
    @inline(__always)
    package mutating func append(_ text: StaticString) {
      bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    package mutating func append(_ number: some FixedWidthInteger) { JSONByteWriter.appendDigits(number, to: &bytes) }
  }

  @inline(__always)
  package mutating func field(_ key: StaticString, _ value: some FixedWidthInteger) {
    self.key(key)
    self.value(value)
  }

  package mutating func field(_ key: StaticString, _ value: Double) {
    self.key(key)
    self.value(value)
  }

  package mutating func field(_ key: StaticString, _ value: Float) {
    self.key(key)
    self.value(value)
  }

  package mutating func field(_ key: StaticString, _ value: Bool) {
    self.key(key)
    self.value(value)
  }

  package mutating func field(_ key: StaticString, _ value: String?) {
    self.key(key)
    self.value(value)
  }

  // MARK: Bytes

  private mutating func begin(_ open: Unicode.Scalar, closing: Unicode.Scalar, lines: Bool) {
    separate()
    bytes.append(UInt8(ascii: open))
    outer.append(innermost)
    innermost = Container(close: UInt8(ascii: closing), lines: lines)
  }

  /// Writes what separates the previous element from the next one.
  @inline(__always)
  private mutating func separate() {
    if afterKey {
      afterKey = false
      return
    }
    if innermost.isEmpty {
      innermost.isEmpty = false
    } else if !outer.isEmpty {
      bytes.append(UInt8(ascii: ","))
    }
    if innermost.lines { newLine() }
  }

  private mutating func newLine() {
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: outer.count))
  }

  private mutating func append(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private mutating func appendASCII(_ text: String) {
    var text = text
    text.withUTF8 { bytes.append(contentsOf: $0) }
  }

  private mutating func appendDigits(_ value: some FixedWidthInteger) { Self.appendDigits(value, to: &bytes) }

  private static func appendDigits(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    var rest = UInt64(value.magnitude)
    if rest < 10 {
      bytes.append(UInt8(ascii: "0") + UInt8(rest))
      return
    }
    let start = bytes.count
    while rest > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    }
    bytes[start...].reverse()
  }

  private mutating func appendEscape(of byte: UInt8) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
    case UInt8(ascii: "\n"): bytes.append(UInt8(ascii: "n"))
    case UInt8(ascii: "\r"): bytes.append(UInt8(ascii: "r"))
    case UInt8(ascii: "\t"): bytes.append(UInt8(ascii: "t"))
    default:
      append("u00")
      let digits: StaticString = "0123456789abcdef"
      bytes.append(digits.utf8Start[Int(byte >> 4)])
      bytes.append(digits.utf8Start[Int(byte & 15)])
    }
  }
}
