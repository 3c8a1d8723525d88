// autointerp
// `PermutationNull` exchanges the sides of pairs at random, to see what a paired comparison finds without any difference.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

extension PermutationNull {
  /// In every round a coin decides for each pair of prompts whether its sides are exchanged, for all neurons at once, so that
  /// their dependence stays as it is.
  ///
  /// - Complexity: O(rounds * (discordant pairs + tests * log(tests)))
  package init(_ comparison: PairedComparison, seed: UInt64, rounds: Int = defaultRounds) {
    let tested = comparison.isTested.indices.filter { comparison.isTested[$0] }
    let distributions = tested.map(comparison.distribution)
    var random = SeededRandom(seed: seed)
    self.init(
      findings: (0..<rounds).map { _ in
        let isExchanged = (0..<comparison.pairCount).map { _ in random.next() >> 63 == 1 }
        let p = zip(tested, distributions).map { row, distribution in
          let (first, second) = comparison.discordant[row]
          return distribution.twoSidedP(
            first.count { !isExchanged[Int($0)] } + second.count { isExchanged[Int($0)] })
        }
        return FalseDiscovery.qValues(p).count { $0 < ClassRule.largestQ }
      })
  }
}
