// autointerp
// `SlicePartialTests` tests the partial result that a batch task leaves for the job that merges the results.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Foundation
import Testing

@testable import autointerp_lab

@Suite struct SlicePartialTests {
  /// Two tokens (5, 7), neuron L2/N3 at the last, the logit of token 9: nodes 0; 1, 2; 3.
  private func delta(prompt: Int32, origin: PromptOrigin, flow: Float) -> EdgeDelta {
    var neurons = NeuronColumns()
    (neurons.layer, neurons.index, neurons.position) = ([2], [3], [1])
    (neurons.activation, neurons.gradient, neurons.relp) = ([2], [1.5], [3])
    var edges = EdgeColumns()
    (edges.source, edges.target, edges.effect, edges.flow) = ([1, 0], [0, 3], [1, flow], [0.25, flow])
    let graph = AttributionGraph(
      tokens: [5, 7],
      metric: Metric(
        kind: .topLogits, position: 1, value: 4, targets: [.init(token: 9, logit: 4, probability: 0.5, weight: 1)]),
      neurons: neurons, embeddingRelp: [1, 3], edges: edges,
      conservation: ConservationResiduals(nodeTotal: 0, layerCut: 0, directEffects: 0),
      counts: GraphCounts(
        candidateNeurons: 1, candidateEdges: 2, truncated: false, keptScoreShare: 1, keptFlowShare: 1))
    return EdgeDelta(
      prompt: prompt, origin: origin, graph: graph,
      vocabulary: [5, 7, 9].map { TokenText(id: $0, text: "t\($0)") })
  }

  @Test func partialHasCountsByOriginAndSumsOfEveryNeuronAndEdge() throws {
    var aggregate = EdgeAggregate()
    try aggregate.merge(delta(prompt: 0, origin: .domain, flow: 1.5))
    try aggregate.merge(delta(prompt: 1, origin: .domain, flow: -0.25))
    try aggregate.merge(delta(prompt: 2, origin: .baseline, flow: 2))
    let partial = try #require(
      try JSONSerialization.jsonObject(with: Data(SliceCommand.partial(aggregate))) as? NSDictionary)
    let neurons: [[Any]] = [["L2/N3", 2, 1, 9]]
    let edges: [[Any]] = [["2_3", "L_9", 3, 3.25], ["E_5", "2_3", 3, 0.75]]
    #expect(partial == ["prompts": 3, "neurons": neurons, "edges": edges] as NSDictionary)
  }
}
