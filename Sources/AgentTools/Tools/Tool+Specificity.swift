// autointerp
// `Tool.isDomainSpecific` tells whether a neuron belongs to a group of prompts, and how sure that is.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import JSON
internal import Knowledge
internal import RunIndex

extension Tool {
  static let isDomainSpecific = Tool(
    description: ToolDescription(
      name: "is_domain_specific", title: "Domain-specific or general?",
      description: """
        Whether a neuron belongs to the domain, to the comparison group, to both or cannot be told, by the prompts in which it \
        was selected and, if recorded, by those in which it fires most: counts, intervals, q value, odds, and what else could \
        explain the difference.
        """,
      input: Schema.arguments(
        [Schema.neuron, ("group", Schema.described(Schema.string, "compare with this group (default: the first)"))],
        required: ["neuron"]),
      output: Schema.answer([
        ("neuron", Schema.string), ("verdict", Schema.string),
        ("class", Schema.choice(["domain", "baseline", "general", "undetermined"], "undetermined is not general")),
        ("specificity", ["type": "object"]), ("by_activity", ["type": ["object", "null"]]),
        ("null", ["type": "object"]), ("detectable", ["type": "object"]),
      ])),
    answer: { desk in
      let star = try desk.star()
      guard let (number, comparison) = try desk.comparison(),
        let findings = try specificityFindings(desk, star, comparison: number),
        let found = star.knowledge.specificity.specificity(of: star.neuron, inComparison: number)
      else {
        throw ToolError(
          "this run has only one group of prompts, so that nothing can be compared: run it again with --baseline FILE",
          .absent)
      }
      let byActivity = try star.knowledge.specificity.comparisons.firstIndex {
        $0.basis == .active && $0.second == comparison.second
      }.flatMap { try specificityFindings(desk, star, comparison: $0) }
      let detectable = comparison.detectable
      let json: JSONObject = [
        "neuron": .string("\(star.neuron)"), "verdict": .string(findings.lines.first ?? ""),
        "class": .string(found.class.rawValue), "specificity": .object(findings.json),
        "by_activity": byActivity.map { .object($0.json) } ?? .null,
        "null": [
          "findings": .integer(comparison.findingCount), "tested_neurons": .integer(comparison.testCount),
          "mean_with_random_groups": comparison.null.mean.short,
          "most_with_random_groups": .integer(comparison.null.largest),
        ],
        "detectable": ["fewest_prompts_against_none": .optional(detectable.fewestAgainstNone)],
      ]
      var lines = findings.lines + (byActivity?.lines.map { "By activity: \($0)" } ?? [])
      lines.append("In this run \(comparison.findingsText).")
      if let text = comparison.detectableText { lines.append("What cannot be found: \(text).") }
      return Findings(
        json: json, lines: lines,
        caveats: desk.thinness(try desk.row(of: star.neuron)) + findings.caveats + [Desk.selectionCaveat])
    })

  /// What a comparison says about a neuron; nil if the run has no such comparison.
  static func specificityFindings(_ desk: Desk, _ star: NeuronStar, comparison number: Int) throws -> Findings? {
    let specificity = star.knowledge.specificity
    guard specificity.comparisons.indices.contains(number),
      let found = specificity.specificity(of: star.neuron, inComparison: number)
    else { return nil }
    let comparison = specificity.comparisons[number]
    let odds = found.logOdds
    func group(_ name: String, _ share: Proportion) -> (String, JSONValue) {
      (
        name,
        [
          "prompts": .integer(share.count), "of": .integer(share.total),
          "interval": [share.interval.lowerBound.short, share.interval.upperBound.short],
        ]
      )
    }
    let json: JSONObject = [
      "class": .string(found.class.rawValue), "reason": .string(found.reason),
      "first": .string(comparison.first), "second": .string(comparison.second),
      "q_value": .optional(found.test?.qValue), "q_crude": .optional(found.crude?.qValue),
      "q_stratified": .optional(found.stratified?.qValue),
      "test": .string(found.isStratified ? "stratified" : "fisher"),
      "log_odds": odds.value.short, "interval": [odds.low.short, odds.high.short],
      "groups": .object(
        JSONObject([group(comparison.first, found.table.first), group(comparison.second, found.table.second)])),
      "basis": .string(comparison.basis.rawValue),
    ]
    var line = "\(star.neuron) \(found.verdict(first: comparison.first, second: comparison.second)): \(found.reason)"
    if let test = found.test {
      line += " (q \(ReadableNumber.scientific(test.qValue)), \(found.testName), \(found.oddsText))"
    }
    var caveats: [String] = []
    if let text = found.disagreementText { caveats.append(text) }
    caveats += specificity.balance.warnings(between: comparison.first, and: comparison.second).map(\.text)
    return Findings(json: json, lines: [line + "."], caveats: caveats)
  }
}
