// autointerp
// `PairMerger` merges the symbols of one word into tokens (byte-pair encoding).
// SPDX-License-Identifier: Apache-2.0

/// Merges the pair of lowest rank, and of equal ranks the leftmost, until no pair merges.
///
/// It reuses its buffers from word to word. It scans short words for the best pair and uses a heap for long words, so
/// that a word of n symbols takes O(n log n).
struct PairMerger {
  /// Words of at most this many symbols are scanned. Most words are short, and a heap then costs more than it saves.
  static let scannedSymbols = 32
  /// The rank of a symbol that does not merge with its right neighbour or that no longer exists.
  fileprivate static let none = UInt32.max

  private let merges: MergeTable
  private let scannedSymbols: Int
  private var links: [Link] = []
  private var heap = MinimumHeap()

  init(_ merges: MergeTable, scannedSymbols: Int = PairMerger.scannedSymbols) {
    self.merges = merges
    self.scannedSymbols = scannedSymbols
  }

  mutating func begin() { links.removeAll(keepingCapacity: true) }

  @inline(__always)
  mutating func add(_ symbol: Int32) {
    let index = Int32(truncatingIfNeeded: links.count)
    links.append(Link(symbol: symbol, previous: index &- 1, next: index &+ 1, rank: Self.none, result: 0))
  }

  /// Merges the symbols added since `begin()` and appends the results to `output`.
  mutating func finish(into output: inout [Int32]) {
    guard let last = links.indices.last else { return }
    precondition(links.count < Int(Int32.max), "a word of \(links.count) symbols")
    links[last].next = -1
    if last == 0 {
      output.append(links[0].symbol)
      return
    }
    let scans = links.count <= scannedSymbols
    links.withUnsafeMutableBufferPointer { buffer in
      var word = LinkedWord(links: buffer, merges: merges)
      for index in 0..<last { word.lookUpPair(at: index) }
      if scans { word.mergeByScanning() } else { word.mergeByHeap(&heap) }
      word.copySymbols(to: &output)
    }
  }
}

/// A symbol of a word, its neighbours (-1 for none), and the merge with its right neighbour.
private struct Link {
  var symbol: Int32
  var previous: Int32
  var next: Int32
  var rank: UInt32
  var result: Int32
}

/// A word as a linked list inside a buffer. Valid only while the buffer is lent.
private struct LinkedWord {
  let links: UnsafeMutableBufferPointer<Link>
  let merges: MergeTable

  mutating func mergeByScanning() {
    while true {
      var best = PairMerger.none
      var bestIndex = -1
      var index = 0
      while index >= 0 {
        if links[index].rank < best {
          best = links[index].rank
          bestIndex = index
        }
        index = Int(links[index].next)
      }
      if bestIndex < 0 { return }
      merge(at: bestIndex)
    }
  }

  /// Heap entries are `rank << 32 | index`. An entry is skipped if the symbol's rank has changed since.
  mutating func mergeByHeap(_ heap: inout MinimumHeap) {
    heap.fill { entries in
      for index in links.indices where links[index].rank != PairMerger.none { entries.append(entry(at: index)) }
    }
    while let entry = heap.popMinimum() {
      let index = Int(truncatingIfNeeded: entry & 0xFFFF_FFFF)
      guard UInt64(links[index].rank) == entry >> 32 else { continue }
      merge(at: index)
      if links[index].rank != PairMerger.none { heap.insert(self.entry(at: index)) }
      let before = Int(links[index].previous)
      if before >= 0, links[before].rank != PairMerger.none { heap.insert(self.entry(at: before)) }
    }
  }

  private func entry(at index: Int) -> UInt64 { UInt64(links[index].rank) << 32 | UInt64(index) }

  /// Replaces a symbol and its right neighbour by their merge and looks up the two new pairs.
  private mutating func merge(at index: Int) {
    let right = Int(links[index].next)
    let next = links[right].next
    links[index].symbol = links[index].result
    links[right].rank = PairMerger.none
    links[index].next = next
    if next >= 0 { links[Int(next)].previous = Int32(truncatingIfNeeded: index) }
    lookUpPair(at: index)
    if links[index].previous >= 0 { lookUpPair(at: Int(links[index].previous)) }
  }

  @inline(__always)
  mutating func lookUpPair(at index: Int) {
    let right = Int(links[index].next)
    if right >= 0, let merge = merges.find(links[index].symbol, links[right].symbol) {
      links[index].rank = merge.rank
      links[index].result = merge.result
    } else {
      links[index].rank = PairMerger.none
    }
  }

  func copySymbols(to output: inout [Int32]) {
    var index = 0
    while index >= 0 {
      output.append(links[index].symbol)
      index = Int(links[index].next)
    }
  }
}
