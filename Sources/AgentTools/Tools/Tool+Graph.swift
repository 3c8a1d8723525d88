// autointerp
// `Tool.promptGraph` lists the strongest nodes of one prompt's stored graph and the edges between them.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import JSON
internal import RunIndex

extension Tool {
  static let promptGraph = Tool(
    description: ToolDescription(
      name: "get_prompt_graph", title: "Graph of one prompt",
      description: """
        The stored attribution graph of one prompt (by its number, as exemplars give it): prediction, strongest neurons, and the \
        strongest edges between what is shown.
        """,
      input: Schema.arguments(
        [
          ("prompt", Schema.prompt),
          ("include_sinks", Schema.described(Schema.boolean, "neurons at position 0 too; default false")),
          Schema.limit(15, 100), Schema.cursor,
        ], required: ["prompt"]),
      output: Schema.answer(
        [("prompt", Schema.integer), ("group", Schema.string), ("next_cursor", Schema.maybeString)] + graphMembers)),
    answer: { desk in
      let (number, delta) = try desk.graph()
      let prompt = desk.index.specification.prompts[number]
      let graph = PromptGraph(delta, desk)
      let offset = try desk.arguments.offset()
      var findings = try graph.findings(
        of: "Prompt \(number) (\(prompt.origin.rawValue))", text: prompt.text, offset: offset)
      findings.json.set("prompt", .integer(number))
      findings.json.set("group", .string(prompt.origin.rawValue))
      let shown = findings.json["nodes"]?.array?.count ?? 0
      findings.json.set(
        "next_cursor", desk.arguments.next(after: offset, shown, of: findings.json["total"]?.integer ?? 0))
      return findings
    })

  /// What is said about every graph, stored or new.
  static let graphMembers: [(String, JSONValue)] = [
    ("text", Schema.string), ("predictions", Schema.list(["type": "object"])), ("metric", ["type": "object"]),
    ("nodes", Schema.list(nodeSchema)), ("total", Schema.integer),
    (
      "edges",
      Schema.list(
        Schema.object([("source", Schema.string), ("target", Schema.string), ("flow", Schema.number)]))
    ), ("kept_score_share", Schema.number),
  ]

  private static let nodeSchema = Schema.object(
    [
      ("id", Schema.string), ("neuron", Schema.string), ("position", Schema.integer), ("token", Schema.string),
      ("activation", Schema.number), ("score", Schema.number), ("contribution", Schema.number),
      ("label", Schema.string),
    ], optional: ["contribution", "label"])
}

/// One prompt's graph on its way to an answer.
struct PromptGraph {
  let delta: EdgeDelta
  let desk: Desk
  let texts: [Int32: String]

  init(_ delta: EdgeDelta, _ desk: Desk) {
    self.delta = delta
    self.desk = desk
    texts = Dictionary(uniqueKeysWithValues: delta.vocabulary.map { ($0.id, $0.text) })
  }

  private var graph: AttributionGraph { delta.graph }

  private func text(_ token: Int32) -> String { texts[token] ?? "#\(token)" }

  /// The strongest nodes from number `offset` on, as many as the arguments ask for, and the edges between them. `name` says what
  /// the text is.
  func findings(of name: String, text prompt: String, offset: Int = 0) throws -> Findings {
    let limit = try desk.arguments.limit(15, 100)
    let includesSinks = try desk.arguments.boolean("include_sinks") ?? false
    let ranked = (0..<graph.neurons.count).filter { includesSinks || !graph.isSink($0) }.sorted {
      let (a, b) = (abs(graph.score(ofNeuron: $0)), abs(graph.score(ofNeuron: $1)))
      return a != b ? a > b : $0 < $1
    }
    let shown = Array(ranked.dropFirst(offset).prefix(limit))
    let predictions = graph.metric.targets.sorted { $0.probability > $1.probability }.prefix(5)
    var contributions: [Int: Float] = [:]
    if !graph.verified.zero.isEmpty {
      for (place, neuron) in graph.verified.neuron.enumerated() {
        contributions[Int(neuron)] = -graph.verified.zero[place]
      }
    }
    let nodes = try shown.map { try node($0, contribution: contributions[$0]) }
    let edges = strongestEdges(among: Set(shown), limit: limit)
    let json: JSONObject = [
      "text": Quoted.value(prompt, maximumBytes: 2000),
      "predictions": .array(
        predictions.map { ["token": Quoted.tokenValue(text($0.token)), "probability": Double($0.probability).short] }),
      "metric": ["kind": .string(graph.metric.kind.rawValue), "value": graph.metric.value.short],
      "nodes": .array(nodes.map(\.json)), "total": .integer(ranked.count),
      "edges": .array(edges.map(\.json)), "kept_score_share": Double(graph.counts.keptScoreShare).short,
    ]
    let head =
      "\(name): \(Quoted.text(prompt, maximumBytes: 400)). Predictions: "
      + predictions.map {
        "\(Quoted.token(text($0.token))) \(ReadableNumber.fixed(Double($0.probability) * 100, decimals: 1)) %"
      }.joined(separator: ", ") + "."
    return Findings(
      json: json, lines: [head] + nodes.map(\.text) + edges.map(\.text),
      caveats: [
        "the graph holds \(ReadableNumber.fixed(Double(graph.counts.keptScoreShare) * 100, decimals: 1)) % of the |score| of all neurons "
          + "of this prompt",
        "scores are attributions; contribution is measured by removal and stands where it was measured",
      ] + (includesSinks ? [] : ["neurons at position 0 and other sinks are left out"]))
  }

  private func node(_ i: Int, contribution: Float?) throws -> (json: JSONValue, text: String) {
    let neuron = NeuronID(layer: Int(graph.neurons.layer[i]), index: Int(graph.neurons.index[i]))
    let position = Int(graph.neurons.position[i])
    let token = text(graph.tokens[position])
    let score = Double(graph.score(ofNeuron: i))
    var json: JSONObject = [
      "id": .string("\(neuron)@\(position)"), "neuron": .string("\(neuron)"), "position": .integer(position),
      "token": Quoted.tokenValue(token), "activation": Double(graph.neurons.activation[i]).short,
      "score": score.short,
    ]
    if let contribution { json.set("contribution", Double(contribution).short) }
    let label = try desk.labels(of: neuron).first
    if let label { json.set("label", Quoted.value(label.markedText, maximumBytes: 200)) }
    var line =
      "\(neuron)@\(position) \(Quoted.token(token)): score "
      + "\(ReadableNumber.fixed(score, decimals: 3, signed: true))"
    if let contribution {
      line += ", measured \(ReadableNumber.fixed(Double(contribution), decimals: 3, signed: true))"
    }
    if let label { line += ", labelled \(Quoted.text(label.markedText, maximumBytes: 100))" }
    return (.object(json), line)
  }

  /// The strongest edges that lead from a shown neuron or a token to a shown neuron, a logit or the metric.
  private func strongestEdges(among shown: Set<Int>, limit: Int) -> [(json: JSONValue, text: String)] {
    let neuronCount = graph.neurons.count
    let candidates = (0..<graph.edges.count).filter { edge in
      let (source, target) = (Int(graph.edges.source[edge]), Int(graph.edges.target[edge]))
      return (source < neuronCount ? shown.contains(source) : shown.contains(target))
        && (target >= neuronCount || shown.contains(target))
    }.sorted { abs(graph.edges.flow[$0]) > abs(graph.edges.flow[$1]) }
    return candidates.prefix(limit).map { edge in
      let source = name(Int(graph.edges.source[edge]))
      let target = name(Int(graph.edges.target[edge]))
      let flow = Double(graph.edges.flow[edge])
      return (
        ["source": .string(source), "target": .string(target), "flow": flow.short],
        "\(source) -> \(target): \(ReadableNumber.fixed(flow, decimals: 3, signed: true))"
      )
    }
  }

  private func name(_ node: Int) -> String {
    let (neurons, tokens) = (graph.neurons.count, graph.tokens.count)
    if node < neurons {
      return "L\(graph.neurons.layer[node])/N\(graph.neurons.index[node])@\(graph.neurons.position[node])"
    }
    if node < neurons + tokens {
      let position = node - neurons
      return "token \(Quoted.token(text(graph.tokens[position])))@\(position)"
    }
    if node < neurons + tokens + graph.metric.targets.count {
      return "logit \(Quoted.token(text(graph.metric.targets[node - neurons - tokens].token)))"
    }
    return "metric"
  }
}
