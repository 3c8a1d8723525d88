// autointerp
// Tests of `RoleConstancy`: a neuron whose role depends on the cluster is told from one whose role varies at random.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Platform
internal import Testing

@testable import Knowledge

@Suite struct RoleConstancyTests {
  private static let neurons = [
    NeuronID(layer: 0, index: 0), NeuronID(layer: 1, index: 0), NeuronID(layer: 1, index: 1),
  ]

  /// L1/N0 is driven by the token in prompts for which `byToken` holds, else by L0/N0; it drives the logit. L1/N1 is always driven
  /// by L0/N0.
  private func constancy(
    strata: [Int] = Array(repeating: 0, count: 40), clusters: [Int?], byToken: (Int) -> Bool
  ) throws -> RoleConstancy? {
    var observations = RoleObservations(neurons: Self.neurons)
    for prompt in 0..<40 {
      let graph = SketchedGraph.graph(
        neurons: Self.neurons,
        flows: [
          (byToken(prompt) ? 4 : 0, 1, 2), (byToken(prompt) ? 0 : 4, 1, 0.1), (0, 2, 1), (1, 5, 1), (2, 5, 1),
        ])
      try observations.add(
        EdgeDelta(
          prompt: Int32(prompt), origin: .domain, graph: graph,
          vocabulary: [7, 8, 9].map { TokenText(id: $0, text: "t\($0)") }), place: prompt)
    }
    return RoleConstancy(
      observations, neurons: Self.neurons, clusters: clusters, modules: ["M-a"], strata: strata, seed: 1)
  }

  private static let parts: [Int?] = (0..<40).map { $0 < 12 ? 0 : nil }

  @Test func aRoleThatFollowsTheClusterIsFound() throws {
    let found = try #require(try constancy(clusters: Self.parts) { $0 < 12 })
    #expect(found.clusters == 2 && found.tested == 2)
    let neuron = try #require(found.inconstant.first)
    #expect(found.inconstant.count == 1 && neuron.neuron == "L1/N0" && abs(neuron.entropy.value - 0.881_290_899) < 1e-8)
    #expect(neuron.entropy.pValue < 0.05 && neuron.roles.map(\.prompts) == [28, 12])
    #expect(Set(neuron.roles.map(\.role)) == ["mixed", "output_formatter"])
    #expect(neuron.roles.map(\.module) == [nil, "M-a"])
  }

  @Test func aRoleThatVariesWithoutTheClusterIsNot() throws {
    let found = try #require(try constancy(clusters: Self.parts) { $0 % 4 == 0 })
    #expect(found.tested == 2 && found.inconstant.isEmpty && found.meanEntropy == 0)
  }

  @Test func aRoleThatFollowsTheFormIsNot() throws {
    // The clusters are the forms.
    let strata = (0..<40).map { $0 < 12 ? 0 : 1 }
    let found = try #require(try constancy(strata: strata, clusters: Self.parts) { $0 < 12 })
    #expect(found.meanEntropy > 0.4 && abs(found.meanEntropy - found.randomEntropy) < 1e-9 && found.inconstant.isEmpty)
  }

  @Test func oneClusterSaysNothing() throws {
    #expect(try constancy(clusters: Array(repeating: nil, count: 40)) { $0 < 12 } == nil)
  }

  @Test func entropyIsInBitsAndWeightedByPrompts() {
    #expect(RoleConstancy.entropy([("a", 5), ("b", 5), ("c", 10)]) == 1.5)
    #expect(RoleConstancy.entropy([("a", 5), ("a", 9)]) == 0)
  }
}
