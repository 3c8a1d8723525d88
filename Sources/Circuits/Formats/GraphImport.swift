// autointerp
// Reads attribution graphs from JSON files, ours and Neuronpedia's.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// An attribution graph as read from a file: what the formats have in common.
package struct ImportedGraph: Equatable, Sendable {
  package enum Format: String, Sendable {
    /// Schema `autointerp.graph/1`.
    case full
    /// Neuronpedia's, schema version 1.
    case neuronpedia
    /// Neuronpedia-like files of earlier tools: `mlp_neuron` nodes, `embedding` and `logit` layers.
    case legacy
  }

  package struct Neuron: Equatable, Sendable {
    package var id: NeuronID
    package var position: Int32
    package var activation: Double?
    package var relp: Double?
  }

  package struct Logit: Equatable, Sendable {
    /// Nil when the file only has the text.
    package var token: Int32?
    package var text: String
    package var position: Int32
    package var probability: Double?
  }

  package struct Link: Equatable, Sendable {
    /// Node ids of the file.
    package var source: String
    package var target: String
    /// The flow, or whatever the file calls weight.
    package var weight: Double
  }

  package var format: Format
  package var modelName: String
  package var prompt: String
  /// Texts of the prompt's tokens.
  package var tokens: [String]
  /// In the order of the file.
  package var neurons: [Neuron]
  package var logits: [Logit]
  package var links: [Link]

  /// The distinct neurons, sorted.
  package var neuronIDs: [NeuronID] { Set(neurons.map(\.id)).sorted() }

  /// Whether the file may be of the model of that name: files of other tools need not say of which they are, and
  /// Neuronpedia's format has names with few characters.
  package func isOf(modelNamed name: String) -> Bool {
    modelName.isEmpty || modelName == name || modelName == GraphExport.slug(name)
  }
}

/// Reads graphs of any known format.
package enum GraphImport {
  /// - Throws: `CircuitError.unreadableGraph` when the bytes are not a graph of a known format.
  package static func read(_ bytes: [UInt8]) throws(CircuitError) -> ImportedGraph {
    let parsed: Any
    do {
      parsed = try JSONSerialization.jsonObject(with: Data(bytes))
    } catch {
      throw .unreadableGraph(
        part: "file", expected: "JSON, in the format full or neuronpedia",
        found: bytes.isEmpty ? "nothing" : "\(bytes.count) bytes of something else")
    }
    guard let top = JSONNode(parsed, at: "file").object else {
      throw .unreadableGraph(part: "file", expected: "a JSON object", found: "something else")
    }
    if let schema = top["schema"] as? String {
      guard schema == GraphExport.fullSchema else {
        throw .unreadableGraph(part: "schema", expected: GraphExport.fullSchema, found: schema)
      }
      return try readFull(JSONNode(parsed, at: "file"))
    }
    guard top["nodes"] != nil, top["links"] != nil else {
      throw .unreadableGraph(
        part: "file", expected: "the key schema, or nodes and links",
        found: "the keys " + top.keys.sorted().prefix(8).joined(separator: ", "))
    }
    return try readNeuronpedia(JSONNode(parsed, at: "file"))
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
          relp: try node["relp"].number()))
    }
    let metric = file["metric"]
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

  // MARK: Neuronpedia and its older dialect

  private static func readNeuronpedia(_ file: JSONNode) throws(CircuitError) -> ImportedGraph {
    let metadata = file["metadata"]
    var graph = ImportedGraph(
      format: .neuronpedia, modelName: metadata["scan"].optionalString ?? "",
      prompt: metadata["prompt"].optionalString ?? "", tokens: [], neurons: [], logits: [], links: [])
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
      if kind == "logit" || layer == "logit" || node["isLogit"].bool == true || node["is_target_logit"].bool == true {
        graph.logits.append(try logit(node))
      } else if kind == GraphExport.neuronFeatureType || kind == "mlp_neuron" {
        graph.neurons.append(try neuron(node))
      }
      // Anything else, such as reconstruction errors, is no neuron.
    }
    for link in try file["links"].elements() {
      graph.links.append(
        ImportedGraph.Link(
          source: try link["source"].string(), target: try link["target"].string(),
          weight: try link["weight"].number()))
    }
    return graph
  }

  /// Layer and index stand in the node id; where they do not, `feature` is the index or the Cantor pair of both.
  private static func neuron(_ node: JSONNode) throws(CircuitError) -> ImportedGraph.Neuron {
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
      relp: node["relp"].optionalNumber)
  }

  private static func logit(_ node: JSONNode) throws(CircuitError) -> ImportedGraph.Logit {
    let label = node["clerp"].optionalString ?? ""
    // Such as `Logit: Paris (p=0.773)` or `Output " Paris" (p=0.773)`.
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

/// A part of a parsed JSON file that knows where it stands.
private struct JSONNode {
  let value: Any?
  let path: String

  init(_ value: Any?, at path: String) {
    self.value = value is NSNull ? nil : value
    self.path = path
  }

  var isPresent: Bool { value != nil }
  var object: [String: Any]? { value as? [String: Any] }
  var bool: Bool? { (value as? NSNumber)?.boolValue }
  var optionalNumber: Double? { (value as? NSNumber)?.doubleValue }
  /// Numbers count as text: layers are written as either.
  var optionalString: String? { value as? String ?? (value as? NSNumber)?.stringValue }

  subscript(key: String) -> JSONNode { JSONNode(object?[key], at: "\(path).\(key)") }

  func elements() throws(CircuitError) -> [JSONNode] {
    guard let array = value as? [Any] else { throw unreadable("an array") }
    return array.enumerated().map { JSONNode($1, at: "\(path)[\($0)]") }
  }

  func string() throws(CircuitError) -> String {
    guard let text = value as? String else { throw unreadable("a string") }
    return text
  }

  func number() throws(CircuitError) -> Double {
    guard let number = optionalNumber, number.isFinite else { throw unreadable("a number") }
    return number
  }

  func int64() throws(CircuitError) -> Int64 {
    if let text = value as? String, let number = Int64(text) { return number }
    guard let number = Int64(exactly: try number()) else { throw unreadable("an integer") }
    return number
  }

  func int32() throws(CircuitError) -> Int32 {
    guard let number = Int32(exactly: try int64()), number >= 0 else { throw unreadable("an integer of at least 0") }
    return number
  }

  private func unreadable(_ expected: String) -> CircuitError {
    .unreadableGraph(part: path, expected: expected, found: value.map { String("\($0)".prefix(40)) } ?? "nothing")
  }
}
