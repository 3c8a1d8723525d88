// autointerp
// `GraphImport` reads attribution graphs from JSON files: autointerp's, Neuronpedia's and older ones.
// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// An attribution graph read from a file: the parts that all formats have.
package struct ImportedGraph: Equatable, Sendable {
  package enum Format: String, Sendable {
    /// Schema `autointerp.graph/1`.
    case full
    /// Neuronpedia's, schema version 1.
    case neuronpedia
    /// Files of earlier tools that resemble Neuronpedia's: `mlp_neuron` nodes, `embedding` and `logit` layers.
    case legacy
  }

  package struct Neuron: Equatable, Sendable {
    package var id: NeuronID
    package var position: Int32
    package var activation: Double?
    package var relp: Double?
    /// The score under the file's rule; files of earlier versions have RelP's.
    package var score: Double?

    package init(id: NeuronID, position: Int32, activation: Double?, relp: Double?, score: Double? = nil) {
      self.id = id
      self.position = position
      self.activation = activation
      self.relp = relp
      self.score = score ?? relp
    }
  }

  package struct Logit: Equatable, Sendable {
    /// Nil if the file only has the text.
    package var token: Int32?
    package var text: String
    package var position: Int32
    package var probability: Double?
  }

  package struct Link: Equatable, Sendable {
    /// Node ids of the file.
    package var source: String
    package var target: String
    /// The flow, or what the file calls weight.
    package var weight: Double
  }

  package var format: Format
  package var modelName: String
  package var prompt: String
  /// The texts of the prompt's tokens.
  package var tokens: [String]
  /// In the order of the file.
  package var neurons: [Neuron]
  package var logits: [Logit]
  package var links: [Link]
  /// The kind of metric, and the rule of the scores. Files of earlier versions name no rule: theirs is RelP. Nil if the
  /// file is of another tool and says neither.
  package var metric: String?
  package var rule: AttributionRule?

  /// What the graph's scores are, for people.
  package var scoreText: String {
    "metric \(metric ?? "unknown"), scores by \(rule.map { "the rule \($0.rawValue)" } ?? "an unknown rule")"
  }

  /// The distinct neurons, sorted.
  package var neuronIDs: [NeuronID] { Set(neurons.map(\.id)).sorted() }

  /// True if the file may belong to the model of that name. Files of other tools need not name their model, and
  /// Neuronpedia's format permits few characters in names.
  package func isOf(modelNamed name: String) -> Bool {
    modelName.isEmpty || modelName == name || modelName == GraphExport.slug(name)
  }
}

/// Reads graphs of any known format.
package enum GraphImport {
  /// - Throws: `CircuitError.unreadableGraph` if the bytes are not a graph of a known format.
  package static func read(_ bytes: [UInt8]) throws(CircuitError) -> ImportedGraph {
    let (file, isFull) = try document(bytes)
    return isFull ? try readFull(file) : try readNeuronpedia(file)
  }

  /// Parses a graph file.
  ///
  /// - Returns: its top, and true if it has the schema `autointerp.graph/1`, else false for Neuronpedia's and the older dialect.
  /// - Throws: `CircuitError.unreadableGraph` if it is neither.
  static func document(_ bytes: [UInt8]) throws(CircuitError) -> (file: JSONNode, isFull: Bool) {
    let parsed: JSONValue
    do throws(JSONError) {
      parsed = try JSONValue(parsing: bytes)
    } catch {
      throw .unreadableGraph(
        part: "file", expected: "JSON, in the format full or neuronpedia",
        found: bytes.isEmpty ? "nothing" : "\(bytes.count) bytes that are not (\(error))")
    }
    guard let top = parsed.object else {
      throw .unreadableGraph(part: "file", expected: "a JSON object", found: parsed.summary)
    }
    if let schema = top["schema"]?.string {
      guard schema == GraphExport.fullSchema else {
        throw .unreadableGraph(part: "schema", expected: GraphExport.fullSchema, found: schema)
      }
      return (JSONNode(parsed, at: "file"), true)
    }
    guard top["nodes"] != nil, top["links"] != nil else {
      throw .unreadableGraph(
        part: "file", expected: "the key schema, or nodes and links",
        found: "the keys " + top.members.map(\.key).sorted().prefix(8).joined(separator: ", "))
    }
    return (JSONNode(parsed, at: "file"), false)
  }

  // MARK: autointerp.graph/1

  private static func readFull(_ file: JSONNode) throws(CircuitError) -> ImportedGraph {
    var graph = ImportedGraph(
      format: .full, modelName: try file["model"].string(), prompt: try file["prompt"].string(), tokens: [],
      neurons: [], logits: [], links: [])
    for token in try file["tokens"].elements() { graph.tokens.append(try token["text"].string()) }
    for node in try file["nodes"].elements() {
      graph.neurons.append(
        ImportedGraph.Neuron(
          id: NeuronID(layer: Int(try node["layer"].int32()), index: Int(try node["index"].int32())),
          position: try node["position"].int32(), activation: try node["activation"].number(),
          relp: node["relp"].isPresent ? try node["relp"].number() : nil,
          score: node["score"].isPresent ? try node["score"].number() : nil))
    }
    let metric = file["metric"]
    graph.metric = metric["kind"].optionalString
    graph.rule = try rule(file["rule"]) ?? .relp
    let position = metric["position"].isPresent ? try metric["position"].int32() : Int32(graph.tokens.count) - 1
    for target in try metric["targets"].elements() {
      graph.logits.append(
        ImportedGraph.Logit(
          token: try target["token"].int32(), text: try target["text"].string(), position: position,
          probability: try target["probability"].number()))
    }
    for edge in try file["edges"].elements() {
      graph.links.append(
        ImportedGraph.Link(
          source: try edge["source"].string(), target: try edge["target"].string(),
          weight: try edge["flow"].number()))
    }
    return graph
  }

  /// Nil if the file does not say it.
  static func rule(_ node: JSONNode) throws(CircuitError) -> AttributionRule? {
    guard node.isPresent else { return nil }
    let name = try node.string()
    guard let rule = AttributionRule(rawValue: name) else {
      throw .unreadableGraph(part: node.path, expected: AttributionRule.expectedText, found: name)
    }
    return rule
  }

  // MARK: Neuronpedia and its older dialect

  static func readNeuronpedia(_ file: JSONNode) throws(CircuitError) -> ImportedGraph {
    let metadata = file["metadata"]
    var graph = ImportedGraph(
      format: .neuronpedia, modelName: metadata["scan"].optionalString ?? "",
      prompt: metadata["prompt"].optionalString ?? "", tokens: [], neurons: [], logits: [], links: [])
    let settings = metadata["generation_settings"]
    graph.metric = settings["metric"]["kind"].optionalString
    if metadata["info"]["generator"]["name"].optionalString == "autointerp" {
      graph.rule = try rule(settings["rule"]) ?? .relp
    }
    if metadata["prompt_tokens"].isPresent {
      for token in try metadata["prompt_tokens"].elements() { graph.tokens.append(try token.string()) }
    }
    for node in try file["nodes"].elements() {
      let kind = node["feature_type"].optionalString ?? ""
      let layer = node["layer"].optionalString ?? ""
      if kind == "mlp_neuron" || layer == "embedding" || layer == "logit" || node["isLogit"].isPresent {
        graph.format = .legacy
      }
      if kind == "embedding" || layer == "E" || layer == "embedding" { continue }
      if kind == "logit" || layer == "logit" || node["isLogit"].boolean == true
        || node["is_target_logit"].boolean == true
      {
        graph.logits.append(try logit(node))
      } else if kind == GraphExport.neuronFeatureType || kind == "mlp_neuron" {
        graph.neurons.append(try neuron(node))
        if graph.rule == nil { graph.rule = try rule(node["rule"]) }
      }
      // Other nodes, such as reconstruction errors, are not neurons.
    }
    for link in try file["links"].elements() {
      graph.links.append(
        ImportedGraph.Link(
          source: try link["source"].string(), target: try link["target"].string(),
          weight: try link["weight"].number()))
    }
    return graph
  }

  /// Layer and index are in the node id. Otherwise `feature` is the index, or the Cantor pair of both.
  static func neuron(_ node: JSONNode) throws(CircuitError) -> ImportedGraph.Neuron {
    let id = try node["node_id"].string()
    let parts = id.split(separator: "_", omittingEmptySubsequences: false).map { Int32($0) }
    let position = node["ctx_idx"].isPresent ? try node["ctx_idx"].int32() : nil
    let neuron: NeuronID
    if parts.count == 3, let layer = parts[0], let index = parts[1], layer >= 0, index >= 0 {
      neuron = NeuronID(layer: Int(layer), index: Int(index))
    } else {
      let layer = Int64(try node["layer"].int32())
      let feature = try node["feature"].int64()
      let index: Int64
      if let pair = GraphExport.cantorUnpair(feature), pair.layer == layer {
        index = pair.index
      } else {
        index = feature
      }
      guard layer >= 0, (0..<Int64(Int32.max)).contains(index) else {
        throw .unreadableGraph(part: node.path, expected: "a layer and a neuron", found: "\(layer) and \(feature)")
      }
      neuron = NeuronID(layer: Int(layer), index: Int(index))
    }
    let inID = parts.count == 3 ? parts[2] : nil
    return ImportedGraph.Neuron(
      id: neuron, position: position ?? inID ?? 0, activation: node["activation"].optionalNumber,
      relp: node["relp"].optionalNumber, score: node["score"].optionalNumber)
  }

  static func logit(_ node: JSONNode) throws(CircuitError) -> ImportedGraph.Logit {
    let label = node["clerp"].optionalString ?? ""
    // For example `Logit: Paris (p=0.773)` or `Output " Paris" (p=0.773)`.
    var text = label
    var probability = node["token_prob"].optionalNumber
    if let opening = label.range(of: "(p=", options: .backwards) {
      text = String(label[..<opening.lowerBound])
      if text.last == " " { text.removeLast() }
      let number = label[opening.upperBound...].prefix { $0 != ")" }
      probability = probability ?? Double(number)
    }
    if text.hasPrefix("Logit: ") { text.removeFirst("Logit: ".count) }
    let parts = try node["node_id"].string().split(separator: "_").map { Int32($0) }
    let token = parts.count == 3 ? parts[1] : nil
    return ImportedGraph.Logit(
      token: token, text: text,
      position: node["ctx_idx"].isPresent ? try node["ctx_idx"].int32() : 0, probability: probability)
  }
}
