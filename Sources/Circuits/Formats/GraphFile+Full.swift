// autointerp
// `GraphFile` reads graphs of the schema autointerp.graph/1 back, with every number that they hold.
// SPDX-License-Identifier: Apache-2.0

extension GraphFile {
  /// Reads a file of `graph --format full`.
  ///
  /// - Throws: `CircuitError.unreadableGraph` with the place that does not fit.
  init(full file: JSONNode) throws(CircuitError) {
    var (tokens, texts, gaps): ([Int32], [Int32: String], Set<Gap>) = ([], [:], [])
    for token in try file["tokens"].elements() {
      tokens.append(try token["id"].int32())
      texts[tokens[tokens.count - 1]] = try token["text"].string()
    }
    let metric = try Metric(file["metric"], tokenCount: tokens.count, texts: &texts)
    let (neurons, verified) = try Self.nodes(file["nodes"], &gaps)
    var graph = AttributionGraph(
      tokens: tokens, metric: metric, rule: try GraphImport.rule(file["rule"]) ?? .relp, neurons: neurons,
      embeddingRelp: Array(repeating: 0, count: tokens.count), verified: verified, edges: EdgeColumns(),
      conservation: try ConservationResiduals(file["conservation"]), counts: try GraphCounts(file["counts"]))
    let layers = file["counts"]["layer_scores"]
    if layers.isPresent {
      for score in try layers.elements() { graph.layerScores.append(Float(try score.number())) }
    }
    for embedding in try file["embeddings"].elements() {
      let position = Int(try embedding["position"].int32())
      guard position < tokens.count else {
        throw .unreadableGraph(
          part: "\(embedding.path).position", expected: "one of \(tokens.count)", found: "\(position)")
      }
      graph.embeddingRelp[position] = Float(embedding["relp"].optionalNumber ?? 0)
      graph.embeddingGradientScore[position] = Float(embedding["gradient_score"].optionalNumber ?? 0)
    }
    graph.edges = try Self.edges(file["edges"], of: graph)
    self.init(
      format: .full, modelName: try file["model"].string(), prompt: try file["prompt"].string(),
      settings: try AttributionSettings(json: file["settings"]), graph: graph, texts: texts, gaps: gaps)
  }

  private static func nodes(
    _ list: JSONNode, _ gaps: inout Set<Gap>
  ) throws(CircuitError) -> (NeuronColumns, VerifiedNodes) {
    var (neurons, verified) = (NeuronColumns(), VerifiedNodes())
    for (number, node) in try list.elements().enumerated() {
      neurons.layer.append(try node["layer"].int32())
      neurons.index.append(try node["index"].int32())
      neurons.position.append(try node["position"].int32())
      neurons.activation.append(Float(try node["activation"].number()))
      neurons.gradient.append(Float(try node["gradient"].number()))
      if let score = node["relp"].optionalNumber { neurons.relp.append(Float(score)) }
      if let score = node["gradient_score"].optionalNumber { neurons.gradientScore.append(Float(score)) }
      if let share = node["stream_share"].optionalNumber { neurons.streamShare.append(Float(share)) }
      let exact = node["exact"]
      guard exact.isPresent else { continue }
      verified.neuron.append(Int32(number))
      if let chosen = exact["chosen"].optionalString {
        guard let place = VerifiedNodes.reasonNames.firstIndex(of: chosen) else {
          throw .unreadableGraph(
            part: "\(exact.path).chosen", expected: VerifiedNodes.reasonNames.joined(separator: ", "), found: chosen)
        }
        verified.reason.append(Int32(place) + 1)
      } else {
        verified.reason.append(1)
        gaps.insert(.samples)
      }
      if let change = exact["zero"].optionalNumber { verified.zero.append(Float(change)) }
      if let change = exact["twice"].optionalNumber { verified.twice.append(Float(change)) }
      if let change = exact["mean"].optionalNumber { verified.mean.append(Float(change)) }
    }
    return (neurons, verified)
  }

  private static func edges(_ list: JSONNode, of graph: AttributionGraph) throws(CircuitError) -> EdgeColumns {
    let export = GraphExport(
      graph, labels: GraphLabels(modelName: "", layerCount: 0, prompt: "", settings: .init(), tokenText: { _ in nil }))
    var numbers: [String: Int32] = [:]
    for number in 0..<Int32(graph.nodeCount) { numbers[export.nodeID(number)] = number }
    var edges = EdgeColumns()
    for edge in try list.elements() {
      func end(_ key: String) throws(CircuitError) -> Int32 {
        let id = try edge[key].string()
        guard let number = numbers[id] else {
          throw .unreadableGraph(part: "\(edge.path).\(key)", expected: "the id of a node of this file", found: id)
        }
        return number
      }
      edges.source.append(try end("source"))
      edges.target.append(try end("target"))
      edges.effect.append(Float(try edge["effect"].number()))
      edges.flow.append(Float(try edge["flow"].number()))
    }
    return edges
  }
}

extension Metric {
  fileprivate init(_ node: JSONNode, tokenCount: Int, texts: inout [Int32: String]) throws(CircuitError) {
    let name = try node["kind"].string()
    guard let kind = Kind(rawValue: name) else {
      throw .unreadableGraph(
        part: "\(node.path).kind", expected: Kind.allCases.map(\.rawValue).joined(separator: ", "), found: name)
    }
    var targets: [Target] = []
    for target in try node["targets"].elements() {
      let token = try target["token"].int32()
      texts[token] = try target["text"].string()
      targets.append(
        Target(
          token: token, logit: Float(try target["logit"].number()),
          probability: Float(try target["probability"].number()), weight: Float(try target["weight"].number())))
    }
    let position = node["position"].isPresent ? try node["position"].int32() : Int32(tokenCount) - 1
    self.init(
      kind: kind, position: position, value: try node["value"].number(), linear: node["linear"].optionalNumber,
      targets: targets)
  }
}

extension ConservationResiduals {
  /// The first two are null in graphs without RelP's scores.
  fileprivate init(_ node: JSONNode) throws(CircuitError) {
    self.init(
      nodeTotal: Float(node["node_total"].optionalNumber ?? 0),
      layerCut: Float(node["layer_cut"].optionalNumber ?? 0),
      directEffects: Float(try node["direct_effects"].number()))
  }
}

extension GraphCounts {
  fileprivate init(_ node: JSONNode) throws(CircuitError) {
    self.init(
      candidateNeurons: try node["candidate_neurons"].int32(), candidateEdges: try node["candidate_edges"].int64(),
      truncated: node["truncated"].boolean ?? false,
      keptScoreShare: Float(try node["kept_score_share"].number()),
      keptFlowShare: Float(try node["kept_flow_share"].number()))
  }
}
