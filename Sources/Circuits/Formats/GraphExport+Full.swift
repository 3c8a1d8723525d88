// autointerp
// The format that keeps everything: schema autointerp.graph/1.
// SPDX-License-Identifier: Apache-2.0

extension GraphExport {
  package static let fullSchema = "autointerp.graph/1"

  /// The whole graph as JSON; numbers read back as the same Float32 values.
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
    json.field("position", graph.metric.position)
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
    json.beginArray(lines: true)
    for i in 0..<neurons.count {
      json.beginObject()
      json.field("layer", neurons.layer[i])
      json.field("index", neurons.index[i])
      json.field("position", neurons.position[i])
      json.field("activation", neurons.activation[i])
      json.field("gradient", neurons.gradient[i])
      json.field("relp", neurons.relp[i])
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
      json.field("relp", graph.embeddingRelp[position])
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
    json.key("conservation")
    json.beginObject()
    json.field("node_total", graph.conservation.nodeTotal)
    json.field("layer_cut", graph.conservation.layerCut)
    json.field("direct_effects", graph.conservation.directEffects)
    json.end()
    json.key("counts")
    json.beginObject()
    json.field("neurons", graph.neurons.count)
    json.field("edges", graph.edges.count)
    json.field("candidate_neurons", graph.counts.candidateNeurons)
    json.field("candidate_edges", graph.counts.candidateEdges)
    json.field("truncated", graph.counts.truncated)
    json.field("kept_relp_share", graph.counts.keptRelpShare)
    json.field("kept_flow_share", graph.counts.keptFlowShare)
    json.end()
  }
}
