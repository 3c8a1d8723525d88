// autointerp
// Tests of `SelectionTable`: shuffled tables keep every count, and halves have the same strata and share no family.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Platform
internal import Testing

@testable import Knowledge

@Suite struct SelectionTableTests {
  private func randomTable(_ seed: UInt64, neurons: Int = 12, prompts: Int = 70) -> SelectionTable {
    var random = SeededRandom(seed: seed)
    return SelectionTable(
      neurons: (0..<neurons).map { NeuronID(layer: 0, index: $0) }, strata: (0..<prompts).map { $0 % 4 },
      selected: (0..<neurons).map { neuron in
        (0..<prompts).filter { _ in random.chance(0.1 + Double(neuron) / 30) }
      })
  }

  @Test(arguments: 1...5)
  func shufflingKeepsTheCountsOfNeuronsByStratumAndOfPrompts(seed: UInt64) {
    let table = randomTable(seed)
    let shuffled = table.shuffled(seed: seed)
    #expect(shuffled.stratumCounts() == table.stratumCounts())
    for prompt in 0..<table.promptCount {
      #expect(shuffled.neurons(in: prompt).count == table.neurons(in: prompt).count)
    }
    #expect(shuffled != table && shuffled == table.shuffled(seed: seed) && shuffled != table.shuffled(seed: seed + 1))
  }

  @Test func shufflingLeavesNoTraceOfWhatWasTogether() {
    // Two neurons in the same half of 200 prompts, among others: independent ones share 50.
    var random = SeededRandom(seed: 3)
    let half = (0..<200).filter { _ in random.chance(0.5) }
    let table = SelectionTable(
      neurons: (0..<10).map { NeuronID(layer: 0, index: $0) }, strata: Array(repeating: 0, count: 200),
      selected: [half, half] + (0..<8).map { _ in (0..<200).filter { _ in random.chance(0.5) } })
    let expected = Double(half.count * half.count) / 200
    let shared = (1...20).map { Double(table.shuffled(seed: $0).shared(0, 1)) }
    let mean = shared.reduce(0, +) / 20
    // The standard deviation of one is 3.5.
    #expect(abs(mean - expected) < 3 && table.shared(0, 1) == half.count)
  }

  @Test func halvesHaveTheSameStrataAndShareNoFamily() {
    let families = (0..<90).map { $0 < 6 ? 0 : $0 }
    let table = SelectionTable(
      neurons: [], strata: (0..<90).map { $0 < 30 ? 0 : 1 + $0 % 2 }, families: families, selected: [])
    let (even, odd) = table.halves()
    #expect(Set(even).isDisjoint(with: odd) && even.count + odd.count == 90)
    #expect(Set(even.map { families[$0] }).isDisjoint(with: odd.map { families[$0] }))
    for stratum in 0..<3 {
      let counts = [even, odd].map { $0.count { table.strata[$0] == stratum } }
      #expect(abs(counts[0] - counts[1]) <= 6, "\(counts)")
    }
  }

  @Test func nearDuplicatesAreOneFamilyWhateverLiesBetween() {
    let texts = [
      "The capital of France is", "The sky over the sea", "The capital of Spain is", "the capital of ITALY is!",
      "Bread and butter", "Bread, butter and salt",
    ]
    #expect(PromptFamilies(texts).numbers == [0, 1, 0, 0, 2, 2])
    #expect(PromptFamilies(["", ""]).numbers == [0, 1])
  }
}
