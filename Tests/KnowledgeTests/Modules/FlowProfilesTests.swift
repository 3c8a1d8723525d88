// autointerp
// Tests of `FlowProfiles`: expectations add up to the flows, and profiles tell apart what sharing prompts does not.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Testing

@testable import Knowledge

@Suite struct FlowProfilesTests {
  private static let neurons = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)].map { NeuronID(layer: $0.0, index: $0.1) }

  /// L1/N0 gets 3 from L0/N0 and 1 from L0/N1, L1/N1 the other way round, and -1 from token 8; both drive L2/N0 and the logit.
  private func profiles(position: Int32 = 1) -> FlowProfiles {
    var profiles = FlowProfiles(neurons: Self.neurons, tokens: [7, 8], predictions: [9])
    let graph = SketchedGraph.graph(
      neurons: Self.neurons,
      flows: [
        (0, 2, 3), (1, 2, 1), (0, 3, 1), (1, 3, -3), (6, 3, -1), (5, 3, 9), (2, 4, 2), (3, 4, 1), (2, 7, 1), (3, 7, 4),
      ], position: position)
    profiles.add(graph, half: 0)
    profiles.add(graph, half: 1)
    return profiles
  }

  @Test func whatIsExpectedIsTheShareOfAnAverageTarget() {
    let side = profiles().drivers
    // Out of L0/N0 come 4, out of L0/N1 4, out of token 8 1: of 9 in all; token 7 is at position 0 and does not count.
    let expected: [[Float]] = [[4 * 4 / 9, 4 * 4 / 9, 4 * 1 / 9], [5 * 4 / 9, 5 * 4 / 9, 5 * 1 / 9]]
    for (row, values) in zip([2, 3], expected) {
      for (column, value) in zip([0, 1, 6], values) {
        #expect(abs(side.sums(row, column, .even).expected - value) < 1e-5)
        #expect(abs(side.sums(row, column, .both).expected - 2 * value) < 1e-5)
      }
    }
    #expect(side.sums(3, 1, .odd).flow == 3 && side.sums(3, 5, .both).flow == 0 && side.prompts(3, 1) == 2)
    #expect(side.sums(4, 4, .both).expected == 0 && side.sums(2, 3, .both).expected == 0)
  }

  @Test func expectationsOfANeuronAddUpToItsFlow() {
    for (side, rows) in [(profiles().drivers, [2, 3, 4]), (profiles().targets, [0, 1, 2, 3])] {
      for row in rows {
        let sums = side.ends.indices.map { side.sums(row, $0, .both) }
        let (flow, expected) = (sums.reduce(0) { $0 + $1.flow }, sums.reduce(0) { $0 + $1.expected })
        #expect(flow > 0 && abs(flow - expected) < 1e-4, "row \(row)")
      }
    }
  }

  @Test func onlyMoreThanExpectedIsInAProfile() {
    let side = profiles().drivers
    #expect(side.excess(2, 0, .even) > 0 && side.excess(2, 1, .even) == 0)
    #expect(side.excess(3, 1, .even) > 0 && side.excess(3, 0, .even) == 0)
  }

  @Test func nothingAtPositionZeroCounts() {
    let side = profiles(position: 0).drivers
    #expect(side.flow.allSatisfy { $0 == 0 } && side.expected.allSatisfy { $0 == 0 })
  }

  /// Four targets that are always together: two are driven by L0/N0, two by L0/N1.
  @Test func neuronsWithOtherDriversAreNotAlike() {
    let neurons = [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (1, 3)].map { NeuronID(layer: $0.0, index: $0.1) }
    var profiles = FlowProfiles(neurons: neurons, tokens: [], predictions: [])
    let flows = (2..<6).flatMap { target in
      [(0, target, target < 4 ? 2 : 1), (1, target, target < 4 ? 1 : 2)].map { ($0.0, $0.1, Float($0.2)) }
    }
    let graph = SketchedGraph.graph(neurons: neurons, flows: flows)
    for _ in 0..<2 { profiles.add(graph, half: 0) }
    let found = profiles.similarities(of: [(2, 3), (4, 5), (2, 4)], .both)
    // Half of it: they drive nothing.
    #expect(abs(found[0] - 0.5) < 1e-6 && abs(found[1] - 0.5) < 1e-6 && found[2] == 0)
    #expect(profiles.similarities(of: [(2, 3)], .odd) == [0])
    // Two prompts are too few to share anything.
    #expect(profiles.shared(by: [2, 3], \.drivers, limit: 5).isEmpty)
    profiles.add(graph, half: 0)
    #expect(profiles.shared(by: [2, 3], \.drivers, limit: 5).map(\.end) == [.neuron(neurons[0])])
    #expect(profiles.shared(by: [2, 4], \.drivers, limit: 5).isEmpty)
  }
}
