// autointerp
// `TermTable` knows which training prompts have which term, and how well a term sets a neuron's prompts apart.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Knowledge

/// The terms of some prompts.
struct TermTable: Sendable {
  /// Term by term, the places in `numbers` of the prompts that have it, ascending.
  private let places: [String: [Int]]
  private let numbers: [Int32]

  init(_ prompts: [ScoredPrompt]) {
    var places: [String: [Int]] = [:]
    for (place, prompt) in prompts.enumerated() {
      for term in prompt.terms { places[term, default: []].append(place) }
    }
    self.places = places
    numbers = prompts.map(\.number)
  }

  /// What a prompt's having the term counts: the rarer it is, the more (Sparck Jones 1972).
  func weight(of term: String) -> Double {
    log(Double(numbers.count + 1) / Double((places[term]?.count ?? 0) + 1))
  }

  /// How often a term is in the prompts that have a property, and in the others.
  struct Contrast {
    var term: String
    /// The difference between both shares. The AUC of this term alone is 0.5 + gain / 2.
    var gain: Double
    var p: Double
  }

  func contrast(of term: String, selected: Set<Int32>) -> Contrast {
    let own = places[term] ?? []
    let inside = own.count { selected.contains(numbers[$0]) }
    let (first, second) = (selected.count, numbers.count - selected.count)
    let distribution = ExactDistribution([StratumMargins(first: first, second: second, appearing: own.count)])
    return Contrast(
      term: term, gain: Proportion(inside, of: first).rate - Proportion(own.count - inside, of: second).rate,
      p: distribution.twoSidedP(inside))
  }

  /// Those of the candidates `terms` that the prompts in `selected` have more often than the others do, beyond chance: the
  /// largest gain first. The correction for many tests is over all candidates.
  func telling(_ terms: Set<String>, selected: Set<Int32>) -> [Contrast] {
    let contrasts = terms.sorted().map { contrast(of: $0, selected: selected) }
    let q = FalseDiscovery.qValues(contrasts.map(\.p))
    return zip(contrasts, q).filter { $0.gain > 0 && $1 <= Self.level }.map(\.0)
      .sorted { ($1.gain, $0.term) < ($0.gain, $1.term) }
  }

  private static let level = 0.05
}
