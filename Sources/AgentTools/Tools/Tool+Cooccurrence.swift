// autointerp
// `Tool.cooccurrence` lists the neurons that are selected in the same prompts as a neuron more often than by chance.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import JSON
internal import RunIndex

extension Tool {
  static let cooccurrence = Tool(
    description: ToolDescription(
      name: "get_cooccurrence", title: "Neurons in the same prompts",
      description: """
        Which neurons are selected in the same prompts as a neuron more often than by chance, compared within each group of \
        prompts: lift, exact test, q value. Says nothing about cause.
        """,
      input: Schema.arguments(
        [Schema.neuron, ("include_sinks", Schema.boolean), Schema.limit(10, 100), Schema.cursor], required: ["neuron"]),
      output: Schema.answer(
        [("neuron", Schema.string), ("significant", Schema.integer), ("tested_neurons", Schema.integer)]
          + Schema.page(
            "neurons",
            Schema.object([
              ("neuron", Schema.string), ("both", Schema.integer), ("other", Schema.integer),
              ("expected", Schema.number), ("lift", Schema.number), ("p_value", Schema.number),
              ("q_value", Schema.maybeNumber),
            ])))),
    answer: { desk in
      let row = try desk.row()
      let found = try desk.index.cooccurrences(
        of: row.neuron, includesSinks: try desk.arguments.boolean("include_sinks") ?? false)
      let (offset, limit) = (try desk.arguments.offset(), try desk.arguments.limit(10, 100))
      let page = found.rows.dropFirst(offset).prefix(limit)
      let significant = found.rows.count(where: \.isFinding)
      let json: JSONObject = [
        "neuron": .string("\(row.neuron)"), "significant": .integer(significant),
        "tested_neurons": .integer(found.testCount),
        "neurons": .array(
          page.map { other in
            [
              "neuron": .string("\(other.neuron)"), "both": .integer(other.prompts),
              "other": .integer(other.otherPrompts), "expected": other.expected.short, "lift": other.lift.short,
              "p_value": other.pValue.short, "q_value": other.qValue?.short ?? .null,
            ]
          }), "total": .integer(found.rows.count),
        "next_cursor": desk.arguments.next(after: offset, page.count, of: found.rows.count),
      ]
      let lines = page.map { other in
        "\(other.neuron): together in \(other.prompts) prompts, \(ReadableNumber.fixed(other.expected, decimals: 1)) expected (lift "
          + "\(ReadableNumber.fixed(other.lift, decimals: 1)), "
          + "\(other.qValue.map { "q \(ReadableNumber.scientific($0))" } ?? "in too few or too many prompts to be tested"))"
      }
      return Findings(
        json: json,
        lines: [
          "\(row.neuron) is in \(row.prompts) of \(desk.mergedPrompts) prompts. Of \(found.rows.count) neurons in the same "
            + "prompts, \(significant) are there more often than chance explains (q < 0.05 of \(found.testCount) tests, within "
            + "each group of prompts)."
        ] + lines,
        caveats: desk.thinness(row) + [
          "neurons may be together because both answer to the same form or subject of prompts: lift is not a circuit"
        ])
    })
}
