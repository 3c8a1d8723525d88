// autointerp
// `GGUFValue.init(from:key:)` reads one metadata value from a GGUF file.
// SPDX-License-Identifier: Apache-2.0

extension GGUFValue {
  /// The type codes of the GGUF format.
  private enum Kind: UInt32 {
    case uint8, int8, uint16, int16, uint32, int32, float32, boolean, string, array, uint64, int64, float64

    /// The least number of bytes that an element takes.
    var minimumBytes: Int {
      switch self {
      case .uint8, .int8, .boolean: 1
      case .uint16, .int16: 2
      case .uint32, .int32, .float32: 4
      case .uint64, .int64, .float64, .string: 8
      case .array: 12
      }
    }
  }

  /// Reads a type code and the value after it.
  ///
  /// Text that is not valid UTF-8 is refused under `tokenizer.`, because a repaired token could equal another token.
  /// Elsewhere (names, descriptions) it is repaired.
  ///
  /// - Throws: an error that names the key and the offset.
  init(from cursor: inout ByteCursor, key: String) throws(CheckpointError) {
    let kind = try Self.readKind(&cursor, key: key)
    switch kind {
    case .uint8: self = .unsigned(UInt64(try cursor.read(UInt8.self, key)))
    case .uint16: self = .unsigned(UInt64(try cursor.read(UInt16.self, key)))
    case .uint32: self = .unsigned(UInt64(try cursor.read(UInt32.self, key)))
    case .uint64: self = .unsigned(try cursor.read(UInt64.self, key))
    case .int8: self = .signed(Int64(try cursor.read(Int8.self, key)))
    case .int16: self = .signed(Int64(try cursor.read(Int16.self, key)))
    case .int32: self = .signed(Int64(try cursor.read(Int32.self, key)))
    case .int64: self = .signed(try cursor.read(Int64.self, key))
    case .float32: self = .float(Double(Float(bitPattern: try cursor.read(UInt32.self, key))))
    case .float64: self = .float(Double(bitPattern: try cursor.read(UInt64.self, key)))
    case .boolean: self = .boolean(try Self.readBoolean(&cursor, key: key))
    case .string: self = .string(try Self.readString(&cursor, key: key, element: nil))
    case .array: self = try Self.readArray(&cursor, key: key)
    }
  }

  private static func readKind(_ cursor: inout ByteCursor, key: String) throws(CheckpointError) -> Kind {
    let start = cursor.offset
    let code = try cursor.read(UInt32.self, "the type of key \"\(CheckpointError.printable(key))\"")
    guard let kind = Kind(rawValue: code) else {
      throw CheckpointError(path: cursor.path, key: key, offset: start, "unknown value type", found: "\(code)")
    }
    return kind
  }

  private static func readBoolean(_ cursor: inout ByteCursor, key: String) throws(CheckpointError) -> Bool {
    let start = cursor.offset
    let byte = try cursor.read(UInt8.self, key)
    guard byte <= 1 else {
      throw CheckpointError(
        path: cursor.path, key: key, offset: start, "not a boolean", expected: "0 or 1", found: "\(byte)")
    }
    return byte == 1
  }

  private static func readString(
    _ cursor: inout ByteCursor, key: String, element: Int?
  ) throws(CheckpointError) -> String {
    let start = cursor.offset
    let count = try cursor.readCount("the text of key \"\(CheckpointError.printable(key))\"")
    let bytes = try cursor.readBytes(count, "the text of key \"\(CheckpointError.printable(key))\"")
    if key.hasPrefix("tokenizer.") {
      guard let text = String(validating: bytes, as: UTF8.self) else {
        let place = element.map { "element \($0) is" } ?? "the text is"
        throw CheckpointError(path: cursor.path, key: key, offset: start, "\(place) not valid UTF-8")
      }
      return text
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func readArray(_ cursor: inout ByteCursor, key: String) throws(CheckpointError) -> GGUFValue {
    let start = cursor.offset
    let kind = try readKind(&cursor, key: key)
    let count = try GGUFPart.readCount(
      &cursor, of: "elements of key \"\(CheckpointError.printable(key))\"", elementBytes: kind.minimumBytes)
    guard count <= GGUFPart.maximumArrayCount else {
      throw CheckpointError(
        path: cursor.path, key: key, offset: start, "the array is too long",
        expected: "at most \(GGUFPart.maximumArrayCount) elements", found: "\(count)")
    }
    switch kind {
    case .uint8: return .integers(try readIntegers(UInt8.self, count, &cursor, key: key))
    case .int8: return .integers(try readIntegers(Int8.self, count, &cursor, key: key))
    case .uint16: return .integers(try readIntegers(UInt16.self, count, &cursor, key: key))
    case .int16: return .integers(try readIntegers(Int16.self, count, &cursor, key: key))
    case .uint32: return .integers(try readIntegers(UInt32.self, count, &cursor, key: key))
    case .int32: return .integers(try readIntegers(Int32.self, count, &cursor, key: key))
    case .uint64: return .integers(try readIntegers(UInt64.self, count, &cursor, key: key))
    case .int64: return .integers(try readIntegers(Int64.self, count, &cursor, key: key))
    case .float32, .float64:
      var values: [Float] = []
      values.reserveCapacity(count)
      for _ in 0..<count {
        values.append(
          kind == .float32
            ? Float(bitPattern: try cursor.read(UInt32.self, key))
            : Float(Double(bitPattern: try cursor.read(UInt64.self, key))))
      }
      return .floats(values)
    case .boolean:
      var values: [Bool] = []
      values.reserveCapacity(count)
      for _ in 0..<count { values.append(try readBoolean(&cursor, key: key)) }
      return .booleans(values)
    case .string:
      var values: [String] = []
      values.reserveCapacity(count)
      for index in 0..<count { values.append(try readString(&cursor, key: key, element: index)) }
      return .strings(values)
    case .array:
      throw CheckpointError(path: cursor.path, key: key, offset: start, "arrays of arrays are not supported")
    }
  }

  private static func readIntegers<Element: FixedWidthInteger & BitwiseCopyable>(
    _: Element.Type, _ count: Int, _ cursor: inout ByteCursor, key: String
  ) throws(CheckpointError) -> [Int64] {
    var values: [Int64] = []
    values.reserveCapacity(count)
    for _ in 0..<count {
      let start = cursor.offset
      let element = try cursor.read(Element.self, key)
      guard let value = Int64(exactly: element) else {
        throw CheckpointError(
          path: cursor.path, key: key, offset: start, "an element is too large", found: "\(element)")
      }
      values.append(value)
    }
    return values
  }
}
