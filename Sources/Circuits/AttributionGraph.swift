// autointerp
// `AttributionGraph` holds the nodes and edges of one prompt, in columns.
// SPDX-License-Identifier: Apache-2.0

/// The attribution graph of one prompt.
///
/// Edges refer to nodes by number: neuron `i` is `i`, the embedding at position `p` is `neurons.count + p`, the logit
/// of `metric.targets[j]` is `neurons.count + tokens.count + j`, and the metric, if it has a node, comes last.
///
/// Edges are direct effects of RelP's linear model, whatever the rule: the direct effects of all embeddings and neurons
/// on a node sum to the node's value (on the metric, to its linear part). The rule decides scores, and with them how
/// much of an effect on a neuron goes on to the metric.
package struct AttributionGraph: Equatable, Sendable {
  /// The tokens of the prompt after templating, special tokens included.
  package var tokens: [Int32]
  package var metric: Metric
  /// The rule of `neurons.gradient`, by which the nodes were selected.
  package var rule: AttributionRule
  /// Returns the selected neurons, sorted by layer, position, index.
  package var neurons: NeuronColumns
  /// `[tokens]`: the total effect of each input embedding on the metric, by RelP.
  package var embeddingRelp: [Float]
  /// `[tokens]`: each embedding times the true gradient of the metric.
  package var embeddingGradientScore: [Float]
  /// The nodes that were verified.
  package var verified: VerifiedNodes
  /// Direct effects, sorted by target, then source.
  package var edges: EdgeColumns
  package var conservation: ConservationResiduals
  package var counts: GraphCounts
  /// `[layers]`: the summed |score| of all neurons of each layer, selected or not. Empty in graphs of earlier versions.
  package var layerScores: [Float] = []
  /// The neurons that fire most. Empty unless asked for.
  package var peaks = PeakActivations()

  /// If the embeddings have no gradient scores, these are zero.
  package init(
    tokens: [Int32], metric: Metric, rule: AttributionRule = .relp, neurons: NeuronColumns, embeddingRelp: [Float],
    embeddingGradientScore: [Float]? = nil, verified: VerifiedNodes = VerifiedNodes(), edges: EdgeColumns,
    conservation: ConservationResiduals, counts: GraphCounts
  ) {
    self.tokens = tokens
    self.metric = metric
    self.rule = rule
    self.neurons = neurons
    self.embeddingRelp = embeddingRelp
    self.embeddingGradientScore = embeddingGradientScore ?? Array(repeating: 0, count: tokens.count)
    self.verified = verified
    self.edges = edges
    self.conservation = conservation
    self.counts = counts
  }

  /// The number of neurons, embeddings, logits and the metric together.
  package var nodeCount: Int { neurons.count + tokens.count + metric.targets.count + (metric.hasNode ? 1 : 0) }

  /// The number of the metric's node. Nil if it has none.
  package var metricNode: Int? { metric.hasNode ? nodeCount - 1 : nil }

  /// True if the nodes have scores of both rules. Graphs of earlier versions, and those of `--one-rule`, have one.
  package var hasBothRules: Bool {
    neurons.relp.count == neurons.count && neurons.gradientScore.count == neurons.count
      && neurons.streamShare.count == neurons.count
  }

  package var hasGradientScores: Bool { neurons.gradientScore.count == neurons.count }
  /// False if only true gradients were computed. Node total and layer cuts are then unknown, and embeddings have no relp.
  package var hasRelp: Bool { neurons.relp.count == neurons.count }

  /// The score of neuron `i` under the graph's rule.
  package func score(ofNeuron i: Int) -> Float { rule == .relp ? neurons.relp[i] : neurons.gradientScore[i] }

  /// True if neuron `i` is where models store what no token needs: at position 0, or writing as much as the whole
  /// stream to which it writes. No derivative predicts the effect of its removal.
  package func isSink(_ i: Int) -> Bool {
    neurons.position[i] == 0 || (!neurons.streamShare.isEmpty && neurons.streamShare[i] >= Self.sinkShare)
  }

  /// The share of its stream from which on a node is a sink.
  package static let sinkShare: Float = 1

  /// The scale of the graph's thresholds, in the unit of the metric: |metric| for sums of logits, else the summed
  /// |score| of the selected neurons, because such a metric may be close to 0.
  package var scale: Double {
    guard metric.hasNode else { return abs(metric.value) }
    return (0..<neurons.count).reduce(0) { $0 + Double(abs(score(ofNeuron: $1))) }
  }
}

/// The selected neurons of a graph; all columns have the same length.
package struct NeuronColumns: Equatable, Sendable {
  package var layer: [Int32] = []
  package var index: [Int32] = []
  package var position: [Int32] = []
  /// The value of the neuron, `h`.
  package var activation: [Float] = []
  /// `dm/dv` under the graph's rule: the total effect of one unit of activation.
  package var gradient: [Float] = []
  /// The activation times the derivative of RelP's linear model.
  package var relp: [Float] = []
  /// The activation times the true derivative.
  package var gradientScore: [Float] = []
  /// `|v| |Wd_i| / min(|mid|, |x_next|)`: how large a part of the residual stream at its position the neuron writes.
  /// The larger it is, the less a derivative says about the neuron's removal.
  package var streamShare: [Float] = []

  package init() {}
  package var count: Int { layer.count }
}

/// Direct effects between the nodes of a graph; all columns have the same length.
package struct EdgeColumns: Equatable, Sendable {
  /// The node number of the source (a neuron or an embedding).
  package var source: [Int32] = []
  /// The node number of the target (a neuron or a logit).
  package var target: [Int32] = []
  /// `v_source * d v_target / d v_source`.
  package var effect: [Float] = []
  /// `effect * dm/dv_target` for a neuron target, `effect` for a logit.
  package var flow: [Float] = []

  package init() {}
  package var count: Int { source.count }
}

/// Verified nodes: for each, the whole model computed the metric again with only this node changed.
package struct VerifiedNodes: Equatable, Sendable {
  /// The numbers of the neurons, ascending.
  package var neuron: [Int32] = []
  /// 1 for a node chosen by its score, 2 for one of the random sample, 3 for both.
  package var reason: [Int32] = []
  /// The change of the metric when the node is set to 0. Like the other columns, empty if not requested.
  package var zero: [Float] = []
  package var twice: [Float] = []
  package var mean: [Float] = []

  package init() {}
  package var count: Int { neuron.count }

  /// The names of the reasons 1, 2 and 3 in files.
  static let reasonNames = ["by score", "at random", "by score and at random"]

  /// True if verified node `place` was drawn at random, whether or not its score had chosen it too.
  package func isSampled(at place: Int) -> Bool { reason[place] & 2 != 0 }

  /// The non-empty columns, with their names.
  package var changes: [(name: String, values: [Float])] {
    [("zero", zero), ("twice", twice), ("mean", mean)].filter { !$0.values.isEmpty }
  }
}

/// How far the graph is from the conservation identities, which would hold exactly without rounding. The first two
/// apply to RelP's scores and to no others. The third applies to the edges, under every rule.
package struct ConservationResiduals: Equatable, Sendable {
  /// `|sum of embedding relp - linear part of the metric| / max(|linear part|, largest |embedding relp|)`. The scale is
  /// the size of the summands, so that a contrast with a metric near zero does not count as broken.
  package var nodeTotal: Float
  /// The largest `|relp of the neurons + what bypasses them - linear part|` of all layers, over the same scale.
  package var layerCut: Float
  /// The largest `|sum of all direct effects - value|` of the checked targets, divided by the larger of `|value|` and
  /// the effects' magnitude.
  package var directEffects: Float

  package init(nodeTotal: Float, layerCut: Float, directEffects: Float) {
    self.nodeTotal = nodeTotal
    self.layerCut = layerCut
    self.directEffects = directEffects
  }
}

/// The counts before thresholds and caps.
package struct GraphCounts: Equatable, Sendable {
  /// How many neurons the selection takes, before the cap.
  package var candidateNeurons: Int32
  /// The number of node pairs for which an effect was computed.
  package var candidateEdges: Int64
  /// True if `maximumNodeCount` cut the selection.
  package var truncated: Bool
  /// The selected neurons' share of the summed |score| of all neurons of the prompt, in `0...1`.
  package var keptScoreShare: Float
  /// The kept edges' share of the candidates' summed |flow|, in `0...1`.
  package var keptFlowShare: Float

  package init(
    candidateNeurons: Int32, candidateEdges: Int64, truncated: Bool, keptScoreShare: Float, keptFlowShare: Float
  ) {
    self.candidateNeurons = candidateNeurons
    self.candidateEdges = candidateEdges
    self.truncated = truncated
    self.keptScoreShare = keptScoreShare
    self.keptFlowShare = keptFlowShare
  }
}
