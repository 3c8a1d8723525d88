// autointerp
// `TextView` lets the pre-tokenizers read the scalars of valid UTF-8 text.
// SPDX-License-Identifier: Apache-2.0

/// The bytes of a Swift string. They are valid UTF-8, so nothing here checks continuation bytes.
///
/// Valid only inside the closure that lends the bytes.
struct TextView {
  let bytes: UnsafeBufferPointer<UInt8>

  @inline(__always)
  subscript(_ index: Int) -> UInt8 { bytes[index] }

  /// Returns the scalar that starts at a byte and the index after it.
  @inline(__always)
  func scalar(at index: Int) -> (value: UInt32, next: Int) {
    let first = bytes[index]
    if first < 0x80 { return (UInt32(first), index + 1) }
    if first < 0xE0 { return (UInt32(first & 0x1F) << 6 | low(index + 1), index + 2) }
    if first < 0xF0 { return (UInt32(first & 0x0F) << 12 | low(index + 1) << 6 | low(index + 2), index + 3) }
    return (
      UInt32(first & 0x07) << 18 | low(index + 1) << 12 | low(index + 2) << 6 | low(index + 3), index + 4
    )
  }

  @inline(__always)
  private func low(_ index: Int) -> UInt32 { UInt32(bytes[index] & 0x3F) }

  /// Returns the class of the scalar that starts at a byte and the index after it.
  @inline(__always)
  func scalarClass(at index: Int) -> (class: ScalarClass, next: Int) {
    let first = bytes[index]
    if first < 0x80 { return (ScalarClass.ascii(first), index + 1) }
    let (value, next) = scalar(at: index)
    return (ScalarClass.of(value), next)
  }

  /// Returns the end (at most `end`) of the run of scalars of one class that begins at `start`.
  @inline(__always)
  func endOfRun(of runClass: ScalarClass, from start: Int, to end: Int) -> Int {
    var index = start
    while index < end {
      let (scalarClass, next) = scalarClass(at: index)
      if scalarClass != runClass { break }
      index = next
    }
    return index
  }
}
