// autointerp
// `TokenIndex` finds the token that has given bytes.
// SPDX-License-Identifier: Apache-2.0

/// Maps bytes to a token id. It compares bytes, so Unicode-equivalent texts stay different.
///
/// It is a hash table with open addressing, at most half full. Lookups take expected O(length).
struct TokenIndex: Sendable {
  private var slots: [Int32]
  private let mask: Int

  /// - Parameter count: the largest number of tokens that will be inserted.
  init(capacity count: Int) {
    var size = 16
    while size < count * 2 { size *= 2 }
    self.slots = Array(repeating: -1, count: size)
    self.mask = size - 1
  }

  /// Adds a token of the table. If an earlier token has the same bytes, keeps that one and returns it.
  @discardableResult
  mutating func insert(_ id: Int, of table: TokenTable) -> Int32? {
    table.bytes(of: id).withUnsafeBufferPointer { bytes in
      let slot = slot(of: bytes, table)
      if slots[slot] >= 0 { return slots[slot] }
      slots[slot] = Int32(id)
      return nil
    }
  }

  func find(_ bytes: UnsafeBufferPointer<UInt8>, in table: TokenTable) -> Int32? {
    let id = slots[slot(of: bytes, table)]
    return id >= 0 ? id : nil
  }

  func find(_ bytes: some Collection<UInt8>, in table: TokenTable) -> Int32? {
    if let found = bytes.withContiguousStorageIfAvailable({ find($0, in: table) }) { return found }
    return Array(bytes).withUnsafeBufferPointer { find($0, in: table) }
  }

  /// Returns the slot that holds the bytes, or the free slot where they belong.
  private func slot(of bytes: UnsafeBufferPointer<UInt8>, _ table: TokenTable) -> Int {
    var slot = Int(truncatingIfNeeded: Self.hash(bytes)) & mask
    while slots[slot] >= 0, !table.token(Int(slots[slot]), equals: bytes) { slot = (slot + 1) & mask }
    return slot
  }

  /// FNV-1a, 64 bits, with the high half folded in. Source: Fowler, Noll, Vo.
  private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash ^ (hash >> 32)
  }
}
