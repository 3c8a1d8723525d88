// autointerp
// `ComparisonDesign` chooses the test that fits how the prompts of two sides belong together, and makes it.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Knowledge

struct ComparisonDesign {
  private let isPaired: Bool
  private let isStratified: Bool
  private let firstCount: Int
  private let secondCount: Int
  private let prompts: [GroupComparison.Prompt]
  private let seed: UInt64

  /// - Parameters:
  ///   - sides: the prompts.
  ///   - isStratified: whether the sides differ so much in form that only prompts of equal form may be compared.
  init(_ sides: ComparisonSides, isStratified: Bool) {
    isPaired = sides.isPaired
    self.isStratified = isStratified && !sides.isPaired
    firstCount = sides.first.prompts.count
    secondCount = sides.second.prompts.count
    seed = sides.first.index.specification.seed
    let shapes = (sides.first.texts + sides.second.texts).map {
      PromptShape(text: $0.text, answerPrefix: $0.answerPrefix)
    }
    let firstCount = firstCount
    // A test that does not count need not be made: with one stratum it costs next to nothing.
    let strata = isStratified ? PromptStrata(shapes).numbers : Array(repeating: 0, count: shapes.count)
    prompts = strata.enumerated().map { place, stratum in
      GroupComparison.Prompt(isFirst: place < firstCount, stratum: stratum)
    }
  }

  /// Of these numbers of prompts, of both sides together, those that something may have and be tested.
  func testable(among counts: Set<Int>) -> Set<Int> {
    counts.filter { appearing in
      // In pairs, all appearances may be discordant.
      let distribution =
        isPaired
        ? ExactDistribution(discordantPairs: min(appearing, firstCount))
        : ExactDistribution([StratumMargins(first: firstCount, second: secondCount, appearing: appearing)])
      return distribution.smallestP <= ClassRule.attainableP
    }
  }

  func compare(_ places: [[UInt32]], rounds: Int) -> SideComparison {
    isPaired
      ? SideComparison(PairedComparison(pairCount: firstCount, appearances: places), seed: seed, rounds: rounds)
      : SideComparison(
        GroupComparison(prompts: prompts, appearances: places, isStratified: isStratified), seed: seed, rounds: rounds)
  }
}
