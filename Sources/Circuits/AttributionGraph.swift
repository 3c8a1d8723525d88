// autointerp
// The attribution graph of one prompt, in columns.
// SPDX-License-Identifier: Apache-2.0

/// The attribution graph of one prompt.
///
/// Edge endpoints are node numbers: neuron `i` is `i`, the embedding at position `p` is `neurons.count + p`, and the
/// logit of `metric.targets[j]` is `neurons.count + tokens.count + j`.
package struct AttributionGraph: Equatable, Sendable {
  /// The prompt after templating, special tokens included.
  package var tokens: [Int32]
  package var metric: Metric
  /// The selected neurons, sorted by layer, position, index.
  package var neurons: NeuronColumns
  /// `[tokens]`: total effect of each input embedding on the metric.
  package var embeddingRelp: [Float]
  /// Direct effects, sorted by target, then source.
  package var edges: EdgeColumns
  package var conservation: ConservationResiduals
  package var counts: GraphCounts

  package init(
    tokens: [Int32], metric: Metric, neurons: NeuronColumns, embeddingRelp: [Float], edges: EdgeColumns,
    conservation: ConservationResiduals, counts: GraphCounts
  ) {
    self.tokens = tokens
    self.metric = metric
    self.neurons = neurons
    self.embeddingRelp = embeddingRelp
    self.edges = edges
    self.conservation = conservation
    self.counts = counts
  }

  /// Neurons, embeddings and logits together.
  package var nodeCount: Int { neurons.count + tokens.count + metric.targets.count }
}

/// The selected neurons of a graph; all columns have the same length.
package struct NeuronColumns: Equatable, Sendable {
  package var layer: [Int32] = []
  package var index: [Int32] = []
  package var position: [Int32] = []
  /// Value of the neuron, `h`.
  package var activation: [Float] = []
  /// `dm/dv` of the linearised model: the total effect of a unit of activation.
  package var gradient: [Float] = []
  /// `activation * gradient`.
  package var relp: [Float] = []

  package init() {}
  package var count: Int { layer.count }
}

/// Direct effects between the nodes of a graph; all columns have the same length.
package struct EdgeColumns: Equatable, Sendable {
  /// Node number of the source (a neuron or an embedding).
  package var source: [Int32] = []
  /// Node number of the target (a neuron or a logit).
  package var target: [Int32] = []
  /// `v_source * d v_target / d v_source`.
  package var effect: [Float] = []
  /// `effect * dm/dv_target` for a neuron target, `effect` for a logit.
  package var flow: [Float] = []

  package init() {}
  package var count: Int { source.count }
}

/// How far the graph is from the conservation identities, which hold exactly in real arithmetic.
package struct ConservationResiduals: Equatable, Sendable {
  /// `|sum of embedding relp - metric| / max(|metric|, largest |embedding relp|)`: the scale is the size of what is
  /// summed, so that a contrast whose metric is nearly zero is not called broken.
  package var nodeTotal: Float
  /// The largest, over checked layers, of `|neurons' relp + what bypasses them - metric|` over the same scale.
  package var layerCut: Float
  /// The largest, over checked targets, of `|sum of all direct effects - value|` over the largest of `|value|` and the
  /// effects' magnitude.
  package var directEffects: Float

  package init(nodeTotal: Float, layerCut: Float, directEffects: Float) {
    self.nodeTotal = nodeTotal
    self.layerCut = layerCut
    self.directEffects = directEffects
  }
}

/// What was there before thresholds and caps.
package struct GraphCounts: Equatable, Sendable {
  /// Neurons with `|relp| >= tau * |metric|`.
  package var candidateNeurons: Int32
  /// Pairs of nodes between which an effect was computed.
  package var candidateEdges: Int64
  /// True when `maximumNodeCount` cut the selection.
  package var truncated: Bool
  /// Share of the candidates' summed |relp| that the selected neurons hold, in `0...1`.
  package var keptRelpShare: Float
  /// Share of the candidates' summed |flow| that the kept edges hold, in `0...1`.
  package var keptFlowShare: Float

  package init(
    candidateNeurons: Int32, candidateEdges: Int64, truncated: Bool, keptRelpShare: Float, keptFlowShare: Float
  ) {
    self.candidateNeurons = candidateNeurons
    self.candidateEdges = candidateEdges
    self.truncated = truncated
    self.keptRelpShare = keptRelpShare
    self.keptFlowShare = keptFlowShare
  }
}
