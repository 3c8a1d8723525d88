// autointerp
// `GraphExport.full` writes a complete graph as JSON, schema autointerp.graph/1.
// SPDX-License-Identifier: Apache-2.0

internal import JSON

extension GraphExport {
  package static let fullSchema = "autointerp.graph/1"

  /// Returns the complete graph as JSON. Numbers read back as the same Float32 values.
  package func full() -> [UInt8] {
    var json = JSONByteWriter(reservingCapacity: 4096 + 110 * graph.neurons.count + 80 * graph.edges.count)
    json.beginObject(lines: true)
    json.field("schema", Self.fullSchema)
    json.field("model", labels.modelName)
    json.field("prompt", labels.prompt)
    json.key("tokens")
    json.beginArray(lines: true)
    for token in graph.tokens {
      json.beginObject()
      json.field("id", token)
      json.field("text", labels.text(of: token))
      json.end()
    }
    json.end()
    json.key("metric")
    writeMetric(&json)
    json.key("settings")
    labels.settings.write(to: &json)
    json.key("nodes")
    writeNodes(&json)
    json.key("embeddings")
    writeEmbeddings(&json)
    json.key("edges")
    writeEdges(&json)
    writeReport(&json)
    json.end()
    return json.bytes
  }

  private func writeMetric(_ json: inout JSONByteWriter) {
    json.beginObject()
    json.field("kind", graph.metric.kind.rawValue)
    json.field("value", graph.metric.value)
    json.field("linear", graph.metric.linear)
    json.field("position", graph.metric.position)
    if let node = graph.metricNode { json.field("node", nodeID(Int32(node))) }
    json.key("targets")
    json.beginArray()
    for target in graph.metric.targets {
      json.beginObject()
      json.field("token", target.token)
      json.field("text", labels.text(of: target.token))
      json.field("logit", target.logit)
      json.field("probability", target.probability)
      json.field("weight", target.weight)
      json.end()
    }
    json.end()
    json.end()
  }

  private func writeNodes(_ json: inout JSONByteWriter) {
    let neurons = graph.neurons
    let places = Dictionary(uniqueKeysWithValues: graph.verified.neuron.enumerated().map { (Int($1), $0) })
    let trust = trust
    json.beginArray(lines: true)
    for i in 0..<neurons.count {
      json.beginObject()
      json.field("layer", neurons.layer[i])
      json.field("index", neurons.index[i])
      json.field("position", neurons.position[i])
      json.field("activation", neurons.activation[i])
      json.field("gradient", neurons.gradient[i])
      json.field("score", graph.score(ofNeuron: i))
      if !neurons.relp.isEmpty { json.field("relp", neurons.relp[i]) }
      if !neurons.gradientScore.isEmpty { json.field("gradient_score", neurons.gradientScore[i]) }
      if !neurons.streamShare.isEmpty { json.field("stream_share", neurons.streamShare[i]) }
      json.field("trust", trust[i].rawValue)
      json.field("sink", graph.isSink(i))
      if let place = places[i] {
        json.key("exact")
        json.beginObject()
        json.field("chosen", VerifiedNodes.reasonNames[Int(graph.verified.reason[place]) - 1])
        if !graph.verified.zero.isEmpty { json.field("zero", graph.verified.zero[place]) }
        if !graph.verified.twice.isEmpty { json.field("twice", graph.verified.twice[place]) }
        if !graph.verified.mean.isEmpty { json.field("mean", graph.verified.mean[place]) }
        json.end()
      }
      json.end()
    }
    json.end()
  }

  private func writeEmbeddings(_ json: inout JSONByteWriter) {
    json.beginArray(lines: true)
    for (position, token) in graph.tokens.enumerated() {
      json.beginObject()
      json.field("position", position)
      json.field("token", token)
      if graph.hasRelp { json.field("relp", graph.embeddingRelp[position]) }
      if graph.hasGradientScores { json.field("gradient_score", graph.embeddingGradientScore[position]) }
      json.end()
    }
    json.end()
  }

  private func writeEdges(_ json: inout JSONByteWriter) {
    let ids = (0..<Int32(graph.nodeCount)).map(nodeID)
    json.beginArray(lines: true)
    for edge in 0..<graph.edges.count {
      json.beginObject()
      json.field("source", ids[Int(graph.edges.source[edge])])
      json.field("target", ids[Int(graph.edges.target[edge])])
      json.field("effect", graph.edges.effect[edge])
      json.field("flow", graph.edges.flow[edge])
      json.end()
    }
    json.end()
  }

  private func writeReport(_ json: inout JSONByteWriter) {
    json.field("rule", graph.rule.rawValue)
    json.field("scale", graph.scale)
    json.field("calibration", labels.calibration?.summary)
    if let missing = labels.missingCalibration, labels.calibration == nil { json.field("uncalibrated", missing) }
    if !graph.verified.mean.isEmpty { json.field("mean_reference", labels.reference) }
    json.key("identities")
    json.beginObject()
    json.field("node_total", "relp: the embeddings' relp sum to metric.linear")
    json.field("layer_cut", "relp: at every layer the neurons' relp and what bypasses them sum to metric.linear")
    json.field("direct_effects", "every rule: the effects of all neurons and embeddings on a node sum to its value")
    json.field("gradient_score", "none: true gradients do not add up to the metric")
    json.end()
    if let agreement = GraphAgreement(graph) {
      json.key("agreement")
      json.beginObject()
      for (name, part) in [
        ("later" as StaticString, agreement.later), ("ordinary", agreement.ordinary), ("first", agreement.first),
      ] {
        json.key(name)
        json.beginObject()
        json.field("nodes", part.nodes)
        part.writeEstimates(to: &json)
        json.end()
      }
      json.field("poor", agreement.isPoor)
      json.field("poor_without_sinks", agreement.isPoorWithoutSinks)
      json.end()
    }
    json.key("conservation")
    json.beginObject()
    // Unknown without RelP's scores.
    for (name, residual) in [
      ("node_total" as StaticString, graph.conservation.nodeTotal), ("layer_cut", graph.conservation.layerCut),
    ] {
      json.key(name)
      if graph.hasRelp { json.value(residual) } else { json.null() }
    }
    json.field("direct_effects", graph.conservation.directEffects)
    json.end()
    json.key("counts")
    json.beginObject()
    json.field("neurons", graph.neurons.count)
    json.field("edges", graph.edges.count)
    json.field("candidate_neurons", graph.counts.candidateNeurons)
    json.field("candidate_edges", graph.counts.candidateEdges)
    json.field("truncated", graph.counts.truncated)
    json.field("kept_score_share", graph.counts.keptScoreShare)
    json.field("kept_flow_share", graph.counts.keptFlowShare)
    if !graph.layerScores.isEmpty {
      json.key("layer_scores")
      json.beginArray()
      for score in graph.layerScores { json.value(score) }
      json.end()
    }
    json.end()
  }
}
