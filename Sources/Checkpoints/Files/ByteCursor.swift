// autointerp
// `ByteCursor` reads little-endian values from an untrusted file and throws instead of reading past its end.
// SPDX-License-Identifier: Apache-2.0

/// A position in the bytes of a file. Every read is checked against the bytes that remain.
struct ByteCursor {
  let bytes: UnsafeRawBufferPointer
  /// The file's path, for errors.
  let path: String
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer, path: String) {
    self.bytes = bytes
    self.path = path
  }

  var remaining: Int { bytes.count - offset }

  /// Reads a fixed-width integer. If the file ends inside the integer, the error calls it `what`.
  mutating func read<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type, _ what: @autoclosure () -> String
  ) throws(CheckpointError) -> Value {
    let size = MemoryLayout<Value>.size
    guard remaining >= size else { throw ended(what(), needing: size) }
    defer { offset += size }
    return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
  }

  /// Reads a 64-bit count or offset, which must fit the platform's `Int`.
  mutating func readCount(_ what: @autoclosure () -> String) throws(CheckpointError) -> Int {
    let start = offset
    let value = try read(UInt64.self, what())
    guard let count = Int(exactly: value) else {
      throw CheckpointError(path: path, offset: start, "\(what()) is too large", found: "\(value)")
    }
    return count
  }

  /// Returns the next `count` bytes without copying them.
  mutating func readBytes(_ count: Int, _ what: @autoclosure () -> String) throws(CheckpointError)
    -> UnsafeRawBufferPointer
  {
    guard count >= 0, remaining >= count else { throw ended(what(), needing: count) }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  private func ended(_ what: String, needing count: Int) -> CheckpointError {
    CheckpointError(
      path: path, offset: offset, "the file ends within \(what): it is truncated or damaged",
      expected: "\(count) more bytes", found: "\(remaining)")
  }
}
