// autointerp
// `OrderIndependenceTests` tests that the same prompts give the same bits in whatever order they are merged.
// SPDX-License-Identifier: Apache-2.0

import Platform
import Testing

@testable import Circuits

@Suite struct OrderIndependenceTests {
  private static let deltas = (0..<60).map { Fixtures.randomDelta(prompt: $0) }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func shuffledDeltasGiveTheSameAggregateAndTheSameFile(seed: UInt64) throws {
    let expected = try Fixtures.aggregate(of: Self.deltas)
    var generator = SplitMix64(seed: seed)
    let shuffled = try Fixtures.aggregate(of: Self.deltas.shuffled(using: &generator))
    #expect(shuffled == expected)
    #expect(Fixtures.export(shuffled) == Fixtures.export(expected))
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func partsMergedInAnyOrderGiveTheSameAggregate(seed: UInt64) throws {
    let expected = try Fixtures.aggregate(of: Self.deltas)
    var generator = SplitMix64(seed: seed)
    var parts = [EdgeAggregate](repeating: EdgeAggregate(), count: Int.random(in: 2...7, using: &generator))
    for delta in Self.deltas { try parts[Int.random(in: parts.indices, using: &generator)].merge(delta) }
    // Merge random pairs until one is left, which gives trees and chains.
    while parts.count > 1 {
      let taken = parts.remove(at: Int.random(in: parts.indices, using: &generator))
      try parts[Int.random(in: parts.indices, using: &generator)].merge(taken)
    }
    #expect(parts[0] == expected)
    #expect(Fixtures.export(parts[0]) == Fixtures.export(expected))
  }

  @Test func duplicatesAreRefusedAndChangeNothing() throws {
    var aggregate = try Fixtures.aggregate(of: Array(Self.deltas.prefix(10)))
    let before = aggregate
    for delta in Self.deltas.prefix(10) {
      #expect(throws: CircuitError.duplicatePrompt(delta.prompt)) { try aggregate.merge(delta) }
    }
    #expect(aggregate == before)
  }

  @Test func partsThatShareAPromptAreRefusedAndChangeNothing() throws {
    var aggregate = try Fixtures.aggregate(of: Array(Self.deltas[0..<10]))
    let before = aggregate
    let other = try Fixtures.aggregate(of: Array(Self.deltas[6..<20]))
    #expect(throws: CircuitError.duplicatePrompt(6)) { try aggregate.merge(other) }
    #expect(aggregate == before)
  }

  @Test func oneMissingPromptMakesADifference() throws {
    let all = try Fixtures.aggregate(of: Self.deltas)
    let fewer = try Fixtures.aggregate(of: Array(Self.deltas.dropLast()))
    #expect(all != fewer)
    #expect(Fixtures.export(all) != Fixtures.export(fewer))
  }

  @Test func aChangedFlowMakesADifference() throws {
    var changed = Self.deltas
    let place = try #require(changed.firstIndex { $0.graph.edges.count > 0 })
    changed[place].graph.edges.flow[0] += 0.001
    #expect(try Fixtures.aggregate(of: Self.deltas) != Fixtures.aggregate(of: changed))
  }

  @Test func aSnapshotDoesNotSeeLaterMerges() throws {
    var aggregate = try Fixtures.aggregate(of: Array(Self.deltas[0..<5]))
    let snapshot = aggregate
    let file = Fixtures.export(snapshot)
    try aggregate.merge(Self.deltas[5])
    #expect(snapshot.promptCount == 5)
    #expect(Fixtures.export(snapshot) == file)
  }

  @Test func conflictingTokenTextsAreCountedAndTheSmallestWinsInAnyOrder() throws {
    var deltas = [Fixtures.delta(prompt: 0), Fixtures.delta(prompt: 1), Fixtures.delta(prompt: 2)]
    // "é" composed and decomposed are equal as Strings but different as bytes.
    deltas[0].vocabulary[0].text = "\u{e9}"
    deltas[1].vocabulary[0].text = "e\u{301}"
    deltas[2].vocabulary[0].text = "\u{e9}"
    let forwards = try Fixtures.aggregate(of: deltas)
    let backwards = try Fixtures.aggregate(of: deltas.reversed())
    #expect(forwards == backwards)
    #expect(forwards.ambiguousTokenCount == 1)
    #expect(forwards.text(ofToken: 5)?.utf8.elementsEqual("e\u{301}".utf8) == true)
  }
}
