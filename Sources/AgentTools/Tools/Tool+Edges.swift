// autointerp
// `Tool.edges` lists the edges of a neuron, `Tool.findPaths` the strongest chains of edges between two places.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import JSON
internal import RunIndex

extension Tool {
  static let edges = Tool(
    description: ToolDescription(
      name: "get_edges", title: "Edges of a neuron",
      description: """
        What drives a neuron (direction in) or what it drives (out), with mean flow and number of prompts. Or one edge with \
        source and target.
        """,
      input: Schema.arguments([
        ("neuron", Schema.neuronName("such as L29/N729; or use source and target")),
        ("direction", Schema.choice(["in", "out"], "default in")),
        ("source", Schema.end("L29/N729 or token:fever")),
        ("target", Schema.end("L29/N729, logit:fever or metric")),
        ("sort", Schema.choice(EdgeSearch.Order.allCases.map(\.rawValue), "default flow: summed |flow|")),
        ("min_prompts", Schema.fewest),
        ("include_sinks", Schema.described(Schema.boolean, "default false")), Schema.limit(10, 200), Schema.cursor,
      ]), output: Schema.answer(Schema.page("edges", edgeSchema))),
    answer: { desk in
      var search = EdgeSearch()
      var caveats: [String] = []
      var (source, target) = (try desk.arguments.string("source"), try desk.arguments.string("target"))
      if try desk.arguments.string("neuron") != nil {
        let row = try desk.row()
        let direction = try desk.arguments.string("direction") ?? "in"
        guard direction == "in" || direction == "out" else { throw ToolError("direction must be in or out") }
        guard (direction == "in" ? target : source) == nil else {
          throw ToolError(
            direction == "in"
              ? "with neuron and direction in, the neuron is the target: leave target out, or neuron"
              : "with neuron and direction out, the neuron is the source: leave source out, or neuron")
        }
        if direction == "in" { target = "\(row.neuron)" } else { source = "\(row.neuron)" }
        caveats = desk.thinness(row)
      } else if try desk.arguments.string("direction") != nil {
        throw ToolError("direction belongs to neuron: name a neuron, or leave direction out")
      }
      guard source != nil || target != nil else { throw ToolError("name a neuron, or a source, or a target") }
      search.sources = try source.map { try desk.ends($0, "source") }
      search.targets = try target.map { try desk.ends($0, "target") }
      search.order = try desk.arguments.choice("sort", EdgeSearch.Order.self) ?? .flow
      search.fewestPrompts = try desk.arguments.integer("min_prompts", in: 1...Schema.mostPrompts) ?? 1
      search.includesSinks = try desk.arguments.boolean("include_sinks") ?? false
      let (offset, limit) = (try desk.arguments.offset(), try desk.arguments.limit(10, 200))
      let page = try desk.index.edges(search, offset: offset, limit: limit)
      let json: JSONObject = [
        "edges": .array(page.rows.map { .object(edgeJSON($0)) }), "total": .integer(page.total),
        "next_cursor": desk.arguments.next(after: offset, page.rows.count, of: page.total),
      ]
      if !search.includesSinks { caveats.append("edges of sinks are left out; include_sinks shows them") }
      if page.total == 0 {
        caveats.append(
          "no edge was found: small edges were not kept, so try fewer conditions, the other direction, or find_paths for ways "
            + "over other neurons")
      }
      return Findings(
        json: json,
        lines: ["\(heading(source, target)): \(page.total) edges, \(page.rows.count) shown."]
          + page.rows.map(edgeText), caveats: caveats + [edgeCaveat])
    })

  /// What the list shows, from the ends that were asked for.
  private static func heading(_ source: String?, _ target: String?) -> String {
    func name(_ text: String) -> String { NeuronID(text).map { "\($0)" } ?? Quoted.text(text, maximumBytes: 60) }
    return switch (source.map(name), target.map(name)) {
    case (let source?, let target?): "Edges from \(source) to \(target)"
    case (let source?, nil): "What \(source) drives"
    case (nil, let target?): "What drives \(target)"
    case (nil, nil): "Edges"
    }
  }

  private static let edgeCaveat =
    "flow is a direct effect in the linear model of each prompt, times what the target does to the metric; small edges were not "
    + "kept"

  static let edgeSchema = Schema.object([
    ("source", Schema.object(Desk.endSchema, optional: ["text"])),
    ("target", Schema.object(Desk.endSchema, optional: ["text"])),
    ("prompts", Schema.integer), ("mean_flow", Schema.number), ("mean_absolute_flow", Schema.number),
    ("smallest_flow", Schema.number), ("largest_flow", Schema.number),
  ])

  static func edgeJSON(_ row: EdgeRow) -> JSONObject {
    [
      "source": .object(Desk.json(row.source)), "target": .object(Desk.json(row.target)),
      "prompts": .integer(row.prompts), "mean_flow": row.statistics.mean.short,
      "mean_absolute_flow": row.statistics.absoluteMean.short,
      "smallest_flow": row.statistics.minimum.short, "largest_flow": row.statistics.maximum.short,
    ]
  }

  static func edgeText(_ row: EdgeRow) -> String {
    var text =
      "\(Desk.text(row.source)) -> \(Desk.text(row.target)): mean flow "
      + "\(ReadableNumber.fixed(row.statistics.mean, decimals: 4, signed: true)) in \(row.prompts) prompts"
    if row.statistics.cancels {
      text += ", signs cancel (mean |flow| \(ReadableNumber.fixed(row.statistics.absoluteMean, decimals: 4)))"
    }
    return text
  }

  // MARK: Paths

  static let findPaths = Tool(
    description: ToolDescription(
      name: "find_paths", title: "Chains between two places",
      description: """
        The strongest chains of edges from a neuron or token (token:fever) to a neuron, a predicted token (logit:fever) or the \
        metric.
        """,
      input: Schema.arguments(
        [
          ("from", Schema.end("L2/N90 or token:fever")),
          ("to", Schema.end("L29/N729, logit:fever or metric")),
          ("max_edges", ["type": "integer", "minimum": 1, "maximum": 8, "default": 5]),
          ("include_sinks", Schema.boolean), Schema.limit(3, 10),
        ], required: ["from", "to"]),
      output: Schema.answer([
        (
          "paths",
          Schema.list(
            Schema.object([
              ("strength", Schema.number), ("nodes", Schema.list(Schema.object(Desk.endSchema, optional: ["text"]))),
              ("shares", Schema.list(Schema.number)), ("mean_flows", Schema.list(Schema.number)),
              ("edge_prompts", Schema.list(Schema.integer)), ("common_prompts", Schema.integer),
            ]))
        ),
        ("sinks_left_out", Schema.integer),
      ])),
    answer: { desk in
      let (sources, targets) = (Set(try desk.ends("from")), Set(try desk.ends("to")))
      let longest = try desk.arguments.integer("max_edges", in: 1...8) ?? 5
      let found = try desk.index.paths(
        from: sources, to: targets, longest: longest, limit: try desk.arguments.limit(3, 10),
        avoidsSinks: try desk.arguments.boolean("include_sinks") != true)
      let paths = found.chains
      let json: JSONObject = [
        "paths": .array(
          paths.map { path in
            [
              "strength": path.strength.short, "nodes": .array(path.nodes.map { .object(Desk.json($0)) }),
              "shares": .array(path.shares.map(\.short)), "mean_flows": .array(path.edges.map(\.statistics.mean.short)),
              "edge_prompts": .array(path.edges.map { .integer($0.prompts) }),
              "common_prompts": .integer(path.commonPrompts),
            ]
          }), "sinks_left_out": .integer(found.sinksLeftOut),
      ]
      let lines = paths.map { path in
        path.nodes.map(Desk.text).joined(separator: " -> ")
          + ": strength \(ReadableNumber.scientific(path.strength)), all neurons together in \(path.commonPrompts) prompts"
      }
      var caveats = [
        "a chain multiplies shares of summed |flow| over the whole run; common_prompts says in how many prompts all its neurons "
          + "were selected, and few mean that the chain may exist in no single prompt"
      ]
      if found.sinksLeftOut > 0 {
        caveats.append(
          "no chain goes through a sink: \(found.sinksLeftOut) sinks were left out; include_sinks follows them too")
      }
      return Findings(
        json: json,
        lines: lines.isEmpty
          ? [
            "No chain of at most \(longest) edges, each with at least "
              + "\(ReadableNumber.fixed(RunIndex.smallestShare * 100, decimals: 3)) % of the |flow| into its target, connects "
              + "them. Try more max_edges, include_sinks, or get_edges, which shows what there is at each end."
          ] : lines, caveats: caveats)
    })
}
