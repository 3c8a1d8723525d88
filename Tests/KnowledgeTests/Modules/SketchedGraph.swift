// autointerp
// `SketchedGraph` makes the attribution graph of a prompt from neurons and flows between them, for tests of profiles.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

enum SketchedGraph {
  /// Flows are source, target and size. Neurons at `position`, two tokens 7 and 8 at positions 0 and 1, and the logit of token 9. Nodes are numbered: neurons, tokens,
  /// logit. Neurons must be sorted.
  static func graph(
    neurons: [NeuronID], flows: [(Int, Int, Float)], position: Int32 = 1
  ) -> AttributionGraph {
    var columns = NeuronColumns()
    for neuron in neurons {
      columns.layer.append(neuron.layer)
      columns.index.append(neuron.index)
      columns.position.append(position)
      columns.activation.append(1)
      columns.gradient.append(1)
      columns.relp.append(1)
      columns.gradientScore.append(1)
      columns.streamShare.append(0.1)
    }
    var edges = EdgeColumns()
    for (source, target, flow) in flows.sorted(by: { ($0.1, $0.0) < ($1.1, $1.0) }) {
      edges.source.append(Int32(source))
      edges.target.append(Int32(target))
      edges.effect.append(flow)
      edges.flow.append(flow)
    }
    return AttributionGraph(
      tokens: [7, 8],
      metric: Metric(
        kind: .logProbability, position: 1, value: -1, linear: 1,
        targets: [.init(token: 9, logit: 5, probability: 0.5, weight: 1)]),
      rule: .gradient, neurons: columns, embeddingRelp: [0, 0], edges: edges,
      conservation: ConservationResiduals(nodeTotal: 0, layerCut: 0, directEffects: 0),
      counts: GraphCounts(
        candidateNeurons: Int32(neurons.count), candidateEdges: Int64(edges.count), truncated: false,
        keptScoreShare: 1, keptFlowShare: 1))
  }
}
