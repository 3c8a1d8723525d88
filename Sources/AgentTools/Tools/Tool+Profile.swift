// autointerp
// `Tool.neuronProfile` sums up on half a page what a run knows about one neuron.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import JSON
internal import Knowledge
internal import RunIndex

extension Tool {
  static let neuronProfile = Tool(
    description: ToolDescription(
      name: "get_neuron_profile", title: "Profile of a neuron",
      description: """
        What one neuron does: labels, role, domain or general, what drives it, what it drives, strongest examples, measured \
        removals. Start here.
        """,
      input: Schema.arguments([Schema.neuron, Schema.limit(5, 20)], required: ["neuron"]),
      output: Schema.answer(
        [
          ("neuron", Schema.string), ("model", Schema.string), ("labels", Schema.list(Desk.labelSchema)),
          ("prompts", Schema.integer), ("groups", ["type": "object"]),
          ("specificity", ["type": ["object", "null"]]), ("role", ["type": "object"]), ("is_sink", Schema.boolean),
          ("drivers", Schema.list(flowSchema)), ("targets", Schema.list(flowSchema)),
          ("exemplars", Schema.list(exemplarSchema)), ("activity", ["type": "object"]),
          ("removals", ["type": "object"]),
          (
            "module",
            [
              "type": ["object", "null"],
              "description": "the module that the neuron is in; null if in none or if list_modules was never asked",
            ]
          ),
          (
            "trust",
            ["type": ["object", "null"], "description": "scores against removals of random nodes in the whole run"]
          ),
        ])),
    answer: { desk in
      let star = try desk.star()
      let row = try desk.row(of: star.neuron)
      let limit = try desk.arguments.limit(5, 20)
      let labels = try desk.labels(of: star.neuron)
      let groups = try groupCounts(desk, star.neuron)
      let specificity = try specificityFindings(desk, star, comparison: 0)
      let role = roleFindings(star)
      let drivers = try flows(desk, star.neuron, into: true, limit: limit)
      let targets = try flows(desk, star.neuron, into: false, limit: limit)
      let exemplars = try desk.index.exemplars(of: star.neuron, context: 12, limit: min(3, limit)).rows
      let removals = try removalFindings(desk, star.neuron)
      var json: JSONObject = [
        "neuron": .string("\(star.neuron)"), "model": Quoted.value(desk.index.specification.modelName),
        "labels": .array(labels.prefix(limit).map(Desk.json)), "prompts": .integer(row.prompts), "groups": groups.json,
        "specificity": specificity.map { .object($0.json) } ?? .null, "role": .object(role.json),
        "is_sink": .boolean(row.isSink),
      ]
      json.set("drivers", .array(drivers.json))
      json.set("targets", .array(targets.json))
      json.set("exemplars", .array(exemplars.map(exemplarJSON)))
      json.set("activity", activity(star.statistics))
      json.set("removals", .object(removals.json))
      let module = desk.index.storedModules()?.module(named: "\(star.neuron)")
      json.set("module", module.map(moduleSummary) ?? .null)
      json.set("trust", try desk.index.agreement().later.map(agreementJSON) ?? .null)
      var lines = ["\(star.neuron) of \(Quoted.text(desk.index.specification.modelName)): selected in \(groups.text)."]
      lines += labels.prefix(2).map(Desk.text)
      lines += (specificity?.lines ?? ["Only one group of prompts was run: nothing can be said about specificity."])
      lines += role.lines
      lines.append("Driven by \(drivers.text); drives \(targets.text).")
      lines += exemplars.prefix(2).map { "Fires: \(exemplarText($0))" }
      lines += removals.lines
      if let module { lines.append("In the module \(moduleLine(module)).") }
      if labels.isEmpty { lines.append("It has no label.") }
      return Findings(
        json: json, lines: lines,
        caveats: desk.thinness(row) + desk.placeCaveats(row) + (specificity?.caveats ?? []) + removals.caveats + [
          Desk.selectionCaveat
        ])
    })

  // MARK: Groups and activity

  static func groupCounts(_ desk: Desk, _ neuron: NeuronID) throws -> (json: JSONValue, text: String) {
    let counts = try desk.index.groups(of: neuron)
    let groups = try desk.index.groups().filter { $0.merged > 0 }
    let json = groups.map { group -> (String, JSONValue) in
      let share = Proportion(counts[group.name] ?? 0, of: group.merged)
      return (
        group.name,
        [
          "prompts": .integer(share.count), "of": .integer(share.total), "rate": share.rate.short,
          "interval": [share.interval.lowerBound.short, share.interval.upperBound.short],
        ]
      )
    }
    let text = groups.map { "\(counts[$0.name] ?? 0) of \($0.merged) prompts of \($0.name)" }.joined(separator: ", ")
    return (.object(JSONObject(json)), text)
  }

  private static func activity(_ statistics: NeuronStatistics) -> JSONValue {
    let positions = Double(max(1, statistics.occurrences))
    return [
      "positions": .integer(Int(statistics.occurrences)), "first_position": .integer(Int(statistics.first.occurrences)),
      "last_position": .integer(Int(statistics.last.occurrences)),
      "mean_activation": (statistics.activationSum / positions).short,
      "positive_activations": .integer(Int(statistics.positiveActivation)),
      "negative_activations": .integer(Int(statistics.negativeActivation)),
    ]
  }

  // MARK: Flows

  static let flowSchema = Schema.object(
    Desk.endSchema + [
      ("prompts", Schema.integer), ("frequency", Schema.number), ("mean_flow", Schema.number),
      ("mean_absolute_flow", Schema.number),
    ], optional: ["text"])

  /// The strongest edges without sinks.
  static func flows(
    _ desk: Desk, _ neuron: NeuronID, into: Bool, limit: Int
  ) throws -> (json: [JSONValue], text: String) {
    var search = EdgeSearch()
    if into { search.targets = [.neuron(neuron)] } else { search.sources = [.neuron(neuron)] }
    search.includesSinks = false
    let prompts = try desk.row(of: neuron).prompts
    let rows = try desk.index.edges(search, limit: limit).rows
    let text = rows.prefix(4).map { row in
      "\(Desk.text(into ? row.source : row.target)) \(ReadableNumber.fixed(row.statistics.mean, decimals: 3, signed: true)) "
        + "(\(row.prompts) prompts)"
    }
    return (
      rows.map { .object(flowJSON($0, end: into ? $0.source : $0.target, of: prompts)) },
      text.isEmpty ? "nothing that was kept" : text.joined(separator: ", ")
    )
  }

  static func flowJSON(_ row: EdgeRow, end: NamedEnd, of prompts: Int) -> JSONObject {
    var json = Desk.json(end)
    json.set("prompts", .integer(row.prompts))
    json.set("frequency", (Double(row.prompts) / Double(max(1, prompts))).short)
    json.set("mean_flow", row.statistics.mean.short)
    json.set("mean_absolute_flow", row.statistics.absoluteMean.short)
    return json
  }
}
