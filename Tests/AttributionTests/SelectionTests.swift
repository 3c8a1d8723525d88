// autointerp
// `SelectionTests` tests selection by number, share, floor and tau, and which nodes are verified.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Testing

@testable import Attribution

@Suite struct SelectionTests {
  /// Scores of two layers with three neurons at four positions, some of them equal.
  private func selection() throws -> (NeuronSelection, scores: [Float]) {
    var selection = NeuronSelection()
    var all: [Float] = []
    for layer in [1, 0] {
      let activation = (0..<12).map { Float($0 * 7 % 5) - 2 }
      let gradient = (0..<12).map { Float($0 % 4) * 0.3 + Float(layer) }
      _ = try selection.take(layer: layer, width: 3, activation: activation, gradient: gradient)
      all += zip(activation, gradient).map { $0 * $1 }
    }
    return (selection, all)
  }

  @Test func takesTheStrongest() throws {
    let (selection, scores) = try selection()
    let sizes = scores.map(abs).sorted(by: >)
    let whole = sizes.reduce(0, +)
    for count in [1, 5, 11, 24, 100] {
      let result = selection.result(.top(count), metric: 1, cap: 0)
      #expect(result.picks.map { abs($0.score) }.sorted(by: >) == Array(sizes.prefix(count)))
      #expect(result.candidateCount == min(count, 24))
      #expect(abs(result.share - Double(sizes.prefix(count).reduce(0, +) / whole)) < 1e-6)
      #expect(!result.truncated)
    }
    #expect(abs(selection.total - Double(whole)) < 1e-5)
  }

  @Test func withoutTheFirstPositionTheOthersArePickedAndTheSharesStay() throws {
    var (all, beyond) = (NeuronSelection(), NeuronSelection(positions: .beyondFirst))
    let scores: [[Float]] = [[8, -7, 1, 6, -2, 0.5], [9, 0.25, -5, 4, 3, -0.125]]
    for (layer, scores) in scores.enumerated() {
      let ones = [Float](repeating: 1, count: 6)
      // The sum of a layer is that of all its neurons, because the model's identities need it.
      #expect(try all.take(layer: layer, width: 3, activation: scores, gradient: ones) == Double(scores.reduce(0, +)))
      #expect(
        try beyond.take(layer: layer, width: 3, activation: scores, gradient: ones) == Double(scores.reduce(0, +)))
    }
    #expect(all.total == beyond.total)
    #expect(beyond.result(.top(3), metric: 1, cap: 0).picks.map(\.score) == [6, 4, 3])
    #expect(all.result(.top(3), metric: 1, cap: 0).picks.map(\.score) == [8, -7, 9])
    #expect(beyond.result(.top(100), metric: 1, cap: 0).candidateCount == 6)
    #expect(beyond.result(.floor(2), metric: 1, cap: 0).picks.count == 4)
    let share = beyond.result(.share(0.2), metric: 1, cap: 0)
    #expect(share.picks.map(\.score) == [6, 4] && abs(share.share - 10 / all.total) < 1e-12)
    // What is wanted may be more than there is.
    #expect(beyond.result(.share(0.9), metric: 1, cap: 0).picks.count == 6)
  }

  @Test(arguments: [0.05, 0.3, 0.75, 0.999, 1]) func takesTheFewestThatHaveTheShare(share: Double) throws {
    let (selection, scores) = try selection()
    let sizes = scores.map(abs).sorted(by: >).map(Double.init)
    let whole = sizes.reduce(0, +)
    var (sum, needed) = (0.0, 0)
    while needed < 24, sum < share * whole - 1e-9 {
      sum += sizes[needed]
      needed += 1
    }
    let result = selection.result(.share(share), metric: 1, cap: 0)
    #expect(result.picks.count == needed)
    #expect(result.share >= share - 1e-9)
  }

  /// Of sizes 4, 2, 1 and 1 some shares are reached exactly, without rounding.
  @Test(arguments: [(0.5, 1), (0.75, 2), (0.875, 3), (1, 4)])
  func aShareThatIsReachedExactlyNeedsNoFurtherNeuron(share: Double, count: Int) throws {
    var selection = NeuronSelection()
    _ = try selection.take(layer: 0, width: 4, activation: [1, -4, 2, -1], gradient: [1, 1, -1, 1])
    let result = selection.result(.share(share), metric: 1, cap: 0)
    #expect(result.picks.count == count && result.share == share)
  }

  /// Layers are taken from the top down, so the order of arrival is not the expected one.
  @Test func ofEqualScoresTheEarlierPlacesAreTaken() throws {
    var selection = NeuronSelection()
    for layer in [2, 1, 0] {
      let signs = (0..<6).map { Float($0 % 2 == 0 ? 1 : -1) }
      _ = try selection.take(layer: layer, width: 3, activation: signs, gradient: Array(repeating: 0.5, count: 6))
    }
    let expected =
      [(0, 0, 0), (0, 0, 1), (0, 0, 2), (0, 1, 0), (0, 1, 1), (0, 1, 2), (1, 0, 0)] as [(Int32, Int32, Int32)]
    for result in [
      selection.result(.top(7), metric: 1, cap: 0), selection.result(.floor(0), metric: 1, cap: 7),
      selection.result(.share(6.9 / 18), metric: 1, cap: 0),
    ] {
      #expect(result.picks.map(\.place).elementsEqual(expected, by: ==))
    }
  }

  @Test func aCapCutsAndSaysSo() throws {
    let (selection, scores) = try selection()
    let result = selection.result(.floor(0.5), metric: 1, cap: 3)
    #expect(result.truncated && result.picks.count == 3)
    #expect(result.candidateCount == scores.count { abs($0) >= 0.5 })
    let places = result.picks.map(\.place)
    #expect(zip(places, places.dropFirst()).allSatisfy { $0 < $1 })
    #expect(selection.result(.tau(0.25), metric: 2, cap: 0).picks.count == scores.count { abs($0) >= 0.5 })
    #expect(selection.result(.tau(0), metric: 2, cap: 0).picks.count == 24)
  }

  private var graph: AttributionGraph {
    var neurons = NeuronColumns()
    for i in 0..<30 {
      neurons.layer.append(Int32(i / 10))
      neurons.position.append(Int32(i % 10 / 3))
      neurons.index.append(Int32(i))
      neurons.activation.append(1)
      neurons.gradient.append(Float((i * 7) % 30) - 15)
    }
    neurons.relp = neurons.gradient
    return AttributionGraph(
      tokens: [1, 2, 3, 4], metric: Metric(kind: .tokens, position: 3, value: 1, targets: []), neurons: neurons,
      embeddingRelp: [0, 0, 0, 0], edges: EdgeColumns(),
      conservation: ConservationResiduals(nodeTotal: 0, layerCut: 0, directEffects: 0),
      counts: GraphCounts(
        candidateNeurons: 30, candidateEdges: 0, truncated: false, keptScoreShare: 1, keptFlowShare: 1))
  }

  @Test func theStrongestAreVerifiedBeyondAndAtTheFirstPosition() {
    let graph = graph
    let choice = VerificationChoice(.strongest(later: 4, first: 2), graph: graph) { _ in 1 }
    #expect(choice.neurons.count { graph.neurons.position[$0] == 0 } == 2)
    #expect(choice.neurons.count == 6)
    #expect(choice.neurons == choice.neurons.sorted())
    #expect(VerificationChoice(.count(3), graph: graph) { _ in 1 }.neurons.count == 3)
    #expect(VerificationChoice(.all, graph: graph) { _ in 1 }.neurons == (0..<30).map { $0 })
    #expect(VerificationChoice(.none, graph: graph) { _ in 1 }.neurons.isEmpty)
  }

  /// Scores go from -15 to 14, so that the strongest have either sign.
  @Test func strongNodesAreThoseWithTheLargestScoresOfEitherSign() {
    let graph = graph
    func strongest(_ count: Int, where isMeant: (Int32) -> Bool = { _ in true }) -> [Int] {
      let sizes = (0..<30).filter { isMeant(graph.neurons.position[$0]) }.map {
        (size: abs(graph.neurons.relp[$0]), neuron: $0)
      }
      return sizes.sorted { ($1.size, $0.neuron) < ($0.size, $1.neuron) }.prefix(count).map(\.neuron)
    }
    func choice(_ plan: VerificationPlan) -> VerificationChoice { VerificationChoice(plan, graph: graph) { _ in 5 } }
    #expect(choice(.count(5)).neurons == strongest(5).sorted())
    #expect(
      choice(.strongest(later: 4, first: 2)).neurons
        == (strongest(4) { $0 > 0 } + strongest(2) { $0 == 0 }).sorted())
    let budget = choice(.budget(rowLayers: 80))
    let strong = zip(budget.neurons, budget.reasons).filter { $0.1 & 1 != 0 }.map(\.0)
    #expect(strong == strongest(4).sorted())
    #expect(Set(strongest(4).map { graph.neurons.relp[$0] > 0 }) == [true, false])
  }

  /// The prompt decides which nodes are in the sample, not their cost.
  @Test func aBudgetPaysForAFewStrongNodesAndARandomSample() {
    var graph = graph
    let choice = VerificationChoice(.budget(rowLayers: 80), graph: graph) { _ in 5 }
    let sampled = zip(choice.neurons, choice.reasons).filter { $0.1 & 2 != 0 }.map(\.0)
    #expect(choice.reasons.count { $0 & 1 != 0 } == 4)
    #expect(sampled.count == 12)
    #expect(VerificationChoice(.budget(rowLayers: 80), graph: graph) { _ in 5 }.neurons == choice.neurons)
    let dear = VerificationChoice(.budget(rowLayers: 80), graph: graph) { sampled.contains($0) ? 8 : 3 }
    #expect(zip(dear.neurons, dear.reasons).filter { $0.1 & 2 != 0 }.map(\.0) == sampled)
    graph.tokens = [1, 2, 3, 5]
    #expect(VerificationChoice(.budget(rowLayers: 80), graph: graph) { _ in 5 }.neurons != choice.neurons)
  }
}
