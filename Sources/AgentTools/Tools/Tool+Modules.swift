// autointerp
// `Tool.listModules` and `Tool.module` tell agents which groups of neurons work together, and how sure that is.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import JSON
internal import Knowledge
internal import RunIndex

extension Tool {
  private static let figureSchema = Schema.object([
    ("value", Schema.number), ("random_mean", Schema.number), ("random_largest", Schema.number),
    ("rounds", Schema.integer), ("p_value", Schema.number),
  ])

  private static let groupsSchema = Schema.list(
    Schema.object([
      ("group", Schema.string), ("active", Schema.integer), ("prompts", Schema.integer),
      ("q_value", Schema.maybeNumber),
    ]))

  private static let sharedSchema = Schema.list(
    Schema.object(
      [("id", Schema.string), ("text", Schema.string), ("members", Schema.integer), ("ratio", Schema.number)],
      optional: ["text"]))

  static let listModules = Tool(
    description: ToolDescription(
      name: "list_modules", title: "Groups of neurons",
      description: """
        Which groups of neurons are selected together more than chance explains (within prompts of one group and form), beside \
        what shuffled runs find. The first call may take a minute.
        """,
      input: Schema.arguments([
        ("include_chance", Schema.described(Schema.boolean, "also those no stronger than chance")),
        Schema.limit(10, 50),
        Schema.cursor,
      ]),
      output: Schema.answer(
        [("found", Schema.integer), ("beyond_chance", Schema.integer), ("links", figureSchema)]
          + Schema.page(
            "modules",
            Schema.object(
              [
                ("module", Schema.string), ("neurons", Schema.integer), ("strongest", Schema.strings),
                ("beyond_chance", Schema.boolean), ("stable", Schema.boolean), ("strength", figureSchema),
                ("halves_overlap", figureSchema),
                ("prompts", Schema.integer), ("groups", groupsSchema),
              ], optional: ["halves_overlap"])))),
    answer: { desk in
      let findings = try desk.index.modules()
      let includesChance = try desk.arguments.boolean("include_chance") ?? false
      let listed = includesChance ? findings.modules : findings.believed
      let (offset, limit) = (try desk.arguments.offset(), try desk.arguments.limit(10, 50))
      let page = listed.dropFirst(offset).prefix(limit)
      let json: JSONObject = [
        "found": .integer(findings.modules.count), "beyond_chance": .integer(findings.believed.count),
        "links": figure(findings.links), "modules": .array(page.map(moduleSummary)), "total": .integer(listed.count),
        "next_cursor": desk.arguments.next(after: offset, page.count, of: listed.count),
      ]
      let count = findings.believed.count
      let head =
        count == 0
        ? "This run has no modules beyond chance (\(findings.modules.count) clusters found)."
        : "\(count) of \(findings.modules.count) clusters are modules beyond chance; \(page.count) are listed."
      let links =
        "\(Int(findings.links.value)) of \(findings.tests) pairs of neurons are linked; in shuffled runs "
        + "\(ReadableNumber.fixed(findings.links.mean, decimals: 1)) on average."
      return Findings(json: json, lines: [head, links] + page.map(moduleLine), caveats: caveats(findings))
    })

  static let module = Tool(
    description: ToolDescription(
      name: "get_module", title: "One group of neurons",
      description: """
        A module of list_modules, or the one that a neuron is in: members, what drives them and what they drive more than expected, \
        prompts in which it is active, groups, stability.
        """,
      input: Schema.arguments(
        [
          ("module", Schema.described(Schema.string, "such as M-L29/N729, or a neuron")), Schema.limit(12, 100),
          Schema.cursor,
        ], required: ["module"]),
      output: Schema.answer(
        [
          ("module", Schema.string), ("beyond_chance", Schema.boolean), ("stable", Schema.boolean),
          ("strength", figureSchema),
          ("halves_overlap", figureSchema), ("profile_similarity", Schema.number), ("groups", groupsSchema),
          ("endings", Schema.strings), ("drivers", sharedSchema), ("targets", sharedSchema),
          ("active_prompts", Schema.integer), ("prompts", Schema.list(Schema.integer)),
        ]
          + Schema.page(
            "members",
            Schema.object([
              ("neuron", Schema.string), ("weight", Schema.number), ("inside", Schema.number),
              ("prompts", Schema.integer),
            ])), optional: ["halves_overlap"])),
    answer: { desk in
      guard let name = try desk.arguments.string("module") else { throw ToolError("the argument module is missing") }
      let findings = try desk.index.modules()
      guard let module = findings.module(named: name) else {
        let names = findings.modules.prefix(4).map(\.name).joined(separator: ", ")
        throw ToolError(
          "no module has the name or the neuron \(Quoted.text(name)); "
            + (names.isEmpty
              ? "this run has no modules"
              : "there is \(names) and others; list_modules lists them. Most neurons are in none"),
          .absent)
      }
      let (offset, limit) = (try desk.arguments.offset(), try desk.arguments.limit(12, 100))
      let page = module.members.dropFirst(offset).prefix(limit)
      var json: JSONObject = [
        "module": .string(module.name), "beyond_chance": .boolean(module.isBeyondChance),
        "stable": .boolean(module.isStable),
        "strength": figure(module.strength), "profile_similarity": module.profileSimilarity.short,
        "groups": groups(module),
        "endings": .array(
          module.endings.map { Quoted.value("\($0.text): \($0.active) of \($0.prompts)", maximumBytes: 80) }),
        "drivers": shared(module.drivers), "targets": shared(module.targets),
        "active_prompts": .integer(module.prompts.count),
        "prompts": .array(module.prompts.prefix(12).map { .integer(Int($0)) }),
        "members": .array(
          page.map { member in
            [
              "neuron": .string(member.neuron), "weight": member.weight.short, "inside": member.inside.short,
              "prompts": .integer(member.prompts),
            ]
          }), "total": .integer(module.members.count),
        "next_cursor": desk.arguments.next(after: offset, page.count, of: module.members.count),
      ]
      if let halves = module.halves { json.set("halves_overlap", figure(halves)) }
      var lines = [moduleLine(module), "Members: \(page.map(\.neuron).joined(separator: ", "))"]
      for (title, ends) in [("Driven", module.drivers), ("Drive", module.targets)] where !ends.isEmpty {
        let names = ends.prefix(6).map { end in
          end.text.map { "\(end.end.hasPrefix("L_") ? "logit" : "token") \(Quoted.token($0))" } ?? end.end
        }
        lines.append(
          "\(title) more than expected \(title == "Driven" ? "by" : "are") \(names.joined(separator: ", ")) (a ranking, no test)"
        )
      }
      let texts = desk.index.specification.prompts
      lines += module.prompts.prefix(4).filter { texts.indices.contains(Int($0)) }.map {
        "Active in prompt \($0): \(Quoted.text(texts[Int($0)].text, maximumBytes: 120))"
      }
      return Findings(json: json, lines: lines, caveats: caveats(findings, module))
    })

  // MARK: Parts

  private static func figure(_ figure: AgainstChance) -> JSONValue {
    [
      "value": figure.value.short, "random_mean": figure.mean.short, "random_largest": figure.largest.short,
      "rounds": .integer(figure.rounds), "p_value": figure.pValue.short,
    ]
  }

  private static func groups(_ module: ModuleFindings.Module) -> JSONValue {
    .array(
      module.groups.map { group in
        [
          "group": Quoted.value(group.name, maximumBytes: 80), "active": .integer(group.active),
          "prompts": .integer(group.prompts), "q_value": group.qValue?.short ?? .null,
        ]
      })
  }

  private static func shared(_ ends: [ModuleFindings.SharedEnd]) -> JSONValue {
    .array(
      ends.map { end in
        var json: JSONObject = [
          "id": .string(end.end), "members": .integer(end.members), "ratio": end.ratio.short,
        ]
        if let text = end.text { json.set("text", Quoted.tokenValue(text)) }
        return .object(json)
      })
  }

  static func moduleSummary(_ module: ModuleFindings.Module) -> JSONValue {
    var json: JSONObject = [
      "module": .string(module.name), "neurons": .integer(module.members.count),
      "strongest": .array(module.members.prefix(5).map { .string($0.neuron) }),
      "beyond_chance": .boolean(module.isBeyondChance), "stable": .boolean(module.isStable),
      "strength": figure(module.strength),
      "prompts": .integer(module.prompts.count), "groups": groups(module),
    ]
    if let halves = module.halves { json.set("halves_overlap", figure(halves)) }
    return .object(json)
  }

  static func moduleLine(_ module: ModuleFindings.Module) -> String {
    let groups = module.groups.map { "\($0.active) of \($0.prompts) \(Quoted.text($0.name, maximumBytes: 40))" }
    let halves =
      module.halves.map {
        "halves of the prompts share \(ReadableNumber.percent($0.value)) of it (at random \(ReadableNumber.percent($0.mean)))"
      } ?? "one half of the prompts alone does not find it"
    return "\(module.name): \(module.members.count) neurons, \(module.isBeyondChance ? "" : "NOT ")beyond chance (p "
      + "\(ReadableNumber.fixed(module.strength.pValue, decimals: 3))), \(halves); active in \(groups.joined(separator: ", ")) prompts"
  }

  private static func caveats(
    _ findings: ModuleFindings, _ module: ModuleFindings.Module? = nil
  ) -> [String] {
    var caveats = [
      "neurons of a module are selected together: that is no cause, and may be a phrasing that group, ending and length do not "
        + "tell apart",
      "position 0, sinks and neurons in fewer than \(findings.settings.fewestPrompts) prompts are left out",
    ]
    if findings.cutPrompts > 0 {
      caveats.append("\(findings.cutPrompts) prompts beyond the first \(findings.prompts) do not count for modules")
    }
    if let module, !module.isBeyondChance {
      caveats.insert("clusters of shuffled runs are as strong as \(module.name): do not rely on it", at: 0)
    }
    if let module, !module.isBroad {
      caveats.insert(
        "the prompts in which \(module.name) is active are near-duplicates of each other: it may be one phrasing", at: 0
      )
    }
    if let module, !module.isStable {
      caveats.insert("halves of the prompts do not find \(module.name) again: it is not stable", at: 0)
    }
    return caveats
  }
}
