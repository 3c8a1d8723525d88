// autointerp
// `PairMergerTests` tests that `PairMerger` follows the definition: lowest rank first, leftmost among equal ranks.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Checkpoints

struct PairMergerTests {
  /// A small generator, so that a seed gives the same cases on every machine.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) ^ (state << 31)
    }
  }

  private typealias Merges = [[Int32]: MergeTable.Merge]

  /// Byte-pair encoding by its definition, in O(n^2).
  private func mergedByDefinition(_ word: [Int32], _ merges: Merges) -> [Int32] {
    var word = word
    while true {
      let candidates = word.indices.dropLast().compactMap { index in
        merges[[word[index], word[index + 1]]].map { (index: index, merge: $0) }
      }
      guard let best = candidates.min(by: { ($0.merge.rank, $0.index) < ($1.merge.rank, $1.index) }) else {
        return word
      }
      word.replaceSubrange(best.index...best.index + 1, with: [best.merge.result])
    }
  }

  private func merged(_ word: [Int32], _ merges: Merges, scannedSymbols: Int) -> [Int32] {
    var table = MergeTable(capacity: merges.count)
    for (pair, merge) in merges {
      let isNew = table.insert(pair[0], pair[1], merge)
      #expect(isNew)
    }
    var merger = PairMerger(table, scannedSymbols: scannedSymbols)
    var output: [Int32] = []
    merger.begin()
    for symbol in word { merger.add(symbol) }
    merger.finish(into: &output)
    return output
  }

  @Test(arguments: 0..<200) func bothWaysEqualTheDefinition(seed: UInt64) {
    var random = Generator(state: seed)
    var merges: Merges = [:]
    let symbolCount: Int32 = 12
    for _ in 0..<Int.random(in: 1...60, using: &random) {
      let pair = [Int32.random(in: 0..<symbolCount, using: &random), Int32.random(in: 0..<symbolCount, using: &random)]
      // Few different ranks, so that many are equal, as in vocabularies with scores.
      merges[pair] = .init(
        rank: UInt32.random(in: 0..<20, using: &random), result: Int32.random(in: 0..<symbolCount, using: &random))
    }
    let word = (0..<Int.random(in: 0...120, using: &random)).map { _ in Int32.random(in: 0..<4, using: &random) }
    let expected = mergedByDefinition(word, merges)
    #expect(merged(word, merges, scannedSymbols: 0) == expected)
    #expect(merged(word, merges, scannedSymbols: .max) == expected)
  }

  @Test func heapGivesEntriesInOrder() {
    var random = Generator(state: 7)
    for count in [0, 1, 2, 5, 17, 300] {
      let entries = (0..<count).map { _ in UInt64.random(in: 0..<100, using: &random) }
      let later = (0..<count / 2).map { _ in UInt64.random(in: 0..<100, using: &random) }
      var heap = MinimumHeap()
      heap.fill { $0 = entries }
      for entry in later { heap.insert(entry) }
      var sorted: [UInt64] = []
      while let entry = heap.popMinimum() { sorted.append(entry) }
      #expect(sorted == (entries + later).sorted())
    }
  }

  @Test func pairIsInsertedOnce() {
    var table = MergeTable(capacity: 2)
    let isNew = table.insert(1, 2, .init(rank: 0, result: 3))
    let isNewAgain = table.insert(1, 2, .init(rank: 1, result: 4))
    #expect(isNew && !isNewAgain)
    #expect(table.find(1, 2) == .init(rank: 0, result: 3))
    #expect(table.find(2, 1) == nil)
  }
}
