// autointerp
// `Tool.exemplars` lists the places where a neuron was selected, `Tool.causalEvidence` what its removal did there.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import JSON
internal import Knowledge
internal import RunIndex

extension Tool {
  static let exemplars = Tool(
    description: ToolDescription(
      name: "get_exemplars", title: "Examples of a neuron",
      description: """
        The places where a neuron was selected (or, with basis active, where it fires most, selected or not): prompt, token, \
        activation, score, and the text with the token in « ». Sorted by |activation|, |score| or measured removal.
        """,
      input: Schema.arguments(
        [
          Schema.neuron,
          ("basis", Schema.choice(["selected", "active"], "default selected")),
          ("sort", Schema.choice(ExemplarOrder.allCases.map(\.rawValue), "default activation")),
          ("sign", Schema.choice(["positive", "negative"], "only activations of this sign")), Schema.limit(5, 50),
          Schema.cursor,
        ], required: ["neuron"]),
      output: Schema.answer(
        [("neuron", Schema.string), ("tokens", Schema.list(tokenSchema))] + Schema.page("exemplars", exemplarSchema))),
    answer: { desk in
      let row = try desk.row()
      let sign = try desk.arguments.string("sign")
      guard sign == nil || sign == "positive" || sign == "negative" else {
        throw ToolError("sign must be positive or negative")
      }
      let (offset, limit) = (try desk.arguments.offset(), try desk.arguments.limit(5, 50))
      let basis = try desk.arguments.choice("basis", CountingBasis.self) ?? .selected
      let activePrompts = try desk.index.activePromptCount(of: row.neuron)
      guard basis == .selected || activePrompts != nil else {
        throw ToolError("this run did not record which neurons fire most (setting peaks): use basis selected", .absent)
      }
      let found = try desk.index.exemplars(
        of: row.neuron, by: basis, order: try desk.arguments.choice("sort", ExemplarOrder.self) ?? .activation,
        sign: sign.map { $0 == "negative" ? -1 : 1 }, context: 16, offset: offset, limit: limit)
      let tokens = try desk.index.tokens(of: row.neuron, limit: 8)
      let json: JSONObject = [
        "neuron": .string("\(row.neuron)"),
        "tokens": .array(
          tokens.map { token in
            [
              "token": .integer(Int(token.token)), "text": Quoted.tokenValue(token.text),
              "positions": .integer(token.positions), "mean_activation": token.meanActivation.short,
            ]
          }), "exemplars": .array(found.rows.map(exemplarJSON)), "total": .integer(found.total),
        "next_cursor": desk.arguments.next(after: offset, found.rows.count, of: found.total),
      ]
      let most = tokens.prefix(5).map { "\(Quoted.token($0.text)) \($0.positions)" }
      var caveats =
        basis == .active
        ? ["places are listed in which it is among the strongest activations of the prompt; elsewhere it may fire too"]
        : desk.thinness(row) + desk.placeCaveats(row) + [Desk.selectionCaveat]
      let firing = activePrompts.map { " In \($0) prompts it is among the most active neurons." } ?? ""
      if found.total == 0 { caveats.append("it has no activation of this sign: leave sign out to see all places") }
      return Findings(
        json: json,
        lines: [
          "\(row.neuron) was selected at \(row.positions) positions\(sign.map { ", \(found.total) of them \($0)" } ?? ""); most "
            + "often at the tokens \(most.joined(separator: ", ")).\(firing)"
        ] + found.rows.map { exemplarText($0) }, caveats: caveats)
    })

  private static let tokenSchema = Schema.object([
    ("token", Schema.integer), ("text", Schema.string), ("positions", Schema.integer),
    ("mean_activation", Schema.number),
  ])

  static let exemplarSchema = Schema.object(
    [
      ("prompt", Schema.integer), ("group", Schema.string), ("position", Schema.integer), ("token", Schema.integer),
      ("token_text", Schema.string), ("text", Schema.string), ("activation", Schema.number),
      ("score", Schema.maybeNumber),
      ("contribution", Schema.maybeNumber),
    ], optional: ["contribution"])

  static func exemplarJSON(_ exemplar: Exemplar) -> JSONValue {
    var json: JSONObject = [
      "prompt": .integer(exemplar.prompt), "group": .string(exemplar.group), "position": .integer(exemplar.position),
      "token": .integer(Int(exemplar.token)), "token_text": Quoted.tokenValue(exemplar.tokenText),
      "text": Quoted.value(marked(exemplar)), "activation": exemplar.activation.short,
      "score": exemplar.isSelected ? exemplar.score.short : .null,
    ]
    if let contribution = exemplar.contribution { json.set("contribution", contribution.short) }
    return .object(json)
  }

  /// The tokens around the place, with the neuron's own between « and ».
  private static func marked(_ exemplar: Exemplar) -> String {
    let isCut = exemplar.position > exemplar.before.count
    return Quoted.visible(
      (isCut ? "…" : "") + exemplar.before.joined() + "«" + exemplar.tokenText + "»" + exemplar.after.joined())
  }

  static func exemplarText(_ exemplar: Exemplar) -> String {
    "\(Quoted.text(marked(exemplar))) activation \(ReadableNumber.fixed(exemplar.activation, decimals: 2, signed: true)), "
      + (exemplar.isSelected
        ? "score \(ReadableNumber.fixed(exemplar.score, decimals: 3, signed: true))" : "not selected")
      + " (prompt \(exemplar.prompt), \(exemplar.group))"
  }

  // MARK: Removals

  static let causalEvidence = Tool(
    description: ToolDescription(
      name: "get_causal_evidence", title: "Measured removals",
      description: """
        What happened to the metric when the neuron was set to zero at single positions during the run, against what its score \
        predicted. The only evidence of necessity.
        """,
      input: Schema.arguments([Schema.neuron, Schema.limit(5, 50), Schema.cursor], required: ["neuron"]),
      output: Schema.answer(
        [("neuron", Schema.string), ("removals", ["type": "object"]), ("agreement", ["type": ["object", "null"]])]
          + Schema.page("places", exemplarSchema))),
    answer: { desk in
      let row = try desk.row()
      let (offset, limit) = (try desk.arguments.offset(), try desk.arguments.limit(5, 50))
      var findings = try removalFindings(desk, row.neuron)
      let places = try desk.index.exemplars(
        of: row.neuron, order: .removal, onlyRemoved: true, context: 12, offset: offset, limit: limit)
      let agreement = try desk.index.agreement().later
      findings.json = [
        "neuron": .string("\(row.neuron)"), "removals": .object(findings.json),
        "agreement": agreement.map(agreementJSON) ?? .null, "places": .array(places.rows.map(exemplarJSON)),
        "total": .integer(places.total),
        "next_cursor": desk.arguments.next(after: offset, places.rows.count, of: places.total),
      ]
      findings.lines += places.rows.map { place in
        exemplarText(place) + ": removal changed the metric by "
          + ReadableNumber.fixed(-(place.contribution ?? 0), decimals: 3, signed: true)
      }
      if let agreement, let signs = agreement.signs {
        findings.lines.append(
          "In the whole run, \(agreement.nodes) random nodes beyond position 0 were removed: scores had the right sign in "
            + "\(ReadableNumber.percent(signs.value))"
            + (agreement.withinQuarter.map { " and were within 25 % in \(ReadableNumber.percent($0.value))" } ?? "")
            + ".")
      }
      return findings
    })

  static func agreementJSON(_ agreement: MeasuredAgreement) -> JSONValue {
    func figure(_ figure: MeasuredAgreement.Figure?) -> JSONValue {
      guard let figure else { return .null }
      return ["value": figure.value.short, "interval": [.optional(figure.low), .optional(figure.high)]]
    }
    return [
      "nodes": .integer(agreement.nodes), "prompts": .integer(agreement.prompts),
      "correlation": figure(agreement.correlation), "right_signs": figure(agreement.signs),
      "within_25_percent": figure(agreement.withinQuarter),
    ]
  }

  /// The places where the neuron was removed. Rates, means and intervals are those of the random sample alone: places that were
  /// chosen because the score was high say nothing about others.
  static func removalFindings(_ desk: Desk, _ neuron: NeuronID) throws -> Findings {
    let places = try desk.index.exemplars(
      of: neuron, order: .removal, onlyRemoved: true, context: 0, limit: 10_000
    ).rows
    let random = places.filter { $0.isSampled == true }
    let contributions = random.map { $0.contribution ?? 0 }
    let right = Proportion(random.count { $0.score * ($0.contribution ?? 0) > 0 }, of: random.count)
    let raised = contributions.count { $0 > 0 }
    let mean = random.isEmpty ? nil : contributions.reduce(0, +) / Double(random.count)
    let chosenCount = places.count - random.count
    let json: JSONObject = [
      "basis": "random places only",
      "places": .integer(places.count), "prompts": .integer(Set(places.map(\.prompt)).count),
      "random_places": .integer(random.count), "chosen_places": .integer(chosenCount),
      "mean_contribution": mean.map(\.short) ?? .null, "raises_metric": .integer(raised),
      "lowers_metric": .integer(contributions.count { $0 < 0 }), "scores_with_right_sign": .integer(right.count),
      "right_sign_interval": random.isEmpty
        ? .null : [right.interval.lowerBound.short, right.interval.upperBound.short],
    ]
    guard !places.isEmpty else {
      return Findings(
        json: json, lines: ["It was never removed in this run."],
        caveats: ["whether \(neuron) is necessary is not known: no removal was measured, scores are attributions only"])
    }
    var line = "Removed at \(places.count) positions, of which \(random.count) were drawn at random"
    if let mean {
      line +=
        ". There its presence changed the metric by \(ReadableNumber.fixed(mean, decimals: 3, signed: true)) on average "
        + "(raised it \(raised) times); its score had the right sign in \(right.count) (95 % interval "
        + "\(ReadableNumber.percent(right.interval.lowerBound)) to \(ReadableNumber.percent(right.interval.upperBound)), from the "
        + "random sample only)"
    }
    var caveats: [String] = []
    if random.count < 5 {
      caveats.append(
        "thin causal evidence: \(neuron) was removed at only \(random.count) positions that were drawn at random")
    }
    if chosenCount > 0 {
      caveats.append(
        "\(chosenCount) of the \(places.count) removals were made because the score was among the highest of its prompt; they are "
          + "listed, and not counted in means and rates")
    }
    return Findings(json: json, lines: [line + "."], caveats: caveats)
  }
}
