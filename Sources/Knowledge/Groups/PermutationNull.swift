// autointerp
// `PermutationNull` shuffles the prompts' groups and counts the neurons that then look specific by chance.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

/// How many neurons would get the q-value of a finding if group labels meant nothing.
///
/// The labels of the prompts are shuffled by a seed (within strata if the stratified test counts), and everything is
/// tested as with the real labels. The number of findings is what the method itself produces from this run's neurons,
/// prompts and their dependence, without any assumption.
package struct PermutationNull: Equatable, Sendable {
  /// The number of findings of each round.
  package let findings: [Int]

  package static let defaultRounds = 100

  package var mean: Double {
    findings.isEmpty ? 0 : Double(findings.reduce(0, +)) / Double(findings.count)
  }
  package var largest: Int { findings.max() ?? 0 }

  /// - Complexity: O(rounds * (appearances + tests * log(tests)))
  package init(_ comparison: GroupComparison, seed: UInt64, rounds: Int = defaultRounds) {
    let tested = comparison.countingDistributions()
    var random = SeededRandom(seed: seed)
    var pools: [Int: [Int]] = [:]
    for (place, prompt) in comparison.prompts.enumerated() {
      pools[comparison.isStratified ? prompt.stratum : 0, default: []].append(place)
    }
    let places = pools.sorted { $0.key < $1.key }.map(\.value)
    var labels = comparison.prompts.map(\.isFirst)
    findings = (0..<rounds).map { _ in
      for pool in places { Self.shuffle(pool, of: &labels, &random) }
      let p = tested.map { entry in
        entry.distribution.twoSidedP(comparison.appearances[entry.neuron].count { labels[Int($0)] })
      }
      return FalseDiscovery.qValues(p).count { $0 < ClassRule.largestQ }
    }
  }

  /// Shuffles the labels at `places` among themselves (Fisher and Yates).
  private static func shuffle(_ places: [Int], of labels: inout [Bool], _ random: inout SeededRandom) {
    for last in stride(from: places.count - 1, to: 0, by: -1) {
      labels.swapAt(places[last], places[random.integer(in: 0...last)])
    }
  }
}
