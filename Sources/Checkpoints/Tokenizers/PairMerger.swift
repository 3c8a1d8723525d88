// autointerp
// Byte-pair merging of one word.
// SPDX-License-Identifier: Apache-2.0

/// Merges the symbols of a word pair by pair, always the pair of lowest rank, of those the leftmost.
///
/// Keeps its buffers from word to word. Short words look for the best pair by scanning, long ones with a heap, so that a
/// word of n symbols takes O(n log n).
struct PairMerger {
  /// Words of at most this many symbols are scanned; measured, a heap pays only above.
  static let scannedSymbols = 32

  private let merges: MergeTable
  private let scannedSymbols: Int
  /// The word as a linked list by index: symbols, and for each its neighbours and the merge with its right neighbour.
  private var symbols: [Int32] = []
  private var previous: [Int32] = []
  private var next: [Int32] = []
  /// `none` where symbol and right neighbour do not merge, or the symbol is gone.
  private var ranks: [UInt32] = []
  private var results: [Int32] = []
  /// `rank << 32 | index`; entries that `ranks` no longer confirms are skipped.
  private var heap = MinimumHeap()
  private static let none = UInt32.max

  init(_ merges: MergeTable, scannedSymbols: Int = PairMerger.scannedSymbols) {
    self.merges = merges
    self.scannedSymbols = scannedSymbols
  }

  mutating func begin() { symbols.removeAll(keepingCapacity: true) }

  mutating func add(_ symbol: Int32) { symbols.append(symbol) }

  /// Merges what was added since `begin()` and appends the remaining symbols to `output`.
  mutating func finish(into output: inout [Int32]) {
    let count = symbols.count
    if count < 2 {
      if let only = symbols.first { output.append(only) }
      return
    }
    precondition(count < Int(Int32.max), "a word of \(count) symbols")
    link(count)
    if count <= scannedSymbols { mergeByScanning() } else { mergeByHeap() }
    var index: Int32 = 0
    while index >= 0 {
      output.append(symbols[Int(index)])
      index = next[Int(index)]
    }
  }

  private mutating func link(_ count: Int) {
    previous.removeAll(keepingCapacity: true)
    next.removeAll(keepingCapacity: true)
    ranks.removeAll(keepingCapacity: true)
    results.removeAll(keepingCapacity: true)
    for index in 0..<count {
      previous.append(Int32(index) - 1)
      next.append(index + 1 < count ? Int32(index) + 1 : -1)
      let merge = index + 1 < count ? merges.find(symbols[index], symbols[index + 1]) : nil
      ranks.append(merge?.rank ?? Self.none)
      results.append(merge?.result ?? 0)
    }
  }

  private mutating func mergeByScanning() {
    while true {
      var best = Self.none
      var bestIndex = -1
      var index = 0
      while index >= 0 {
        if ranks[index] < best {
          best = ranks[index]
          bestIndex = index
        }
        index = Int(next[index])
      }
      if bestIndex < 0 { return }
      merge(at: bestIndex)
    }
  }

  private mutating func mergeByHeap() {
    heap.removeAll()
    for index in ranks.indices where ranks[index] != Self.none { push(index) }
    while let entry = heap.popMinimum() {
      let index = Int(truncatingIfNeeded: entry & 0xFFFF_FFFF)
      guard UInt64(ranks[index]) == entry >> 32 else { continue }
      merge(at: index)
      if ranks[index] != Self.none { push(index) }
      let before = Int(previous[index])
      if before >= 0, ranks[before] != Self.none { push(before) }
    }
  }

  private mutating func push(_ index: Int) { heap.insert(UInt64(ranks[index]) << 32 | UInt64(index)) }

  /// Replaces a symbol and its right neighbour by their merge, and looks up the two pairs that this makes.
  private mutating func merge(at index: Int) {
    let right = Int(next[index])
    symbols[index] = results[index]
    ranks[right] = Self.none
    next[index] = next[right]
    if next[right] >= 0 { previous[Int(next[right])] = Int32(index) }
    lookUpPair(at: index)
    if previous[index] >= 0 { lookUpPair(at: Int(previous[index])) }
  }

  private mutating func lookUpPair(at index: Int) {
    let right = Int(next[index])
    let merge = right >= 0 ? merges.find(symbols[index], symbols[right]) : nil
    ranks[index] = merge?.rank ?? Self.none
    results[index] = merge?.result ?? 0
  }
}

/// A binary heap of integers, smallest first.
struct MinimumHeap {
  private var entries: [UInt64] = []

  mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

  /// O(log n).
  mutating func insert(_ entry: UInt64) {
    var child = entries.count
    entries.append(entry)
    while child > 0 {
      let parent = (child - 1) / 2
      if entries[parent] <= entry { break }
      entries[child] = entries[parent]
      child = parent
    }
    entries[child] = entry
  }

  /// O(log n).
  mutating func popMinimum() -> UInt64? {
    guard let minimum = entries.first, let last = entries.popLast() else { return nil }
    if entries.isEmpty { return minimum }
    var parent = 0
    while true {
      var child = 2 * parent + 1
      if child >= entries.count { break }
      if child + 1 < entries.count, entries[child + 1] < entries[child] { child += 1 }
      if last <= entries[child] { break }
      entries[parent] = entries[child]
      parent = child
    }
    entries[parent] = last
    return minimum
  }
}
