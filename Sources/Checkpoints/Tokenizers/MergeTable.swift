// autointerp
// `MergeTable` says which pairs of symbols merge, in which order, and into what.
// SPDX-License-Identifier: Apache-2.0

/// Maps a pair of neighbouring symbols to the merge's rank (lower merges first) and result.
///
/// It is a hash table with open addressing, at most half full. Lookups take expected O(1).
struct MergeTable: Sendable {
  struct Merge: Equatable, Sendable {
    var rank: UInt32
    var result: Int32
  }

  private struct Slot {
    /// `left << 32 | right`, or `free`. Symbols are not negative, so no pair equals `free`.
    var pair: UInt64
    var merge: Merge
  }

  private var slots: [Slot]
  private let shift: UInt64
  private static let free = UInt64.max

  /// - Parameter count: the largest number of pairs that will be inserted.
  init(capacity count: Int) {
    var size = 16
    var bits: UInt64 = 4
    while size < count * 2 {
      size *= 2
      bits += 1
    }
    self.slots = Array(repeating: Slot(pair: Self.free, merge: Merge(rank: 0, result: 0)), count: size)
    self.shift = 64 - bits
  }

  /// Adds a merge and returns true. If the table already has the pair, keeps the old merge and returns false.
  mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) -> Bool {
    let pair = Self.key(left, right)
    var slot = firstSlot(pair)
    while slots[slot].pair != Self.free {
      if slots[slot].pair == pair { return false }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = Slot(pair: pair, merge: merge)
    return true
  }

  @inline(__always)
  func find(_ left: Int32, _ right: Int32) -> Merge? {
    let pair = Self.key(left, right)
    var slot = firstSlot(pair)
    while true {
      let found = slots[slot]
      if found.pair == pair { return found.merge }
      if found.pair == Self.free { return nil }
      slot = (slot + 1) & (slots.count - 1)
    }
  }

  @inline(__always)
  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// Fibonacci hashing. Source: Knuth, The Art of Computer Programming, volume 3, section 6.4.
  @inline(__always)
  private func firstSlot(_ pair: UInt64) -> Int {
    Int(truncatingIfNeeded: ((pair ^ (pair >> 32)) &* 0x9E37_79B9_7F4A_7C15) >> shift)
  }
}
