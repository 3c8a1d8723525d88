// autointerp
// `Tool.graphPicture` gives the page the whole stored graph of a prompt in columns, to be drawn as layers by positions.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import JSON
internal import RunIndex

extension Tool {
  static let graphPicture = Tool(
    description: ToolDescription(
      name: "get_graph", title: "Whole graph of one prompt",
      description: """
        The stored attribution graph of one prompt in columns. Nodes are numbered: first the neurons, then the tokens, then the \
        predictions, then the metric if has_metric; edges name their ends by these numbers. Trust says how far a neuron's score \
        predicts its removal, by the run's own random sample.
        """,
      input: Schema.arguments(
        [
          ("prompt", Schema.prompt),
          ("max_nodes", ["type": "integer", "minimum": 1, "maximum": 20000, "default": 5000]),
          ("max_edges", ["type": "integer", "minimum": 1, "maximum": 100_000, "default": 20000]),
        ], required: ["prompt"]),
      output: Schema.answer([
        ("prompt", Schema.integer), ("group", Schema.string), ("text", Schema.string), ("rule", Schema.string),
        ("metric", Schema.object([("kind", Schema.string), ("value", Schema.number), ("position", Schema.integer)])),
        ("kept_score_share", Schema.number), ("neurons_in_all", Schema.integer), ("edges_in_all", Schema.integer),
        ("has_metric", Schema.boolean),
        ("tokens", Schema.list(Schema.object([("text", Schema.string), ("score", Schema.number)]))),
        (
          "predictions",
          Schema.list(Schema.object([("token", Schema.string), ("probability", Schema.number)]))
        ),
        (
          "neurons",
          Schema.object([
            ("layer", Schema.list(Schema.integer)), ("index", Schema.list(Schema.integer)),
            ("position", Schema.list(Schema.integer)), ("activation", Schema.list(Schema.number)),
            ("score", Schema.list(Schema.number)), ("contribution", Schema.list(Schema.maybeNumber)),
            ("trust", Schema.strings), ("is_sink", Schema.list(Schema.boolean)), ("role", Schema.strings),
          ])
        ),
        (
          "edges",
          Schema.object([
            ("source", Schema.list(Schema.integer)), ("target", Schema.list(Schema.integer)),
            ("flow", Schema.list(Schema.number)),
          ])
        ),
        ("labels", Schema.list(Schema.object([("neuron", Schema.string), ("text", Schema.string)]))),
      ])),
    answer: { desk in
      let (number, delta) = try desk.graph()
      let nodes = try desk.arguments.integer("max_nodes", in: 1...20000) ?? 5000
      let edges = try desk.arguments.integer("max_edges", in: 1...100_000) ?? 20000
      let prompt = desk.index.specification.prompts[number]
      let picture = GraphPicture(delta, maximumNeurons: nodes, maximumEdges: edges)
      var json: JSONObject = [
        "prompt": .integer(number), "group": Quoted.value(prompt.origin.rawValue),
        "text": Quoted.value(prompt.text, maximumBytes: 4000),
      ]
      let graph = delta.graph
      let trust = graph.trust(try desk.index.trustCalibration())
      let ids = picture.neurons.map {
        NeuronID(layer: Int(graph.neurons.layer[$0]), index: Int(graph.neurons.index[$0]))
      }
      let distinct = Array(Set(ids)).sorted()
      let roles = Dictionary(
        uniqueKeysWithValues: try desk.index.neurons(distinct).map { ($0.neuron, $0.role) })
      for member in picture.json(trust: trust, roles: ids.map { roles[$0] ?? "" }).members {
        json.set(member.key, member.value)
      }
      var labels: [JSONValue] = []
      if desk.labels != nil {
        for neuron in distinct {
          guard let label = try desk.labels(of: neuron).first else { continue }
          labels.append(["neuron": .string("\(neuron)"), "text": Quoted.value(label.markedText, maximumBytes: 200)])
        }
      }
      json.set("labels", .array(labels))
      var caveats = [
        "scores are attributions; contribution is measured by removal and stands where it was measured",
        "edges are direct effects in the linear model of this prompt; small ones were not kept",
      ]
      if picture.isCut {
        caveats.append("only the strongest \(picture.neurons.count) neurons and \(picture.edges.count) edges are given")
      }
      return Findings(
        json: json, lines: ["Prompt \(number): \(picture.neurons.count) neurons, \(picture.edges.count) edges."],
        caveats: caveats)
    })
}

/// The part of a graph that is drawn: its strongest neurons and the strongest edges between what is drawn.
struct GraphPicture {
  let delta: EdgeDelta
  /// Numbers in the graph, ascending.
  let neurons: [Int]
  /// Numbers in the graph, ascending.
  let edges: [Int]
  /// The number of each node of the graph in the picture; nil if it is left out.
  private let numbers: [Int?]

  private var graph: AttributionGraph { delta.graph }

  /// Tokens, predictions and the metric are always drawn.
  init(_ delta: EdgeDelta, maximumNeurons: Int, maximumEdges: Int) {
    self.delta = delta
    let graph = delta.graph
    neurons = Self.strongest(maximumNeurons, of: Array(0..<graph.neurons.count)) { graph.score(ofNeuron: $0) }
    var numbers = [Int?](repeating: nil, count: graph.nodeCount)
    for (place, neuron) in neurons.enumerated() { numbers[neuron] = place }
    for node in graph.neurons.count..<graph.nodeCount { numbers[node] = neurons.count + node - graph.neurons.count }
    self.numbers = numbers
    let drawn = (0..<graph.edges.count).filter {
      numbers[Int(graph.edges.source[$0])] != nil && numbers[Int(graph.edges.target[$0])] != nil
    }
    edges = Self.strongest(maximumEdges, of: drawn) { graph.edges.flow[$0] }
  }

  var isCut: Bool { neurons.count < graph.neurons.count || edges.count < graph.edges.count }

  /// Those with the largest |value|, in their old order; of equal ones the first.
  private static func strongest(_ count: Int, of all: [Int], _ value: (Int) -> Float) -> [Int] {
    guard all.count > count else { return all }
    return all.sorted { (-abs(value($0)), $0) < (-abs(value($1)), $1) }.prefix(count).sorted()
  }

  /// - Parameters:
  ///   - trust: of each neuron of the graph.
  ///   - roles: of each neuron of the picture.
  /// - Returns: the columns of nodes and edges.
  func json(trust: [NodeTrust], roles: [String]) -> JSONObject {
    let texts = Dictionary(uniqueKeysWithValues: delta.vocabulary.map { ($0.id, $0.text) })
    func text(_ token: Int32) -> JSONValue { Quoted.tokenValue(texts[token] ?? "#\(token)") }
    var contributions: [Int: Float] = [:]
    if !graph.verified.zero.isEmpty {
      for (place, neuron) in graph.verified.neuron.enumerated() {
        contributions[Int(neuron)] = -graph.verified.zero[place]
      }
    }
    func column(_ value: (Int) -> JSONValue) -> JSONValue { .array(neurons.map(value)) }
    func number(_ node: Int32) -> JSONValue { .integer(numbers[Int(node)] ?? -1) }
    let embeddings = graph.rule == .relp ? graph.embeddingRelp : graph.embeddingGradientScore
    return [
      "rule": .string(graph.rule.rawValue),
      "metric": [
        "kind": .string(graph.metric.kind.rawValue), "value": graph.metric.value.short,
        "position": .integer(Int(graph.metric.position)),
      ], "kept_score_share": Double(graph.counts.keptScoreShare).short,
      "neurons_in_all": .integer(graph.neurons.count), "edges_in_all": .integer(graph.edges.count),
      "has_metric": .boolean(graph.metric.hasNode),
      "tokens": .array(
        graph.tokens.enumerated().map { ["text": text($1), "score": Double(embeddings[$0]).short] }),
      "predictions": .array(
        graph.metric.targets.map { ["token": text($0.token), "probability": Double($0.probability).short] }),
      "neurons": [
        "layer": column { .integer(Int(graph.neurons.layer[$0])) },
        "index": column { .integer(Int(graph.neurons.index[$0])) },
        "position": column { .integer(Int(graph.neurons.position[$0])) },
        "activation": column { Double(graph.neurons.activation[$0]).short },
        "score": column { Double(graph.score(ofNeuron: $0)).short },
        "contribution": column { contributions[$0].map { Double($0).short } ?? .null },
        "trust": column { .string(trust[$0].rawValue) },
        "is_sink": column { .boolean(graph.isSink($0)) }, "role": .array(roles.map { .string($0) }),
      ],
      "edges": [
        "source": .array(edges.map { number(graph.edges.source[$0]) }),
        "target": .array(edges.map { number(graph.edges.target[$0]) }),
        "flow": .array(edges.map { Double(graph.edges.flow[$0]).short }),
      ],
    ]
  }
}
