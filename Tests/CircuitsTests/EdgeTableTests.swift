// autointerp
// `EdgeTableTests` tests that `EdgeTable` behaves like a dictionary.
// SPDX-License-Identifier: Apache-2.0

import Platform
import Testing

@testable import Circuits

@Suite struct EdgeTableTests {
  @Test(arguments: [1, 4, 9] as [UInt64])
  func agreesWithADictionaryWhileItGrows(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    var table = EdgeTable()
    var expected: [UInt64: EdgeStatistics] = [:]
    for _ in 0..<20_000 {
      let key = EdgeTable.key(
        source: UInt32.random(in: 0..<200, using: &generator), target: UInt32.random(in: 0..<100, using: &generator))
      let number = Int64.random(in: -1_000_000...1_000_000, using: &generator)
      let column = GroupColumn(rawValue: UInt32.random(in: 0..<3, using: &generator)) ?? .other
      let occurrences = UInt32.random(in: 1...3, using: &generator)
      table.reserve(additional: 1)
      table.record(key, number: number, occurrences: occurrences, column: column)
      if expected[key] == nil {
        expected[key] = EdgeStatistics(number: number, occurrences: occurrences, column: column)
      } else {
        expected[key]?.add(number: number, occurrences: occurrences, column: column)
      }
    }
    #expect(table.count == expected.count)
    for (key, statistics) in expected { #expect(table[key] == statistics) }
    #expect(table[EdgeTable.key(source: 200, target: 0)] == nil)
    var visited: Set<UInt64> = []
    table.forEach { key, place in
      #expect(visited.insert(key).inserted)
      #expect(table.statistics(at: place) == expected[key])
    }
    #expect(visited == Set(expected.keys))
    var (singles, several) = (0, 0)
    table.forEachSingle { key, _, magnitude in
      singles += 1
      #expect(expected[key]?.prompts == 1)
      #expect(magnitude() == expected[key].map { Double(abs($0.minimumNumber)) })
    }
    table.forEachSeveral { key, _, prompts, magnitude in
      several += 1
      #expect(expected[key].map { UInt32($0.prompts) } == prompts && prompts > 1)
      #expect(magnitude() == expected[key].map { abs(Double($0.sumNumber)) })
    }
    #expect(singles + several == expected.count)
  }

  @Test func endsOfAnEdgeAreToldApart() {
    var table = EdgeTable()
    table.reserve(additional: 2)
    table.record(EdgeTable.key(source: 1, target: 2), number: 5, occurrences: 1, column: .domain)
    table.record(EdgeTable.key(source: 2, target: 1), number: 7, occurrences: 1, column: .domain)
    #expect(table[EdgeTable.key(source: 1, target: 2)]?.sumNumber == 5)
    #expect(table[EdgeTable.key(source: 2, target: 1)]?.sumNumber == 7)
  }
}
