// autointerp
// `Tool.explainRole` shows the role of a neuron in circuits with the figures and the rule that decide it.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import JSON
internal import Knowledge
internal import RunIndex

extension Tool {
  static let explainRole = Tool(
    description: ToolDescription(
      name: "explain_role", title: "Role in circuits",
      description: """
        Why a neuron counts as feature detector, relay, integrator, output formatter, inhibitor, mixed, unclear or sink: the \
        figures, the rule, and whether both halves of the prompts agree.
        """,
      input: Schema.arguments([Schema.neuron], required: ["neuron"]),
      output: Schema.answer([
        ("neuron", Schema.string), ("role", ["type": "object"]), ("rule", Schema.string), ("prompts", Schema.integer),
      ])),
    answer: { desk in
      let star = try desk.star()
      var findings = roleFindings(star)
      let row = try desk.row(of: star.neuron)
      let role = findings.json
      findings.json = [
        "neuron": .string("\(star.neuron)"), "role": .object(role), "rule": .string(ruleText),
        "prompts": .integer(row.prompts),
      ]
      findings.lines.append("The rule: \(ruleText)")
      if star.role.role == .sink, let sink = star.knowledge.sinks.all.first(where: { $0.neuron == star.neuron }) {
        findings.lines.append(
          "It is a sink: in at least \(ReadableNumber.percent(sink.smallestRate)) of the prompts of every group, with a mean |activation| "
            + "\(ReadableNumber.fixed(sink.activationRatio, decimals: 1)) times the layer's median and "
            + "\(ReadableNumber.percent(sink.firstPositionShare)) of its score at the first position.")
      }
      findings.caveats =
        desk.thinness(row) + findings.caveats + [
          "roles follow from attributions of the kept edges; thresholds were chosen on one small model"
        ]
      return findings
    })

  private static let ruleText = """
    a neuron whose outgoing flow mostly lowers the metric (sign below -1/3) is an inhibitor; otherwise more than half of its \
    incoming flow from tokens makes it a feature detector, more than half of its outgoing flow to predictions an output \
    formatter, both together mixed; between neurons it is an integrator if it has at least 8 effective edges in and twice as \
    many as out, else a relay; with fewer than 4 prompts, or if the halves of the prompts disagree, it is unclear
    """

  static func roleFindings(_ star: NeuronStar) -> Findings {
    let role = star.role
    let figures = role.figures
    let json: JSONObject = [
      "name": .string(role.role.rawValue), "score": role.score.short, "is_stable": .boolean(role.isStable),
      "halves": .array(role.halves.map { .string($0.rawValue) }), "token_share": .optional(figures.tokenShare),
      "output_share": .optional(figures.outputShare), "sign": figures.sign.short, "fan_in": figures.fanIn.short,
      "fan_out": figures.fanOut.short,
    ]
    var caveats: [String] = []
    if !role.isStable {
      caveats.append(role.stabilityText)
    } else if role.role != .sink, role.score < 0.1 {
      caveats.append("the role is close to a threshold (score \(ReadableNumber.fixed(role.score, decimals: 2)) of 1)")
    }
    return Findings(
      json: json, lines: ["Role: \(role.role.words); \(role.figuresText)."], caveats: caveats)
  }
}
