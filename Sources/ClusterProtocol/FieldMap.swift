// autointerp
// `FieldMap` reads the fields of a MessagePack map and checks their types.
// SPDX-License-Identifier: Apache-2.0

internal import CMsgPack
internal import Circuits

/// The fields of one map in a frame. Keys that nobody asks for are ignored, so that later releases can add some.
///
/// Holds pointers into the frame and the parser's memory. They are valid only during the call of `FieldMap.read`.
struct FieldMap {
  private let entries: UnsafeBufferPointer<msgpack_object_kv>
  /// The map's name in errors, such as `lease.fence`; empty for the outermost map.
  private let path: String

  /// Parses `bytes`, within the limits, as one map and passes it to `body`.
  static func read<Result>(
    _ bytes: [UInt8], _ limits: FrameLimits, path: String = "", _ body: (FieldMap) throws(ProtocolError) -> Result
  ) throws(ProtocolError) -> Result {
    // The closure type of `withUnsafeBytes` loses typed throws, so a Swift.Result carries the error.
    let result: Swift.Result<Result, ProtocolError> = bytes.withUnsafeBytes { buffer in
      do throws(ProtocolError) {
        return .success(try read(buffer, limits, path: path, body))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private static func read<Result>(
    _ bytes: UnsafeRawBufferPointer, _ limits: FrameLimits, path: String,
    _ body: (FieldMap) throws(ProtocolError) -> Result
  ) throws(ProtocolError) -> Result {
    guard !bytes.isEmpty else { throw .malformed(offset: 0, reason: "the frame is empty") }
    try limits.check(bytes)
    var unpacked = msgpack_unpacked()
    msgpack_unpacked_init(&unpacked)
    defer { msgpack_unpacked_destroy(&unpacked) }
    var offset = 0
    let pointer = bytes.baseAddress!.assumingMemoryBound(to: CChar.self)
    let status = msgpack_unpack_next(&unpacked, pointer, bytes.count, &offset)
    guard status == MSGPACK_UNPACK_SUCCESS else {
      throw .malformed(offset: offset, reason: "it is not MessagePack (msgpack-c returned code \(status.rawValue))")
    }
    return try body(FieldMap(unpacked.data, path: path))
  }

  private init(_ object: msgpack_object, path: String) throws(ProtocolError) {
    guard object.type == MSGPACK_OBJECT_MAP else {
      throw .wrongType(field: path.isEmpty ? "message" : path, expected: "a map", found: object.kindName)
    }
    self.path = path
    entries = UnsafeBufferPointer(start: object.via.map.ptr, count: Int(object.via.map.size))
    for (number, entry) in entries.enumerated() {
      guard let key = entry.key.utf8 else {
        throw .wrongType(
          field: path.isEmpty ? "message" : path, expected: "string keys", found: entry.key.kindName)
      }
      for earlier in entries[..<number] where earlier.key.utf8!.elementsEqual(key) {
        throw .invalid(field: name(String(decoding: key, as: UTF8.self)), reason: "occurs twice")
      }
    }
  }

  private func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  private func entry(_ key: String) -> msgpack_object_kv? {
    var key = key
    return key.withUTF8 { wanted in entries.first { $0.key.utf8!.elementsEqual(wanted) } }
  }

  func has(_ key: String) -> Bool { entry(key) != nil }

  private func object(_ key: String) throws(ProtocolError) -> msgpack_object {
    guard let entry = entry(key) else { throw .missing(field: name(key)) }
    return entry.val
  }

  private func wrongType(_ key: String, _ expected: String, _ object: msgpack_object) -> ProtocolError {
    .wrongType(field: name(key), expected: expected, found: object.kindName)
  }

  /// Makes the error for a field whose value no message may have.
  func invalid(_ key: String, _ reason: String) -> ProtocolError { .invalid(field: name(key), reason: reason) }
}

/// Values by key.
extension FieldMap {
  func fields(_ key: String) throws(ProtocolError) -> FieldMap { try FieldMap(object(key), path: name(key)) }

  func isNull(_ key: String) throws(ProtocolError) -> Bool { try object(key).type == MSGPACK_OBJECT_NIL }

  /// A string of at most `maximumBytes` of UTF-8.
  func string(_ key: String, maximumBytes: Int = FrameLimits.maximumTextBytes) throws(ProtocolError) -> String {
    try string(object(key), key, maximumBytes: maximumBytes)
  }

  func optionalString(_ key: String) throws(ProtocolError) -> String? { try isNull(key) ? nil : string(key) }

  func integer<Integer: FixedWidthInteger>(
    _ key: String, in range: ClosedRange<Integer> = .min ... .max
  ) throws(ProtocolError) -> Integer {
    let object = try object(key)
    let value: Integer? =
      switch object.type {
      case MSGPACK_OBJECT_POSITIVE_INTEGER: Integer(exactly: object.via.u64)
      case MSGPACK_OBJECT_NEGATIVE_INTEGER: Integer(exactly: object.via.i64)
      default: throw wrongType(key, "an integer", object)
      }
    guard let value, range.contains(value) else {
      throw invalid(key, "is not within \(range.lowerBound)...\(range.upperBound)")
    }
    return value
  }

  func bool(_ key: String) throws(ProtocolError) -> Bool {
    let object = try object(key)
    guard object.type == MSGPACK_OBJECT_BOOLEAN else { throw wrongType(key, "a boolean", object) }
    return object.via.boolean
  }

  /// A finite number.
  func double(_ key: String) throws(ProtocolError) -> Double {
    let object = try object(key)
    guard object.type == MSGPACK_OBJECT_FLOAT64 || object.type == MSGPACK_OBJECT_FLOAT32 else {
      throw wrongType(key, "a floating-point number", object)
    }
    guard object.via.f64.isFinite else { throw invalid(key, "is not finite") }
    return object.via.f64
  }

  /// A finite number of single precision.
  func float(_ key: String) throws(ProtocolError) -> Float {
    let object = try object(key)
    guard object.type == MSGPACK_OBJECT_FLOAT32 else { throw wrongType(key, "a float32", object) }
    guard object.via.f64.isFinite else { throw invalid(key, "is not finite") }
    return Float(object.via.f64)
  }

  /// A setting's value. Nil if the map does not have the key.
  func settingValue(_ key: String) throws(ProtocolError) -> SettingValue? {
    guard has(key) else { return nil }
    let object = try object(key)
    switch object.type {
    case MSGPACK_OBJECT_NIL: return SettingValue.none
    case MSGPACK_OBJECT_POSITIVE_INTEGER, MSGPACK_OBJECT_NEGATIVE_INTEGER: return .integer(try integer(key))
    case MSGPACK_OBJECT_FLOAT32, MSGPACK_OBJECT_FLOAT64: return .number(try double(key))
    case MSGPACK_OBJECT_STR: return .text(try string(key))
    default: throw wrongType(key, "an integer, a number, a string or nil", object)
    }
  }

  func binary(_ key: String) throws(ProtocolError) -> [UInt8] { try Array(rawBinary(key)) }

  /// A `bin` of little-endian Int32.
  func int32Column(_ key: String, count: Int? = nil) throws(ProtocolError) -> [Int32] {
    let raw = try columnBytes(key, count: count)
    let values = [Int32](unsafeUninitializedCapacity: raw.count / 4) { buffer, initialized in
      UnsafeMutableRawBufferPointer(buffer).copyMemory(from: raw)
      initialized = raw.count / 4
    }
    #if _endian(little)
      return values
    #else
      return values.map(Int32.init(littleEndian:))
    #endif
  }

  /// A `bin` of little-endian finite binary32.
  func floatColumn(_ key: String, count: Int? = nil) throws(ProtocolError) -> [Float] {
    let patterns = try int32Column(key, count: count)
    var finite = true
    let values = patterns.map { pattern in
      let value = Float(bitPattern: UInt32(bitPattern: pattern))
      finite = finite && value.isFinite
      return value
    }
    guard finite else {
      throw invalid(key, "has a value that is not finite, at \(values.firstIndex { !$0.isFinite } ?? 0)")
    }
    return values
  }

  /// An array of strings.
  func strings(_ key: String, count: Int? = nil) throws(ProtocolError) -> [String] {
    let elements = try array(key)
    if let count, elements.count != count { throw invalid(key, "has \(elements.count) elements, expected \(count)") }
    var result: [String] = []
    result.reserveCapacity(elements.count)
    for element in elements { result.append(try string(element, key)) }
    return result
  }

  /// An array of maps.
  func maps<Element>(
    _ key: String, _ body: (FieldMap) throws(ProtocolError) -> Element
  ) throws(ProtocolError) -> [Element] {
    var result: [Element] = []
    for (number, element) in try array(key).enumerated() {
      result.append(try body(FieldMap(element, path: "\(name(key))[\(number)]")))
    }
    return result
  }

  /// A string that must be one of an enumeration's values.
  func choice<Value: RawRepresentable & CaseIterable>(
    _ key: String, of type: Value.Type
  ) throws(ProtocolError) -> Value where Value.RawValue == String {
    let text = try string(key)
    guard let value = Value(rawValue: text) else {
      throw invalid(key, "is '\(text)', expected \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return value
  }

  /// The name of a group of prompts.
  func group(_ key: String) throws(ProtocolError) -> PromptGroup {
    let text = try string(key)
    guard let group = PromptGroup(rawValue: text) else {
      throw invalid(key, "is '\(text.prefix(80))', expected a name of small letters, digits, - and _")
    }
    return group
  }

  private func array(_ key: String) throws(ProtocolError) -> UnsafeBufferPointer<msgpack_object> {
    let object = try object(key)
    guard object.type == MSGPACK_OBJECT_ARRAY else { throw wrongType(key, "an array", object) }
    return UnsafeBufferPointer(start: object.via.array.ptr, count: Int(object.via.array.size))
  }

  private func string(
    _ object: msgpack_object, _ key: String, maximumBytes: Int = FrameLimits.maximumTextBytes
  ) throws(ProtocolError) -> String {
    guard let utf8 = object.utf8 else { throw wrongType(key, "a string", object) }
    guard utf8.count <= maximumBytes else {
      throw .tooLarge(what: "the length of '\(name(key))'", limit: maximumBytes, found: utf8.count)
    }
    guard let text = String(validating: utf8, as: UTF8.self) else { throw invalid(key, "is not UTF-8") }
    return text
  }

  private func rawBinary(_ key: String) throws(ProtocolError) -> UnsafeRawBufferPointer {
    let object = try object(key)
    guard object.type == MSGPACK_OBJECT_BIN else { throw wrongType(key, "a bin", object) }
    return UnsafeRawBufferPointer(start: object.via.bin.ptr, count: Int(object.via.bin.size))
  }

  private func columnBytes(_ key: String, count: Int?) throws(ProtocolError) -> UnsafeRawBufferPointer {
    let raw = try rawBinary(key)
    guard raw.count.isMultiple(of: 4) else { throw invalid(key, "has \(raw.count) bytes, not a multiple of 4") }
    if let count, raw.count / 4 != count { throw invalid(key, "has \(raw.count / 4) values, expected \(count)") }
    return raw
  }
}

extension msgpack_object {
  /// The bytes of a string, or nil for anything else.
  fileprivate var utf8: UnsafeBufferPointer<UInt8>? {
    guard type == MSGPACK_OBJECT_STR else { return nil }
    let raw = UnsafeRawBufferPointer(start: via.str.ptr, count: Int(via.str.size))
    return raw.bindMemory(to: UInt8.self)
  }

  fileprivate var kindName: String {
    switch type {
    case MSGPACK_OBJECT_NIL: "nil"
    case MSGPACK_OBJECT_BOOLEAN: "a boolean"
    case MSGPACK_OBJECT_POSITIVE_INTEGER, MSGPACK_OBJECT_NEGATIVE_INTEGER: "an integer"
    case MSGPACK_OBJECT_FLOAT32, MSGPACK_OBJECT_FLOAT64: "a floating-point number"
    case MSGPACK_OBJECT_STR: "a string"
    case MSGPACK_OBJECT_ARRAY: "an array"
    case MSGPACK_OBJECT_MAP: "a map"
    case MSGPACK_OBJECT_BIN: "a bin"
    default: "an extension"
    }
  }
}
