// autointerp
// `SelectionTable.shuffled` draws a table in which neurons do not depend on each other, with the same counts everywhere.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

extension SelectionTable {
  /// How often each prompt of a stratum trades neurons with another one.
  static let tradesPerPrompt = 8

  /// A random table in which every neuron is in as many prompts of each stratum, and every prompt has as many neurons, as
  /// here: a random bipartite graph of the same degrees, stratum by stratum. Whatever links neurons in it is chance, or
  /// follows from these counts.
  ///
  /// Two prompts of a stratum put the neurons that only one of them has together and deal them out again at random, as many to
  /// each as it had (curveball trades; Strona et al. 2014, whose limit is uniform: Carstens 2015).
  ///
  /// - Complexity: O(prompts * trades * neurons of a prompt)
  func shuffled(seed: UInt64) -> SelectionTable {
    var random = SplitMix64(seed: seed)
    func below(_ count: Int) -> Int { Int(random.next().multipliedFullWidth(by: UInt64(count)).high) }
    var rows = strata.indices.map { neurons(in: $0) }
    var places: [[Int]] = Array(repeating: [], count: stratumCount)
    for (prompt, stratum) in strata.enumerated() { places[stratum].append(prompt) }
    for members in places where members.count > 1 {
      for _ in 0..<(members.count * Self.tradesPerPrompt / 2) {
        let first = below(members.count)
        var second = below(members.count - 1)
        if second >= first { second += 1 }
        let (a, b) = (members[first], members[second])
        let (both, onlyFirst, onlySecond) = Self.split(rows[a], rows[b])
        guard !onlyFirst.isEmpty, !onlySecond.isEmpty else { continue }
        let pool = random.shuffled(onlyFirst + onlySecond)
        rows[a] = (both + pool.prefix(onlyFirst.count)).sorted()
        rows[b] = (both + pool.dropFirst(onlyFirst.count)).sorted()
      }
    }
    var selected: [[Int]] = Array(repeating: [], count: neurons.count)
    for (prompt, row) in rows.enumerated() {
      for neuron in row { selected[neuron].append(prompt) }
    }
    return SelectionTable(neurons: neurons, strata: strata, families: families, selected: selected)
  }

  /// What two ascending lists share, and what only one of them has.
  private static func split(_ first: [Int], _ second: [Int]) -> (both: [Int], onlyFirst: [Int], onlySecond: [Int]) {
    var (both, onlyFirst, onlySecond): ([Int], [Int], [Int]) = ([], [], [])
    var (i, j) = (0, 0)
    while i < first.count, j < second.count {
      if first[i] == second[j] {
        both.append(first[i])
        (i, j) = (i + 1, j + 1)
      } else if first[i] < second[j] {
        onlyFirst.append(first[i])
        i += 1
      } else {
        onlySecond.append(second[j])
        j += 1
      }
    }
    return (both, onlyFirst + first[i...], onlySecond + second[j...])
  }
}
