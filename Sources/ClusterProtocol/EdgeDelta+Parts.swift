// autointerp
// The parts of an edge delta's payload.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

extension MessageWriter {
  func write(_ metric: Metric) {
    key("metric")
    map(count: 7)
    field("kind", metric.kind.rawValue)
    field("position", metric.position)
    field("value", metric.value)
    field("tokens", metric.targets.map(\.token))
    field("logits", metric.targets.map(\.logit))
    field("probabilities", metric.targets.map(\.probability))
    field("weights", metric.targets.map(\.weight))
  }

  func write(_ neurons: NeuronColumns) {
    key("neurons")
    map(count: 6)
    field("layer", neurons.layer)
    field("index", neurons.index)
    field("position", neurons.position)
    field("activation", neurons.activation)
    field("gradient", neurons.gradient)
    field("relp", neurons.relp)
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
    field("kept_relp_share", counts.keptRelpShare)
    field("kept_flow_share", counts.keptFlowShare)
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
      value: try fields.double("value"),
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
      truncated: try fields.bool("truncated"), keptRelpShare: try fields.float("kept_relp_share"),
      keptFlowShare: try fields.float("kept_flow_share"))
  }
}

extension [TokenText] {
  init(vocabulary fields: FieldMap) throws(ProtocolError) {
    let ids = try fields.int32Column("ids")
    let texts = try fields.strings("texts", count: ids.count)
    self = zip(ids, texts).map { TokenText(id: $0, text: $1) }
  }
}
