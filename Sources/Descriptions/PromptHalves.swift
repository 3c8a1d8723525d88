// autointerp
// `PromptHalves` splits a run's prompts by a seed into those that labels are made from and those that labels are scored on.
// SPDX-License-Identifier: Apache-2.0

internal import Knowledge
internal import Platform

/// Two halves, of nearly equal size if there are many prompts, without a prompt, or a near-duplicate of a prompt, in both.
package struct PromptHalves: Equatable, Sendable {
  /// The prompts from which labels are made.
  package let training: Set<Int32>
  /// The prompts on which labels are scored; nothing about them may enter a label.
  package let heldOut: Set<Int32>
  /// Families of near-duplicates, which stay together.
  package let familyCount: Int

  /// - Parameters:
  ///   - prompts: numbers and texts.
  ///   - seed: the same seed gives the same halves of the same prompts.
  package init(_ prompts: [(number: Int32, text: String)], seed: UInt64) {
    let families = PromptFamilies(prompts.map(\.text)).numbers
    let members = Dictionary(grouping: zip(families, prompts.map(\.number)), by: \.0)
    familyCount = members.count
    var halves: (Set<Int32>, Set<Int32>) = ([], [])
    for numbers in members.values.map({ $0.map(\.1) }) {
      // By the family's first prompt alone, so that a run that goes on keeps its halves.
      var random = SeededRandom(seed: seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(numbers.min() ?? 0))
      if random.chance(0.5) { halves.0.formUnion(numbers) } else { halves.1.formUnion(numbers) }
    }
    (training, heldOut) = halves
  }
}
