// autointerp
// `Tool.page` lists the tools that only the atlas page calls, such as `overview`, which counts what a run has.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import JSON
internal import RunIndex

extension Tool {
  /// Answered over HTTP beside the agents' tools. They are made to be drawn: too long, and too much like tables, for agents.
  static let page: [Tool] = [.overview, .listPrompts, .snippets, .activations, .graphPicture]

  static let overview = Tool(
    description: ToolDescription(
      name: "get_overview", title: "Overview of a run",
      description: "What was run, and how many prompts, neurons, edges, roles and classes came out.",
      input: Schema.arguments([]),
      output: Schema.answer([
        ("run", Schema.string), ("model", Schema.string), ("corpus", Schema.string), ("rule", Schema.string),
        ("metric", Schema.string), ("template", Schema.string),
        (
          "groups",
          Schema.list(Schema.object([("name", Schema.string), ("merged", Schema.integer), ("of", Schema.integer)]))
        ), ("neurons", Schema.integer), ("edges", Schema.integer),
        ("layers", Schema.list(Schema.object([("layer", Schema.integer), ("neurons", Schema.integer)]))),
        ("roles", Schema.list(Schema.object([("name", Schema.string), ("neurons", Schema.integer)]))),
        ("classes", Schema.list(Schema.object([("name", Schema.string), ("neurons", Schema.integer)]))),
        (
          "comparisons",
          Schema.list(
            Schema.object([
              ("first", Schema.string), ("second", Schema.string), ("tested_neurons", Schema.integer),
              ("findings", Schema.integer), ("mean_with_random_groups", Schema.number),
            ]))
        ), ("agreement", ["type": ["object", "null"]]), ("has_labels", Schema.boolean), ("has_model", Schema.boolean),
      ])),
    answer: { desk in
      let specification = desk.index.specification
      let overview = try desk.index.overview()
      func counted(_ name: String, _ neurons: Int) -> JSONValue {
        ["name": .string(name), "neurons": .integer(neurons)]
      }
      let json: JSONObject = [
        "run": Quoted.value(specification.name), "model": Quoted.value(specification.modelName),
        "corpus": Quoted.value(specification.corpusName), "rule": .string(specification.settings.rule.rawValue),
        "metric": Quoted.value(specification.settings.metric.settingText),
        "template": Quoted.value(specification.template.name),
        "groups": .array(
          try desk.index.groups().map {
            ["name": Quoted.value($0.name), "merged": .integer($0.merged), "of": .integer($0.total)]
          }), "neurons": .integer(overview.neurons), "edges": .integer(overview.edges),
        "layers": .array(overview.layers.map { ["layer": .integer($0.layer), "neurons": .integer($0.neurons)] }),
        "roles": .array(overview.roles.map(counted)), "classes": .array(overview.classes.map(counted)),
        "comparisons": .array(
          try desk.index.comparisons().map {
            [
              "first": Quoted.value($0.first), "second": Quoted.value($0.second),
              "tested_neurons": .integer($0.testCount), "findings": .integer($0.findingCount),
              "mean_with_random_groups": $0.null.mean.short,
            ]
          }), "agreement": try desk.index.agreement().later.map(agreementJSON) ?? .null,
        "has_labels": .boolean(desk.labels != nil), "has_model": .boolean(desk.model != nil),
      ]
      return Findings(
        json: json, lines: ["\(overview.neurons) neurons and \(overview.edges) edges in \(desk.mergedPrompts) prompts."]
      )
    })

  static let listPrompts = Tool(
    description: ToolDescription(
      name: "list_prompts", title: "Find prompts",
      description: "The prompts of the run whose text contains some words, with their predictions.",
      input: Schema.arguments([
        ("text", Schema.described(Schema.string, "a part of the text; capital and small letters are equal")),
        ("group", Schema.described(Schema.string, "only prompts of this group")), Schema.limit(20, 100), Schema.cursor,
      ]),
      output: Schema.answer(
        Schema.page(
          "prompts",
          Schema.object([
            ("prompt", Schema.integer), ("group", Schema.string), ("text", Schema.string),
            ("is_merged", Schema.boolean), ("prediction", Schema.maybeString), ("probability", Schema.maybeNumber),
          ])))),
    answer: { desk in
      let group = try desk.arguments.string("group")
      let groups = try desk.index.groups().map(\.name)
      if let group, !groups.contains(group) {
        throw ToolError(
          "there is no group \(Quoted.text(group)); there is \(groups.map { Quoted.text($0) }.joined(separator: ", "))",
          .absent)
      }
      let (offset, limit) = (try desk.arguments.offset(), try desk.arguments.limit(20, 100))
      let found = try desk.index.prompts(
        containing: try desk.arguments.string("text"), ofGroup: group, offset: offset, limit: limit)
      let json: JSONObject = [
        "prompts": .array(
          found.rows.map { row in
            [
              "prompt": .integer(row.prompt), "group": Quoted.value(row.group),
              "text": Quoted.value(row.text, maximumBytes: 2000), "is_merged": .boolean(row.isMerged),
              "prediction": row.prediction.map { Quoted.tokenValue($0) } ?? .null,
              "probability": row.probability?.short ?? .null,
            ]
          }), "total": .integer(found.total),
        "next_cursor": desk.arguments.next(after: offset, found.rows.count, of: found.total),
      ]
      return Findings(
        json: json,
        lines: ["\(found.total) prompts."] + found.rows.map { "\($0.prompt): \(Quoted.text($0.text))" })
    })
}
