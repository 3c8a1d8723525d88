// autointerp
// `GraphFile` reads graphs of Neuronpedia's format and its older dialect into the columns of a graph.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

extension GraphFile {
  /// Reads Neuronpedia's format or the older dialect. What these do not hold has a stand-in, which `gaps` names.
  ///
  /// - Throws: `CircuitError.unreadableGraph` with the place that does not fit.
  init(neuronpedia file: JSONNode, numbers: inout TokenNumbers) throws(CircuitError) {
    let common = try GraphImport.readNeuronpedia(file)
    let settings = file["metadata"]["generation_settings"]
    let isOurs = file["metadata"]["info"]["generator"]["name"].optionalString == "autointerp"
    var nodes = ForeignNodes(promptTokens: common.tokens)
    for node in try file["nodes"].elements() { try nodes.add(node) }
    var gaps: Set<Gap> = [.report]
    if !isOurs { gaps.insert(.settings) }
    if common.rule == nil { gaps.insert(.rule) }
    if nodes.hasOthers { gaps.insert(.others) }
    let rule = common.rule ?? .relp
    let tokens = nodes.tokens(&numbers, &gaps)
    let metric = try nodes.metric(kind: common.metric, tokenCount: tokens.count, &numbers, &gaps)
    let (neurons, verified) = nodes.columns(rule: rule, &gaps)
    var graph = AttributionGraph(
      tokens: tokens, metric: metric, rule: rule, neurons: neurons, embeddingRelp: nodes.embeddingScores(tokens.count),
      verified: verified, edges: EdgeColumns(),
      conservation: ConservationResiduals(nodeTotal: 0, layerCut: 0, directEffects: 0),
      counts: GraphCounts(
        candidateNeurons: Int32(neurons.count), candidateEdges: 0, truncated: false, keptScoreShare: 0,
        keptFlowShare: 0))
    graph.edges = try Self.links(file["links"], nodes.numbers(in: graph), known: nodes.ids, &gaps)
    graph.counts.candidateEdges = Int64(graph.edges.count)
    self.init(
      format: common.format, modelName: common.modelName, prompt: common.prompt,
      settings: isOurs ? try AttributionSettings(json: settings) : nil, graph: graph, texts: nodes.texts, gaps: gaps)
  }

  /// The links between nodes that have a number, sorted by target, then source.
  private static func links(
    _ list: JSONNode, _ numbers: [String: Int32], known: Set<String>, _ gaps: inout Set<Gap>
  ) throws(CircuitError) -> EdgeColumns {
    var rows: [(target: Int32, source: Int32, effect: Float, flow: Float)] = []
    for link in try list.elements() {
      let (source, target) = (try link["source"].string(), try link["target"].string())
      for (key, id) in [("source", source), ("target", target)] where !known.contains(id) {
        throw .unreadableGraph(part: "\(link.path).\(key)", expected: "the id of a node of this file", found: id)
      }
      guard let from = numbers[source], let to = numbers[target] else { continue }
      let weight = Float(try link["weight"].number())
      let effect = link["effect"].optionalNumber.map { Float($0) }
      if effect == nil { gaps.insert(.effects) }
      rows.append((to, from, effect ?? weight, weight))
    }
    rows.sort { ($0.target, $0.source) < ($1.target, $1.source) }
    var edges = EdgeColumns()
    for row in rows {
      edges.source.append(row.source)
      edges.target.append(row.target)
      edges.effect.append(row.effect)
      edges.flow.append(row.flow)
    }
    return edges
  }
}

/// The nodes of a file in Neuronpedia's format, sorted by kind.
private struct ForeignNodes {
  struct Neuron {
    var fileID: String
    var neuron: ImportedGraph.Neuron
    var node: JSONNode
  }

  private var promptTokens: [String]
  private var neurons: [Neuron] = []
  private var embeddings: [(fileID: String, position: Int, token: Int32?, text: String?, relp: Float)] = []
  private var logits: [(fileID: String, logit: ImportedGraph.Logit, value: Double?)] = []
  private var metricNode: (fileID: String, position: Int32)?
  /// The ids of all nodes, also of those that are left out.
  private(set) var ids: Set<String> = []
  private(set) var hasOthers = false
  /// The texts of the tokens that have a number.
  private(set) var texts: [Int32: String] = [:]

  init(promptTokens: [String]) { self.promptTokens = promptTokens }

  mutating func add(_ node: JSONNode) throws(CircuitError) {
    let id = try node["node_id"].string()
    guard ids.insert(id).inserted else {
      throw .unreadableGraph(part: "\(node.path).node_id", expected: "an id that no other node has", found: id)
    }
    let kind = node["feature_type"].optionalString ?? ""
    let layer = node["layer"].optionalString ?? ""
    let parts = id.split(separator: "_", omittingEmptySubsequences: false)
    if kind == "embedding" || layer == "E" || layer == "embedding" {
      let place = node["ctx_idx"].isPresent ? try node["ctx_idx"].int32() : parts.last.flatMap { Int32($0) } ?? 0
      guard place >= 0, place < 1 << 20 else {
        throw .unreadableGraph(part: "\(node.path).ctx_idx", expected: "a position below 2^20", found: "\(place)")
      }
      let label = node["clerp"].optionalString.map { $0.hasPrefix("Emb: ") ? String($0.dropFirst(5)) : $0 }
      embeddings.append(
        (
          id, Int(place), parts.count == 3 ? Int32(parts[1]).flatMap { $0 >= 0 ? $0 : nil } : nil, label,
          Float(node["relp"].optionalNumber ?? 0)
        ))
    } else if parts.count == 3, parts[1] == "M", kind == "logit" {
      metricNode = (id, node["ctx_idx"].isPresent ? try node["ctx_idx"].int32() : 0)
    } else if kind == "logit" || layer == "logit" || node["isLogit"].boolean == true
      || node["is_target_logit"].boolean == true
    {
      logits.append((id, try GraphImport.logit(node), node["logit"].optionalNumber))
    } else if kind == GraphExport.neuronFeatureType || kind == "mlp_neuron" {
      let neuron = try GraphImport.neuron(node)
      guard neuron.position < 1 << 20 else {
        throw .unreadableGraph(part: node.path, expected: "a position below 2^20", found: "\(neuron.position)")
      }
      neurons.append(Neuron(fileID: id, neuron: neuron, node: node))
    } else {
      hasOthers = true
    }
  }

  /// The tokens of all positions: the ids of embeddings, or numbers for texts.
  mutating func tokens(_ numbers: inout TokenNumbers, _ gaps: inout Set<GraphFile.Gap>) -> [Int32] {
    let last =
      (embeddings.map(\.position) + neurons.map { Int($0.neuron.position) } + logits.map { Int($0.logit.position) })
      .max() ?? -1
    let count = max(promptTokens.count, last + 1)
    var tokens: [Int32?] = Array(repeating: nil, count: count)
    var labels: [String?] = promptTokens + Array(repeating: nil, count: count - promptTokens.count)
    for embedding in embeddings {
      tokens[embedding.position] = embedding.token
      labels[embedding.position] = labels[embedding.position] ?? embedding.text
    }
    var known: [String: Int32] = [:]
    for (token, label) in zip(tokens, labels) { if let token, let label { known[label] = token } }
    return zip(tokens, labels).map { token, label in
      let text = label ?? "<unknown>"
      let number: Int32
      if let id = token ?? known[text] {
        number = id
      } else {
        number = numbers.number(of: text)
        gaps.insert(.tokens)
      }
      texts[number] = text
      return number
    }
  }

  /// The metric, as far as its logits tell it.
  mutating func metric(
    kind: String?, tokenCount: Int, _ numbers: inout TokenNumbers, _ gaps: inout Set<GraphFile.Gap>
  ) throws(CircuitError) -> Metric {
    gaps.insert(.metric)
    let kind = kind.flatMap { Metric.Kind(rawValue: $0) } ?? (metricNode == nil ? .tokens : .logProbability)
    let positions = Set(logits.map(\.logit.position) + (metricNode.map { [$0.position] } ?? []))
    guard positions.count < 2 else {
      throw .unreadableGraph(
        part: "nodes", expected: "logits at one position", found: "positions \(positions.sorted().prefix(8))")
    }
    var targets: [Metric.Target] = []
    for (place, entry) in logits.enumerated() {
      let token: Int32
      if let id = entry.logit.token, id >= 0 {
        token = id
      } else {
        token = numbers.number(of: entry.logit.text)
        gaps.insert(.tokens)
      }
      texts[token] = texts[token] ?? entry.logit.text
      targets.append(
        Metric.Target(
          token: token, logit: Float(entry.value ?? 0), probability: Float(entry.logit.probability ?? 0),
          weight: kind == .contrast && place == 1 ? -1 : 1))
    }
    let isLog = kind == .logProbability
    let value =
      isLog
      ? log(max(Double(targets.first?.probability ?? 1), 1e-30))
      : targets.reduce(0) { $0 + Double($1.weight * $1.logit) }
    return Metric(
      kind: kind, position: positions.first ?? Int32(max(0, tokenCount - 1)), value: value, targets: targets)
  }

  /// The neurons' columns. Sorts the neurons as graphs have them.
  mutating func columns(rule: AttributionRule, _ gaps: inout Set<GraphFile.Gap>) -> (NeuronColumns, VerifiedNodes) {
    neurons.sort {
      ($0.neuron.id.layer, Int($0.neuron.position), $0.neuron.id.index)
        < ($1.neuron.id.layer, Int($1.neuron.position), $1.neuron.id.index)
    }
    let hasBoth = rule == .gradient || neurons.allSatisfy { $0.node["gradient_score"].optionalNumber != nil }
    var (columns, verified) = (NeuronColumns(), VerifiedNodes())
    for (number, entry) in neurons.enumerated() {
      let (neuron, node) = (entry.neuron, entry.node)
      let activation = Float(neuron.activation ?? 0)
      let gradientScore = node["gradient_score"].optionalNumber ?? (rule == .gradient ? neuron.score : nil)
      let relp = neuron.relp ?? (rule == .relp ? neuron.score : nil)
      if (rule == .relp ? relp : gradientScore) == nil { gaps.insert(.scores) }
      let score = Float((rule == .relp ? relp : gradientScore) ?? 0)
      columns.layer.append(Int32(neuron.id.layer))
      columns.index.append(Int32(neuron.id.index))
      columns.position.append(neuron.position)
      columns.activation.append(activation)
      columns.gradient.append(
        node["gradient"].optionalNumber.map { Float($0) } ?? (activation == 0 ? 0 : score / activation))
      columns.relp.append(Float(relp ?? 0))
      if hasBoth {
        columns.gradientScore.append(Float(gradientScore ?? 0))
        // The file only says whether the share is that of a sink.
        columns.streamShare.append(node["sink"].boolean == true ? AttributionGraph.sinkShare : 0)
      }
      guard let zero = node["exact_zero"].optionalNumber else { continue }
      gaps.insert(.samples)
      verified.neuron.append(Int32(number))
      verified.reason.append(1)
      verified.zero.append(Float(zero))
    }
    return (columns, verified)
  }

  func embeddingScores(_ count: Int) -> [Float] {
    var scores = [Float](repeating: 0, count: count)
    for embedding in embeddings { scores[embedding.position] = embedding.relp }
    return scores
  }

  /// The number in `graph` of every node that it has, by its id in the file.
  func numbers(in graph: AttributionGraph) -> [String: Int32] {
    var numbers: [String: Int32] = [:]
    for (place, entry) in neurons.enumerated() { numbers[entry.fileID] = Int32(place) }
    for embedding in embeddings { numbers[embedding.fileID] = Int32(neurons.count + embedding.position) }
    for (place, entry) in logits.enumerated() {
      numbers[entry.fileID] = Int32(neurons.count + graph.tokens.count + place)
    }
    if let metricNode, let number = graph.metricNode { numbers[metricNode.fileID] = Int32(number) }
    return numbers
  }
}
