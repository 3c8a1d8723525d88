// autointerp
// Tests the orders that decide between equals, and details of exact sums that are easily lost.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Circuits

@Suite struct TieBreakTests {
  /// Neurons of one prompt at one position, each with its own relp and with equal everything else.
  private func delta(prompt: Int32, _ neurons: [(layer: Int32, index: Int32, relp: Float)]) -> EdgeDelta {
    var columns = NeuronColumns()
    for neuron in neurons.sorted(by: { ($0.layer, $0.index) < ($1.layer, $1.index) }) {
      columns.layer.append(neuron.layer)
      columns.index.append(neuron.index)
      columns.position.append(1)
      columns.activation.append(1)
      columns.gradient.append(neuron.relp)
      columns.relp.append(neuron.relp)
    }
    let count = Int32(neurons.count)
    var edges = EdgeColumns()
    // Both tokens to the one logit, with equal flows.
    edges.source = [count, count + 1]
    edges.target = [count + 2, count + 2]
    edges.flow = [2, 2]
    edges.effect = [2, 2]
    let graph = AttributionGraph(
      tokens: [8, 4],
      metric: Metric(
        kind: .topLogits, position: 1, value: 1, targets: [.init(token: 7, logit: 1, probability: 0.5, weight: 1)]),
      neurons: columns, embeddingRelp: [1, 1], edges: edges,
      conservation: ConservationResiduals(nodeTotal: 0, layerCut: 0, directEffects: 0),
      counts: GraphCounts(
        candidateNeurons: count, candidateEdges: 2, truncated: false, keptScoreShare: 1, keptFlowShare: 1))
    return EdgeDelta(
      prompt: prompt, origin: prompt % 2 == 0 ? .domain : .baseline, graph: graph,
      vocabulary: [4, 7, 8].map { TokenText(id: $0, text: "t\($0)") })
  }

  @Test(arguments: NeuronOrder.allCases)
  func ofEqualNeuronsTheStrongerAndThenTheEarlierComesFirst(_ order: NeuronOrder) throws {
    // Seen in an order that is neither the expected one nor its reverse.
    var aggregate = EdgeAggregate()
    try aggregate.merge(delta(prompt: 0, [(3, 1, 1), (2, 9, 1)]))
    try aggregate.merge(delta(prompt: 2, [(0, 5, 1), (5, 5, 2), (2, 3, 1)]))
    try aggregate.merge(delta(prompt: 1, [(6, 6, 1)]))
    let ranked = aggregate.rankedNeurons(by: order, limit: .max, rule: .relp).filter { $0.layer < 6 }
    let names = ranked.map { "\($0.layer)_\($0.index)" }
    #expect(names == ["5_5", "0_5", "2_3", "2_9", "3_1"])
  }

  @Test(arguments: [EdgeOrder.prompts, .flow]) func ofEqualEdgesTheSmallerOtherEndIsKept(_ order: EdgeOrder) {
    for others in [[5, 3, 9, 1, 7], [1, 3, 5, 7, 9], [9, 7, 5, 3, 1]] as [[UInt64]] {
      var best = BestEdges(rows: 1, capacity: 3, order: order)
      for other in others {
        best.offer(row: 0, prompts: 2) { .init(prompts: 2, place: 0, magnitude: 4, other: other) }
      }
      #expect(best.sorted(row: 0).map(\.other) == [1, 3, 5])
      #expect(best.offered[0] == 5)
    }
  }

  @Test func byFlowTheEdgeOfMorePromptsComesFirstAmongEquals() {
    var best = BestEdges(rows: 1, capacity: 2, order: .flow)
    for (prompts, other) in [(1, 1), (3, 3), (2, 2)] as [(UInt32, UInt64)] {
      best.offer(row: 0, prompts: prompts) { .init(prompts: prompts, place: 0, magnitude: 4, other: other) }
    }
    #expect(best.sorted(row: 0).map(\.other) == [3, 2])
  }

  /// 2897^2 = 2^23 + 4001 rounds up to one unit of 2^24, 2896^2 is below one half.
  @Test func squaresAreRoundedToTheNearestUnit() {
    #expect(FixedPoint.square(2897) == 1 && FixedPoint.square(2896) == 0)
    #expect(FixedPoint.square(-2897) == 1)
    #expect(FixedPoint.square(1 << 20) == 1 << 16)
  }

  @Test func tokensWithTwoTextsAreStillCountedAfterAMerge() throws {
    func with(_ text: String, prompt: Int32) -> EdgeDelta {
      var delta = delta(prompt: prompt, [(0, 1, 1)])
      delta.vocabulary[0].text = text
      return delta
    }
    var part = EdgeAggregate()
    try part.merge(with("a", prompt: 0))
    try part.merge(with("b", prompt: 1))
    #expect(part.ambiguousTokenCount == 1)
    var whole = EdgeAggregate()
    try whole.merge(with("a", prompt: 2))
    try whole.merge(part)
    #expect(whole.ambiguousTokenCount == 1)
    var other = EdgeAggregate()
    try other.merge(part)
    #expect(other.ambiguousTokenCount == 1, "also if the two texts are in the part only")
  }

  /// `max(0, -0)` and `min(0, -0)` return their second argument, so the sign of a zero would depend on the order.
  @Test func aNegativeZeroDoesNotReachAnExtreme() throws {
    func with(_ zero: Float, prompt: Int32) -> EdgeDelta {
      var delta = delta(prompt: prompt, [(0, 1, 1)])
      delta.graph.conservation = ConservationResiduals(nodeTotal: zero, layerCut: zero, directEffects: zero)
      delta.graph.counts.keptScoreShare = zero
      delta.graph.counts.keptFlowShare = zero
      return delta
    }
    for order in [[-0.0, 0.0], [0.0, -0.0], [-0.0, -0.0]] as [[Float]] {
      var aggregate = EdgeAggregate()
      for (prompt, zero) in order.enumerated() { try aggregate.merge(with(zero, prompt: Int32(prompt))) }
      let totals = aggregate.totals
      let extremes = [
        totals.worstResiduals.nodeTotal, totals.worstResiduals.layerCut, totals.worstResiduals.directEffects,
        totals.leastKeptScoreShare, totals.leastKeptFlowShare,
      ]
      #expect(extremes.allSatisfy { $0 == 0 && $0.sign == .plus })
      #expect(aggregate.sortedPrompts().allSatisfy { $0.conservation.nodeTotal.sign == .plus })
    }
  }
}
