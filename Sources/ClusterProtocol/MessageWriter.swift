// autointerp
// `MessageWriter` writes MessagePack values to a byte array.
// SPDX-License-Identifier: Apache-2.0

internal import CMsgPack

/// Writes each value in its smallest form, so that equal values give equal bytes.
///
/// It is a class because msgpack-c's packer writes through a pointer to it.
final class MessageWriter {
  private(set) var bytes: [UInt8] = []
  private var packer = msgpack_packer()

  init(capacity: Int = 256) {
    bytes.reserveCapacity(capacity)
    msgpack_packer_init(&packer, Unmanaged.passUnretained(self).toOpaque()) { writer, pointer, count in
      let writer = Unmanaged<MessageWriter>.fromOpaque(writer!).takeUnretainedValue()
      if let pointer { writer.bytes.append(contentsOf: UnsafeRawBufferPointer(start: pointer, count: count)) }
      return 0
    }
  }

  func map(count: Int) { msgpack_pack_map(&packer, count) }
  func array(count: Int) { msgpack_pack_array(&packer, count) }
  func null() { msgpack_pack_nil(&packer) }
  func bool(_ value: Bool) { _ = value ? msgpack_pack_true(&packer) : msgpack_pack_false(&packer) }
  func integer(_ value: some FixedWidthInteger & SignedInteger) { msgpack_pack_int64(&packer, Int64(value)) }
  func unsigned(_ value: UInt64) { msgpack_pack_uint64(&packer, value) }
  func float(_ value: Float) { msgpack_pack_float(&packer, value) }
  func double(_ value: Double) { msgpack_pack_double(&packer, value) }

  func string(_ value: String) {
    var value = value
    value.withUTF8 { utf8 in
      msgpack_pack_str(&packer, utf8.count)
      msgpack_pack_str_body(&packer, utf8.baseAddress, utf8.count)
    }
  }

  func binary(_ value: [UInt8]) {
    value.withUnsafeBytes { rawBinary($0) }
  }

  /// Writes `values` as a `bin` of little-endian Int32.
  func column(_ values: [Int32]) {
    #if _endian(little)
      values.withUnsafeBytes { rawBinary($0) }
    #else
      values.map(\.littleEndian).withUnsafeBytes { rawBinary($0) }
    #endif
  }

  /// Writes `values` as a `bin` of little-endian IEEE 754 binary32.
  func column(_ values: [Float]) {
    #if _endian(little)
      values.withUnsafeBytes { rawBinary($0) }
    #else
      values.map(\.bitPattern.littleEndian).withUnsafeBytes { rawBinary($0) }
    #endif
  }

  private func rawBinary(_ value: UnsafeRawBufferPointer) {
    msgpack_pack_bin(&packer, value.count)
    if !value.isEmpty { msgpack_pack_bin_body(&packer, value.baseAddress, value.count) }
  }
}

/// Maps, key by key.
extension MessageWriter {
  func key(_ name: String) { string(name) }

  func field(_ name: String, _ value: String) {
    key(name)
    string(value)
  }

  func field(_ name: String, _ value: String?) {
    key(name)
    if let value { string(value) } else { null() }
  }

  func field(_ name: String, _ value: some FixedWidthInteger & SignedInteger) {
    key(name)
    integer(value)
  }

  func field(_ name: String, _ value: UInt64) {
    key(name)
    unsigned(value)
  }

  func field(_ name: String, _ value: Bool) {
    key(name)
    bool(value)
  }

  func field(_ name: String, _ value: Float) {
    key(name)
    float(value)
  }

  func field(_ name: String, _ value: Double) {
    key(name)
    double(value)
  }

  func field(_ name: String, _ value: Double?) {
    key(name)
    if let value { double(value) } else { null() }
  }

  func field(_ name: String, _ value: [UInt8]) {
    key(name)
    binary(value)
  }

  func field(_ name: String, _ values: [Int32]) {
    key(name)
    column(values)
  }

  func field(_ name: String, _ values: [Float]) {
    key(name)
    column(values)
  }

  /// Starts a message: the outermost map with version and type. `fieldCount` fields must follow.
  func message(_ type: String, fieldCount: Int) {
    map(count: fieldCount + 2)
    field("v", ProtocolVersion.current)
    field("t", type)
  }
}
