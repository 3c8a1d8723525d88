// autointerp
// `Tool.snippets` and `Tool.activations` give the page a neuron's places: texts with activations, a histogram, removals.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import JSON
internal import RunIndex

extension Tool {
  static let snippets = Tool(
    description: ToolDescription(
      name: "get_snippets", title: "Texts with activations",
      description: """
        The prompts in which a neuron was selected or fires most, the largest |activation| first: every token, with the \
        activation where the run stored one and null elsewhere.
        """,
      input: Schema.arguments(
        [
          Schema.neuron, ("sign", Schema.choice(["positive", "negative"], "only activations of this sign")),
          Schema.limit(8, 50), Schema.cursor,
        ], required: ["neuron"]),
      output: Schema.answer(
        [("neuron", Schema.string)]
          + Schema.page(
            "snippets",
            Schema.object([
              ("prompt", Schema.integer), ("group", Schema.string), ("start", Schema.integer),
              ("length", Schema.integer), ("peak", Schema.integer), ("tokens", Schema.strings),
              ("activations", Schema.list(Schema.maybeNumber)),
            ])))),
    answer: { desk in
      let row = try desk.row()
      let sign = try desk.arguments.string("sign")
      guard sign == nil || sign == "positive" || sign == "negative" else {
        throw ToolError("sign must be positive or negative")
      }
      let (offset, limit) = (try desk.arguments.offset(), try desk.arguments.limit(8, 50))
      let found = try desk.index.snippets(
        of: row.neuron, sign: sign.map { $0 == "negative" ? -1 : 1 }, width: snippetWidth, offset: offset, limit: limit)
      let json: JSONObject = [
        "neuron": .string("\(row.neuron)"),
        "snippets": .array(
          found.rows.map { snippet in
            [
              "prompt": .integer(snippet.prompt), "group": Quoted.value(snippet.group),
              "start": .integer(snippet.start), "length": .integer(snippet.length), "peak": .integer(snippet.peak),
              "tokens": .array(snippet.tokens.map { Quoted.tokenValue($0) }),
              "activations": .array(snippet.activations.map { $0?.short ?? .null }),
            ]
          }), "total": .integer(found.total),
        "next_cursor": desk.arguments.next(after: offset, found.rows.count, of: found.total),
      ]
      return Findings(
        json: json, lines: ["\(row.neuron) was selected, or fires most, in \(found.total) prompts."],
        caveats: desk.placeCaveats(row) + [
          "a token without activation is one where the run stored none; the neuron may have fired there"
        ])
    })

  /// As many tokens are shown of a long prompt.
  private static let snippetWidth = 60

  static let activations = Tool(
    description: ToolDescription(
      name: "get_activations", title: "Histogram and removals",
      description: """
        How a neuron's activations are distributed over the places where it was selected, by group, and the places where it was \
        removed with score and measured contribution.
        """,
      input: Schema.arguments([Schema.neuron, ("bins", binsSchema)], required: ["neuron"]),
      output: Schema.answer([
        ("neuron", Schema.string), ("places", Schema.integer), ("is_cut", Schema.boolean),
        ("low", Schema.number), ("high", Schema.number),
        (
          "histogram",
          Schema.list(Schema.object([("group", Schema.string), ("counts", Schema.list(Schema.integer))]))
        ),
        (
          "removals",
          Schema.list(
            Schema.object([
              ("prompt", Schema.integer), ("group", Schema.string), ("position", Schema.integer),
              ("score", Schema.number), ("contribution", Schema.number), ("is_random", Schema.boolean),
            ]))
        ),
      ])),
    answer: { desk in
      let row = try desk.row()
      let bins = try desk.arguments.integer("bins", in: 1...100) ?? 24
      let places = try desk.index.activations(of: row.neuron, limit: mostPlaces)
      let values = places.map(\.activation)
      let (low, high) = (values.min() ?? 0, values.max() ?? 0)
      let groups = try desk.index.groups().map(\.name).filter { name in places.contains { $0.group == name } }
      let removals = places.filter { $0.contribution != nil }
      let json: JSONObject = [
        "neuron": .string("\(row.neuron)"), "places": .integer(row.positions),
        "is_cut": .boolean(row.positions > places.count), "low": low.short, "high": high.short,
        "histogram": .array(
          groups.map { group in
            [
              "group": Quoted.value(group),
              "counts": .array(
                histogram(places.filter { $0.group == group }.map(\.activation), from: low, to: high, bins: bins).map {
                  .integer($0)
                }),
            ]
          }),
        "removals": .array(
          removals.map { place in
            [
              "prompt": .integer(place.prompt), "group": Quoted.value(place.group),
              "position": .integer(place.position), "score": place.score.short,
              "contribution": (place.contribution ?? 0).short, "is_random": .boolean(place.isSampled),
            ]
          }),
      ]
      return Findings(
        json: json,
        lines: ["\(row.neuron): \(places.count) activations, \(removals.count) of them with a measured removal."],
        caveats: desk.thinness(row) + [
          "activations are those at places where the neuron was selected by its score: weak ones are missing"
        ] + firstPositionCaveats(places))
    })

  /// Massive activations at the first position say nothing about its token.
  private static func firstPositionCaveats(_ places: [StoredActivation]) -> [String] {
    let first = places.count { $0.position == 0 }
    return first == 0
      ? []
      : [
        "\(first) of the \(places.count) places \(first == 1 ? "is" : "are") at the first position, where many models have massive "
          + "activations whatever the token"
      ]
  }

  private static let binsSchema: JSONValue = ["type": "integer", "minimum": 1, "maximum": 100, "default": 24]

  /// Places beyond these are not read.
  private static let mostPlaces = 20_000

  /// How many values are in each of `bins` equal parts of `low...high`; the last one includes `high`.
  static func histogram(_ values: [Double], from low: Double, to high: Double, bins: Int) -> [Int] {
    var counts = Array(repeating: 0, count: bins)
    for value in values {
      let place = high > low ? Int((value - low) / (high - low) * Double(bins)) : 0
      counts[min(bins - 1, max(0, place))] += 1
    }
    return counts
  }
}
