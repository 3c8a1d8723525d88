// autointerp
// `MessageWriter.write` encodes each part of an `EdgeDelta`, such as its metric, neurons and edges; their `init` decodes it.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

extension MessageWriter {
  func write(_ metric: Metric) {
    key("metric")
    map(count: 8)
    field("kind", metric.kind.rawValue)
    field("position", metric.position)
    field("value", metric.value)
    field("linear", metric.linear)
    field("tokens", metric.targets.map(\.token))
    field("logits", metric.targets.map(\.logit))
    field("probabilities", metric.targets.map(\.probability))
    field("weights", metric.targets.map(\.weight))
  }

  func write(_ neurons: NeuronColumns) {
    key("neurons")
    map(count: 8)
    field("layer", neurons.layer)
    field("index", neurons.index)
    field("position", neurons.position)
    field("activation", neurons.activation)
    field("gradient", neurons.gradient)
    field("relp", neurons.relp)
    field("gradient_score", neurons.gradientScore)
    field("stream_share", neurons.streamShare)
  }

  func write(_ verified: VerifiedNodes) {
    key("verified")
    map(count: 5)
    field("neuron", verified.neuron)
    field("reason", verified.reason)
    field("zero", verified.zero)
    field("twice", verified.twice)
    field("mean", verified.mean)
  }

  func write(_ edges: EdgeColumns) {
    key("edges")
    map(count: 4)
    field("source", edges.source)
    field("target", edges.target)
    field("effect", edges.effect)
    field("flow", edges.flow)
  }

  func write(_ residuals: ConservationResiduals) {
    key("conservation")
    map(count: 3)
    field("node_total", residuals.nodeTotal)
    field("layer_cut", residuals.layerCut)
    field("direct_effects", residuals.directEffects)
  }

  func write(_ counts: GraphCounts) {
    key("counts")
    map(count: 5)
    field("candidate_neurons", counts.candidateNeurons)
    field("candidate_edges", counts.candidateEdges)
    field("truncated", counts.truncated)
    field("kept_score_share", counts.keptScoreShare)
    field("kept_flow_share", counts.keptFlowShare)
  }

  func write(_ peaks: PeakActivations) {
    key("peaks")
    map(count: 4)
    field("layer", peaks.layer)
    field("index", peaks.index)
    field("position", peaks.position)
    field("activation", peaks.activation)
  }

  func write(_ vocabulary: [TokenText]) {
    key("vocabulary")
    map(count: 2)
    field("ids", vocabulary.map(\.id))
    key("texts")
    array(count: vocabulary.count)
    for entry in vocabulary { string(entry.text) }
  }
}

extension Metric {
  init(_ fields: FieldMap) throws(ProtocolError) {
    let tokens = try fields.int32Column("tokens")
    let logits = try fields.floatColumn("logits", count: tokens.count)
    let probabilities = try fields.floatColumn("probabilities", count: tokens.count)
    let weights = try fields.floatColumn("weights", count: tokens.count)
    self.init(
      kind: try fields.choice("kind", of: Kind.self), position: try fields.integer("position"),
      value: try fields.double("value"), linear: try fields.double("linear"),
      targets: tokens.indices.map {
        Target(token: tokens[$0], logit: logits[$0], probability: probabilities[$0], weight: weights[$0])
      })
  }
}

extension NeuronColumns {
  init(_ fields: FieldMap) throws(ProtocolError) {
    self.init()
    layer = try fields.int32Column("layer")
    index = try fields.int32Column("index", count: layer.count)
    position = try fields.int32Column("position", count: layer.count)
    activation = try fields.floatColumn("activation", count: layer.count)
    gradient = try fields.floatColumn("gradient", count: layer.count)
    relp = try fields.floatColumn("relp", count: layer.count)
    // Empty in graphs without them, which validation knows.
    gradientScore = try fields.floatColumn("gradient_score")
    streamShare = try fields.floatColumn("stream_share")
  }
}

extension VerifiedNodes {
  init(_ fields: FieldMap) throws(ProtocolError) {
    self.init()
    neuron = try fields.int32Column("neuron")
    reason = try fields.int32Column("reason", count: neuron.count)
    zero = try fields.floatColumn("zero")
    twice = try fields.floatColumn("twice")
    mean = try fields.floatColumn("mean")
  }
}

extension EdgeColumns {
  init(_ fields: FieldMap) throws(ProtocolError) {
    self.init()
    source = try fields.int32Column("source")
    target = try fields.int32Column("target", count: source.count)
    effect = try fields.floatColumn("effect", count: source.count)
    flow = try fields.floatColumn("flow", count: source.count)
  }
}

extension ConservationResiduals {
  init(_ fields: FieldMap) throws(ProtocolError) {
    self.init(
      nodeTotal: try fields.float("node_total"), layerCut: try fields.float("layer_cut"),
      directEffects: try fields.float("direct_effects"))
  }
}

extension GraphCounts {
  init(_ fields: FieldMap) throws(ProtocolError) {
    self.init(
      candidateNeurons: try fields.integer("candidate_neurons", in: 0 ... .max),
      candidateEdges: try fields.integer("candidate_edges", in: 0 ... .max),
      truncated: try fields.bool("truncated"), keptScoreShare: try fields.float("kept_score_share"),
      keptFlowShare: try fields.float("kept_flow_share"))
  }
}

extension PeakActivations {
  init(_ fields: FieldMap) throws(ProtocolError) {
    self.init()
    layer = try fields.int32Column("layer")
    index = try fields.int32Column("index", count: layer.count)
    position = try fields.int32Column("position", count: layer.count)
    activation = try fields.floatColumn("activation", count: layer.count)
  }
}

extension [TokenText] {
  init(vocabulary fields: FieldMap) throws(ProtocolError) {
    let ids = try fields.int32Column("ids")
    let texts = try fields.strings("texts", count: ids.count)
    self = zip(ids, texts).map { TokenText(id: $0, text: $1) }
  }
}
