// autointerp
// Writes JSON as bytes, fast and always the same.
// SPDX-License-Identifier: Apache-2.0

/// Appends JSON to a buffer that its owner empties now and then, so that large files stream.
///
/// Keys come out in the order written, numbers in their shortest form that reads back as the same value, and strings as
/// UTF-8 with the escapes that JSON demands. An array or object opened with `lines: true` puts each element on a line.
package struct JSONByteWriter: Sendable {
  package private(set) var bytes: [UInt8] = []
  /// The innermost open array or object, and those around it; at the top there is a container that is never closed.
  private var innermost = Container(close: 0, lines: false)
  private var outer: [Container] = []
  private var afterKey = false

  private struct Container: Sendable {
    var close: UInt8
    var lines: Bool
    var isEmpty = true
  }

  package init(reservingCapacity capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  /// A writer of elements for an array of lines that is open `depth` containers deep in another writer, which takes
  /// them with `passOn(elementsOf:into:)`: for writing the parts of an array at once.
  init(elementsOfLinesAtDepth depth: Int, reservingCapacity capacity: Int) {
    precondition(depth > 0)
    bytes.reserveCapacity(capacity)
    innermost = Container(close: UInt8(ascii: "]"), lines: true)
    outer = Array(repeating: Container(close: 0, lines: true), count: depth)
  }

  /// Hands what `other`, made for the array that is open here, has written to `sink`, after the bytes so far.
  mutating func passOn<Failure: Error>(
    elementsOf other: JSONByteWriter, into sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(other.outer.count == outer.count, "the elements are of another depth")
    guard !other.bytes.isEmpty else { return }
    if innermost.isEmpty { innermost.isEmpty = false } else { bytes.append(UInt8(ascii: ",")) }
    try drain(into: sink)
    try other.bytes.withUnsafeBufferPointer { bytes throws(Failure) in try sink(UnsafeRawBufferPointer(bytes)) }
  }

  /// Hands the bytes so far to `sink` and forgets them.
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
    guard let around = outer.popLast() else { preconditionFailure("nothing is open") }
    if innermost.lines, !innermost.isEmpty { newLine() }
    bytes.append(innermost.close)
    innermost = around
    if outer.isEmpty { bytes.append(UInt8(ascii: "\n")) }
  }

  /// The next value's key. It is written as it stands: it must need no escapes.
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

  /// Must be finite: JSON has no other numbers.
  package mutating func value(_ value: Double) {
    precondition(value.isFinite)
    separate()
    appendASCII(value.description)
  }

  /// Must be finite: JSON has no other numbers.
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

  /// As its id, `15_7890`, `E_13347` or `L_791`.
  package mutating func value(_ endpoint: Endpoint) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    switch endpoint.kind {
    case .neuron: appendDigits(endpoint.packed >> 32)
    case .embedding: bytes.append(UInt8(ascii: "E"))
    case .logit: bytes.append(UInt8(ascii: "L"))
    }
    bytes.append(UInt8(ascii: "_"))
    appendDigits(endpoint.packed & 0xFFFF_FFFF)
    bytes.append(UInt8(ascii: "\""))
  }

  /// As `L15/N7890`.
  package mutating func value(_ neuron: NeuronID) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: "L"))
    appendDigits(neuron.layer)
    bytes.append(UInt8(ascii: "/"))
    bytes.append(UInt8(ascii: "N"))
    appendDigits(neuron.index)
    bytes.append(UInt8(ascii: "\""))
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

  /// What stands between the previous element and the next one.
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

  private mutating func appendDigits(_ value: some FixedWidthInteger) {
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
