// autointerp
// `Tool.investigate` tests what the run suggests about a neuron on prompts that the agent gives and the run has not seen.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import JSON
internal import RunIndex

extension Tool {
  /// With fewer unseen prompts nothing is decided; more would cost more time than a client waits.
  private static let promptCounts = (fewest: 8, most: 120)

  static let investigate = experiment(
    ToolDescription(
      name: "investigate", title: "Test what is said of a neuron",
      description: """
        Register the hypotheses that the run suggests about a neuron (detects, prefers, promotes, matters, driven by, drives) and \
        test each on prompts of yours that the run has not seen, beside random neurons. Takes up to max_seconds; reports progress.
        """,
      input: Schema.arguments(
        [
          Schema.neuron,
          (
            "prompts",
            [
              "type": "array", "items": unseenSchema, "minItems": .integer(promptCounts.fewest),
              "maxItems": .integer(promptCounts.most),
              "description": "20 or more of each group decide more; those of the run are left out",
            ]
          ),
          (
            "controls",
            [
              "type": "integer", "minimum": 19, "maximum": 500, "default": 149,
              "description": "random neurons beside each hypothesis: fewer are faster, and confirm less",
            ]
          ),
          ("max_seconds", ["type": "integer", "minimum": 1, "maximum": 600, "default": 120]),
        ], required: ["neuron", "prompts"]),
      output: Schema.answer([
        ("neuron", Schema.string), ("register_digest", Schema.string), ("unseen_prompts", Schema.integer),
        ("confirmed", Schema.integer), ("refuted", Schema.integer), ("undecided", Schema.integer),
        ("findings", Schema.list(testedSchema)),
      ]))
  ) { desk, model in
    let row = try desk.row()
    var request = InvestigationRequest(neuron: row.neuron, prompts: try unseenPrompts(desk))
    request.controls = try desk.arguments.integer("controls", in: 19...500) ?? request.controls
    request.maximumSeconds = try desk.arguments.integer("max_seconds", in: 1...600) ?? request.maximumSeconds
    let result = try model.investigate(request, desk.index, desk.progress)
    guard !desk.context.isCancelled else { throw ToolError("cancelled") }
    return findings(result, row, desk)
  }

  private static let unseenSchema: JSONValue = [
    "type": "object",
    "properties": [
      "text": Schema.described(Schema.string, "The capital of France is"),
      "group": Schema.described(Schema.string, "a group of the run, such as domain or baseline; default: its first"),
    ],
    "required": ["text"],
  ]

  private static let testedSchema = Schema.object([
    ("kind", Schema.string), ("statement", Schema.string), ("basis", Schema.string), ("prediction", Schema.string),
    ("causal", Schema.boolean), ("outcome", Schema.choice(["confirmed", "refuted", "undecided"], "the verdict")),
    ("reason", Schema.string), ("effect", Schema.maybeNumber), ("low", Schema.maybeNumber),
    ("high", Schema.maybeNumber),
    ("unit", Schema.string), ("p", Schema.number), ("q", Schema.number), ("prompts", Schema.integer),
    ("controls", Schema.integer),
  ])

  private static func unseenPrompts(_ desk: Desk) throws -> [InvestigationRequest.Prompt] {
    let groups = try desk.index.groups().map(\.name)
    let prompts = try desk.arguments.objects("prompts", most: promptCounts.most).enumerated().map { number, object in
      guard let text = object["text"]?.string, !text.isEmpty, text.utf8.count <= maximumTextBytes else {
        throw ToolError("prompts[\(number)].text must be a string of 1 to \(maximumTextBytes) bytes")
      }
      let group = object["group"].map { $0.string ?? $0.summary } ?? groups.first ?? ""
      guard groups.contains(group) else {
        throw ToolError(
          "prompts[\(number)].group is \(Quoted.text(group)); the run has \(groups.map { Quoted.text($0) }.joined(separator: ", "))"
        )
      }
      return InvestigationRequest.Prompt(text: text, group: group)
    }
    guard prompts.count >= promptCounts.fewest else {
      throw ToolError("prompts has \(prompts.count); give \(promptCounts.fewest) to \(promptCounts.most)")
    }
    return prompts
  }

  private static func findings(_ result: InvestigationResult, _ row: NeuronRow, _ desk: Desk) -> Findings {
    func count(_ outcome: String) -> Int { result.findings.count { $0.outcome == outcome } }
    let counts = ["confirmed", "refuted", "undecided"].map { ($0, count($0)) }
    var json: JSONObject = [
      "neuron": .string("\(row.neuron)"), "register_digest": .string(result.registerDigest),
      "unseen_prompts": .integer(result.unseenPrompts),
    ]
    for (outcome, number) in counts { json.set(outcome, .integer(number)) }
    json.set("findings", .array(result.findings.map(json(_:))))
    let lines =
      [
        "\(row.neuron) on \(result.unseenPrompts) unseen prompts: "
          + counts.map { "\($0.1) \($0.0)" }.joined(separator: ", ") + "."
      ]
      + result.findings.map { finding in
        "\(finding.outcome.uppercased()) (\(finding.isCausal ? "causal" : "correlation only")): \(finding.statement): "
          + "\(finding.figures); \(finding.reason)."
      }
    // Every caveat is ended by who shows it.
    let cautions = result.cautions.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
    return Findings(json: json, lines: lines, caveats: cautions + desk.thinness(row))
  }

  private static func json(_ finding: InvestigationResult.Finding) -> JSONValue {
    [
      "kind": .string(finding.kind), "statement": Quoted.value(finding.statement), "basis": Quoted.value(finding.basis),
      "prediction": Quoted.value(finding.prediction), "causal": .boolean(finding.isCausal),
      "outcome": .string(finding.outcome), "reason": Quoted.value(finding.reason),
      "effect": finding.effect?.short ?? .null, "low": finding.low?.short ?? .null,
      "high": finding.high?.short ?? .null,
      "unit": .string(finding.unit), "p": finding.p.short, "q": finding.q.short, "prompts": .integer(finding.prompts),
      "controls": .integer(finding.controls),
    ]
  }
}
