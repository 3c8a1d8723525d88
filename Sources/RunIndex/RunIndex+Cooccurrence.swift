// autointerp
// `RunIndex.cooccurrences` tests which neurons are selected in the same prompts as a neuron more often than by chance.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import GRDB
internal import Knowledge

/// Another neuron that was selected in the same prompts.
package struct CooccurrenceRow: Equatable, Sendable {
  package var neuron: NeuronID
  /// Prompts with both.
  package var prompts: Int
  /// Prompts with the other neuron.
  package var otherPrompts: Int
  /// Prompts with both if they did not depend on each other within each group of prompts.
  package var expected: Double
  /// An exact two-sided test within each group of prompts.
  package var pValue: Double
  /// Among all tests; nil if no number of common prompts could be more than chance.
  package var qValue: Double?

  /// How many times as often as expected.
  package var lift: Double { expected > 0 ? Double(prompts) / expected : 0 }
  /// Together more often than chance explains: q < 0.05.
  package var isFinding: Bool { lift > 1 && (qValue ?? 1) < ClassRule.largestQ }
}

/// The neurons that share prompts with one neuron.
package struct Cooccurrences: Equatable, Sendable {
  /// Those that share a prompt, the surest first.
  package var rows: [CooccurrenceRow]
  /// All neurons of the run that were tested, also those that share no prompt and sinks.
  package var testCount: Int
}

extension RunIndex {
  /// Tests every other neuron of the run for selection in the same prompts.
  ///
  /// Prompts are compared within their group, because a neuron that is frequent in one group would otherwise be together with
  /// everything else that is frequent there. q-values are those of all tests: neither which neurons share a prompt, nor
  /// whether sinks are listed, may decide how many tests count. As in comparisons of groups, a neuron is tested only if its
  /// numbers of prompts allow a p-value of at most `ClassRule.attainableP`.
  ///
  /// - Complexity: O(neurons of the run + neurons of the neuron's prompts)
  package func cooccurrences(of neuron: NeuronID, includesSinks: Bool) throws -> Cooccurrences {
    let node = Endpoint.neuron(neuron).stored
    let totals = try groups().filter { $0.merged > 0 }
    let own = try groups(of: neuron)
    let numbers = Dictionary(uniqueKeysWithValues: totals.enumerated().map { ($0.element.name, $0.offset) })
    var counts: [Int64: [Int]] = [:]
    var (shared, sinks): ([Int64: Int], Set<Int64>) = ([:], [])
    try read { db in
      let rows = try Row.fetchCursor(db, sql: "SELECT node, group_name, prompts FROM neuron_group")
      while let row = try rows.next() {
        guard let group = numbers[row[1]] else { continue }
        counts[row[0], default: Array(repeating: 0, count: totals.count)][group] = row[2]
      }
      let pairs = try Row.fetchCursor(
        db,
        sql: """
          WITH own AS MATERIALIZED (SELECT DISTINCT prompt FROM occurrence WHERE node = :node)
          SELECT node, count(DISTINCT prompt) FROM own CROSS JOIN occurrence USING (prompt) GROUP BY node
          """, arguments: ["node": node])
      while let row = try pairs.next() { shared[row[0]] = row[1] }
      sinks = Set(try Int64.fetchAll(db, sql: "SELECT node FROM sink"))
    }
    counts[node] = nil
    var distributions: [[Int]: ExactDistribution] = [:]
    var (found, places): ([CooccurrenceRow], [Int?]) = ([], [])
    var pValues: [Double] = []
    for (other, prompts) in counts.sorted(by: { $0.key < $1.key }) {
      guard let name = Endpoint(stored: other).neuron else { continue }
      let distribution =
        distributions[prompts]
        ?? ExactDistribution(
          zip(totals, prompts).map { total, appearing in
            let first = own[total.name] ?? 0
            return StratumMargins(first: first, second: total.merged - first, appearing: appearing)
          })
      distributions[prompts] = distribution
      let both = shared[other] ?? 0
      let p = distribution.twoSidedP(both)
      let isTested = distribution.smallestP <= ClassRule.attainableP
      if both > 0, includesSinks || !sinks.contains(other) {
        let expected = zip(totals, prompts).reduce(0.0) { sum, group in
          sum + Double(own[group.0.name] ?? 0) * Double(group.1) / Double(group.0.merged)
        }
        found.append(
          CooccurrenceRow(
            neuron: name, prompts: both, otherPrompts: prompts.reduce(0, +), expected: expected, pValue: p))
        places.append(isTested ? pValues.count : nil)
      }
      if isTested { pValues.append(p) }
    }
    let qValues = FalseDiscovery.qValues(pValues)
    for (row, place) in places.enumerated() { found[row].qValue = place.map { qValues[$0] } }
    return Cooccurrences(
      rows: found.sorted { a, b in
        if (a.lift > 1) != (b.lift > 1) { return a.lift > 1 }
        return a.pValue != b.pValue ? a.pValue < b.pValue : a.neuron < b.neuron
      }, testCount: pValues.count)
  }
}
