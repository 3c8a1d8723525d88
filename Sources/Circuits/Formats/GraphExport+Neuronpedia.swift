// autointerp
// `GraphExport.neuronpedia` writes the graph JSON that Neuronpedia's viewer reads.
// SPDX-License-Identifier: Apache-2.0

internal import JSON

extension GraphExport {
  /// The type of neuron nodes. The viewer sorts an unknown type behind the logits.
  static let neuronFeatureType = "cross layer transcoder"

  /// Returns the graph in Neuronpedia's format.
  ///
  /// A link's `weight` is the flow, which is comparable over the whole graph. Normalised over the inputs of a node, as
  /// the viewer does, it equals the normalised effect. Values without a place in the format (`effect`, `gradient`,
  /// `relp`) are written under additional keys.
  package func neuronpedia() -> [UInt8] {
    var json = JSONByteWriter(reservingCapacity: 4096 + 300 * graph.nodeCount + 90 * graph.edges.count)
    json.beginObject(lines: true)
    json.key("metadata")
    writeMetadata(&json)
    json.key("qParams")
    json.beginObject()
    json.key("pinnedIds")
    json.beginArray()
    json.end()
    json.key("supernodes")
    json.beginArray()
    json.end()
    json.field("linkType", "both")
    json.end()
    json.key("nodes")
    json.beginArray(lines: true)
    for (position, token) in graph.tokens.enumerated() { writeEmbedding(token, at: position, &json) }
    let trust = trust
    for i in 0..<graph.neurons.count { writeNeuron(i, trust[i], &json) }
    for target in graph.metric.targets { writeLogit(target, &json) }
    if graph.metric.hasNode { writeMetricNode(&json) }
    json.end()
    json.key("links")
    let ids = (0..<Int32(graph.nodeCount)).map(neuronpediaID)
    json.beginArray(lines: true)
    for edge in 0..<graph.edges.count {
      json.beginObject()
      json.field("source", ids[Int(graph.edges.source[edge])])
      json.field("target", ids[Int(graph.edges.target[edge])])
      json.field("weight", graph.edges.flow[edge])
      json.field("effect", graph.edges.effect[edge])
      json.end()
    }
    json.end()
    json.end()
    return json.bytes
  }

  private func writeMetadata(_ json: inout JSONByteWriter) {
    let scan = Self.slug(labels.modelName)
    json.beginObject(lines: true)
    json.field("slug", Self.slug("\(labels.modelName)-\(labels.prompt)"))
    json.field("scan", scan)
    json.field("schema_version", 1)
    json.key("prompt_tokens")
    json.beginArray()
    for token in graph.tokens { json.value(labels.text(of: token)) }
    json.end()
    json.field("prompt", labels.prompt.isEmpty ? graph.tokens.map(labels.text).joined() : labels.prompt)
    json.key("info")
    json.beginObject()
    json.key("generator")
    json.beginObject()
    json.field("name", "autointerp")
    json.end()
    json.end()
    json.key("generation_settings")
    labels.settings.write(to: &json)
    json.end()
  }

  private func writeEmbedding(_ token: Int32, at position: Int, _ json: inout JSONByteWriter) {
    json.beginObject()
    json.field("node_id", "E_\(token)_\(position)")
    json.field("jsNodeId", "E_\(token)-\(position)")
    json.field("feature", position)
    json.field("layer", "E")
    json.field("ctx_idx", position)
    json.field("feature_type", "embedding")
    json.field("clerp", "Emb: \(labels.text(of: token))")
    json.field("token_prob", 0)
    json.field("is_target_logit", false)
    if graph.hasRelp { json.field("relp", graph.embeddingRelp[position]) }
    json.end()
  }

  private func writeNeuron(_ i: Int, _ trust: NodeTrust, _ json: inout JSONByteWriter) {
    let (layer, index) = (graph.neurons.layer[i], graph.neurons.index[i])
    json.beginObject()
    json.field("node_id", nodeID(Int32(i)))
    json.field("jsNodeId", "\(layer)_\(index)-0")
    json.field("feature", Self.cantorPair(Int64(layer), Int64(index)))
    json.field("layer", "\(layer)")
    json.field("ctx_idx", graph.neurons.position[i])
    json.field("feature_type", Self.neuronFeatureType)
    json.field("clerp", "L\(layer)/N\(index)")
    json.field("token_prob", 0)
    json.field("is_target_logit", false)
    json.field("activation", graph.neurons.activation[i])
    json.field("gradient", graph.neurons.gradient[i])
    json.field("score", graph.score(ofNeuron: i))
    json.field("rule", graph.rule.rawValue)
    if !graph.neurons.relp.isEmpty { json.field("relp", graph.neurons.relp[i]) }
    if !graph.neurons.gradientScore.isEmpty { json.field("gradient_score", graph.neurons.gradientScore[i]) }
    let place = graph.verified.neuron.firstIndex(of: Int32(i))
    json.field("trust", trust.rawValue)
    json.field("sink", graph.isSink(i))
    if let place {
      if !graph.verified.zero.isEmpty { json.field("exact_zero", graph.verified.zero[place]) }
      if !graph.verified.twice.isEmpty { json.field("exact_twice", graph.verified.twice[place]) }
      if !graph.verified.mean.isEmpty { json.field("exact_mean", graph.verified.mean[place]) }
    }
    json.end()
  }

  /// The metric's own node. The viewer sees it as a logit without token, at the end of the list.
  private func writeMetricNode(_ json: inout JSONByteWriter) {
    let layer = labels.layerCount + 1
    json.beginObject()
    json.field("node_id", Self.metricID(layer: layer, position: graph.metric.position))
    json.field("jsNodeId", "M-\(graph.metric.position)")
    json.field("feature", -1)
    json.field("layer", "\(layer)")
    json.field("ctx_idx", graph.metric.position)
    json.field("feature_type", "logit")
    json.field("clerp", "Metric: \(graph.metric.kind.rawValue) (p=0.000)")
    json.field("token_prob", 0)
    json.field("is_target_logit", false)
    json.end()
  }

  private static func metricID(layer: Int, position: Int32) -> String { "\(layer)_M_\(position)" }

  private func writeLogit(_ target: Metric.Target, _ json: inout JSONByteWriter) {
    let layer = labels.layerCount + 1
    json.beginObject()
    json.field("node_id", "\(layer)_\(target.token)_\(graph.metric.position)")
    json.field("jsNodeId", "L_\(target.token)-\(graph.metric.position)")
    json.field("feature", target.token)
    json.field("layer", "\(layer)")
    json.field("ctx_idx", graph.metric.position)
    json.field("feature_type", "logit")
    let probability = ReadableNumber.fixed(Double(target.probability), decimals: 3)
    json.field("clerp", "Logit: \(labels.text(of: target.token)) (p=\(probability))")
    json.field("token_prob", target.probability)
    json.field("is_target_logit", true)
    json.field("logit", target.logit)
    json.end()
  }

  private func neuronpediaID(_ number: Int32) -> String {
    switch node(number) {
    case .neuron, .embedding: nodeID(number)
    case .logit(let j): "\(labels.layerCount + 1)_\(graph.metric.targets[j].token)_\(graph.metric.position)"
    case .metric: Self.metricID(layer: labels.layerCount + 1, position: graph.metric.position)
    }
  }

  /// Cantor's pairing of layer and index, which is Neuronpedia's number of a feature.
  static func cantorPair(_ layer: Int64, _ index: Int64) -> Int64 {
    (layer + index) * (layer + index + 1) / 2 + index
  }

  /// Returns layer and index of a Cantor pair, or nil for a negative number.
  static func cantorUnpair(_ pair: Int64) -> (layer: Int64, index: Int64)? {
    guard pair >= 0, pair < 1 << 60 else { return nil }
    var sum = Int64((Double(8 * pair + 1).squareRoot() - 1) / 2)
    while sum * (sum + 1) / 2 > pair { sum -= 1 }
    while (sum + 1) * (sum + 2) / 2 <= pair { sum += 1 }
    let index = pair - sum * (sum + 1) / 2
    return (sum - index, index)
  }

  /// Reduces a text to at most 80 of the characters that Neuronpedia allows in names.
  package static func slug(_ text: String) -> String {
    var slug = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "_", ".": slug.unicodeScalars.append(scalar)
      default: if !slug.isEmpty, slug.last != "-" { slug.append("-") }
      }
      if slug.utf8.count >= 80 { break }
    }
    while slug.last == "-" { slug.removeLast() }
    return slug.isEmpty ? "graph" : slug
  }
}
