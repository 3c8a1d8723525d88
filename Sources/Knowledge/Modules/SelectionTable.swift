// autointerp
// `SelectionTable` says which neurons were selected in which prompts, as bits, with the stratum of each prompt.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// Neurons against prompts. Prompts have strata (group and form), within which selections are compared.
package struct SelectionTable: Equatable, Sendable {
  /// In the order given.
  package let neurons: [NeuronID]
  /// `[prompts]`: the number of each prompt's stratum, from 0.
  package let strata: [Int]
  /// `[prompts]`: the number of each prompt's family of near-duplicates.
  package let families: [Int]
  let stratumCount: Int
  /// Words of a neuron's row.
  let width: Int
  /// `[neurons, width]`, row-major: bit `p % 64` of word `p / 64` is set if prompt `p` has the neuron.
  private(set) var words: [UInt64]

  package var promptCount: Int { strata.count }

  /// - Parameters:
  ///   - neurons: one a row.
  ///   - strata: the stratum of each prompt.
  ///   - families: without them, every prompt is a family of its own.
  ///   - selected: for each neuron the places of its prompts, each below `strata.count`.
  package init(neurons: [NeuronID], strata: [Int], families: [Int]? = nil, selected: [[Int]]) {
    precondition(neurons.count == selected.count && strata.count == families?.count ?? strata.count)
    self.neurons = neurons
    self.strata = strata
    self.families = families ?? Array(strata.indices)
    stratumCount = (strata.max() ?? -1) + 1
    width = (strata.count + 63) / 64
    words = Array(repeating: 0, count: neurons.count * width)
    for (row, places) in selected.enumerated() {
      for place in places { words[row * width + place / 64] |= 1 << UInt64(place % 64) }
    }
  }

  package func contains(_ neuron: Int, _ prompt: Int) -> Bool {
    words[neuron * width + prompt / 64] >> UInt64(prompt % 64) & 1 == 1
  }

  package func promptCount(of neuron: Int) -> Int {
    words[neuron * width..<(neuron + 1) * width].reduce(0) { $0 + $1.nonzeroBitCount }
  }

  /// The prompts that have both neurons.
  ///
  /// - Complexity: O(prompts / 64)
  func shared(_ first: Int, _ second: Int) -> Int {
    words.withUnsafeBufferPointer { words in
      var sum = 0
      for word in 0..<width {
        sum += (words[first * width + word] & words[second * width + word]).nonzeroBitCount
      }
      return sum
    }
  }

  /// The places of the prompts that have a neuron, ascending.
  func prompts(of neuron: Int) -> [Int] { (0..<promptCount).filter { contains(neuron, $0) } }

  /// The rows that a prompt has, ascending.
  func neurons(in prompt: Int) -> [Int] { neurons.indices.filter { contains($0, prompt) } }

  /// `[neurons, strata]`, row-major: prompts of the stratum that have the neuron.
  func stratumCounts() -> [Int] {
    var counts = Array(repeating: 0, count: neurons.count * stratumCount)
    for row in neurons.indices {
      for prompt in prompts(of: row) { counts[row * stratumCount + strata[prompt]] += 1 }
    }
    return counts
  }

  /// `[strata]`: prompts.
  var stratumSizes: [Int] {
    var sizes = Array(repeating: 0, count: stratumCount)
    for stratum in strata { sizes[stratum] += 1 }
    return sizes
  }

  /// The same neurons in some of the prompts, whose places are renumbered in the order given. Strata keep their numbers.
  package func restricted(to prompts: [Int]) -> SelectionTable {
    SelectionTable(
      neurons: neurons, strata: prompts.map { strata[$0] }, families: prompts.map { families[$0] },
      selected: neurons.indices.map { row in prompts.indices.filter { contains(row, prompts[$0]) } })
  }

  /// Without the prompts that are alone in their stratum, which cannot be compared with any.
  package var withoutLonePrompts: SelectionTable {
    let sizes = stratumSizes
    let kept = strata.indices.filter { sizes[strata[$0]] > 1 }
    return kept.count == promptCount ? self : restricted(to: kept)
  }

  /// The families of the prompts that have both neurons.
  func sharedFamilies(_ first: Int, _ second: Int) -> Int {
    Set(strata.indices.lazy.filter { contains(first, $0) && contains(second, $0) }.map { families[$0] }).count
  }

  /// Two halves of the prompts with the same groups and forms, as far as that can be: stratum by stratum, each family goes to the
  /// half that has fewer prompts. Families stay together, because near-duplicates in both halves would agree whatever else does.
  package func halves() -> (even: [Int], odd: [Int]) {
    var members: [Int: [Int]] = [:]
    for (prompt, family) in families.enumerated() { members[family, default: []].append(prompt) }
    let sorted = members.values.sorted { (strata[$0[0]], $0[0]) < (strata[$1[0]], $1[0]) }
    var halves: ([Int], [Int]) = ([], [])
    for family in sorted {
      if halves.0.count <= halves.1.count { halves.0 += family } else { halves.1 += family }
    }
    return (halves.0.sorted(), halves.1.sorted())
  }
}
