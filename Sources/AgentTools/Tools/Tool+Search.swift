// autointerp
// `Tool.searchNeurons` lists the neurons that fit conditions, `Tool.compareGroups` those that differ between groups.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import JSON
internal import Knowledge
internal import Labels
internal import RunIndex

extension Tool {
  private static let roleNames = CircuitRole.allCases.map(\.rawValue)
  private static let classNames = SpecificityClass.allCases.map(\.rawValue)

  static let searchNeurons = Tool(
    description: ToolDescription(
      name: "search_neurons", title: "Find neurons",
      description: """
        Find neurons by words of their labels, role, class, layer, tokens they are selected at (fires_on) or tokens whose logit \
        they drive (promotes). All conditions must hold.
        """,
      input: Schema.arguments([
        ("text", Schema.described(Schema.string, "words of a label")),
        ("role", Schema.choice(roleNames, "circuit role")),
        ("class", Schema.choice(classNames, "specificity")), ("layer", Schema.layer),
        ("fires_on", Schema.described(Schema.string, "a token's text")),
        ("promotes", Schema.described(Schema.string, "a token's text")),
        ("min_prompts", Schema.fewest),
        ("sort", Schema.choice(NeuronSearch.Order.allCases.map(\.rawValue), "default score: largest |score| in all")),
        Schema.limit(10, 100), Schema.cursor,
      ]), output: Schema.answer(Schema.page("neurons", Desk.lineSchema))),
    answer: { desk in
      var search = NeuronSearch()
      search.order = try desk.arguments.choice("sort", NeuronSearch.Order.self) ?? .score
      search.role = try desk.arguments.choice("role", CircuitRole.self)?.rawValue
      search.specificityClass = try desk.arguments.choice("class", SpecificityClass.self)?.rawValue
      search.layer = try desk.arguments.integer("layer", in: 0...Schema.mostLayers)
      search.fewestPrompts = try desk.arguments.integer("min_prompts", in: 1...Schema.mostPrompts)
      search.firesOn = try desk.arguments.string("fires_on").map { try desk.tokens($0, "fires_on") }
      search.promotes = try desk.arguments.string("promotes").map { try desk.tokens($0, "promotes") }
      search.includesSinks = search.role == CircuitRole.sink.rawValue
      var caveats = search.includesSinks ? [] : ["sinks are left out: they are in every prompt (role: sink lists them)"]
      if let text = try desk.arguments.string("text") {
        guard let labels = desk.labels else {
          throw ToolError(
            "this run has no labels, so that text cannot be searched: use fires_on, promotes, role, class or layer, or ask "
              + "the person to run autointerp label", .absent)
        }
        let found = try labels.search(text, limit: 2000).map(\.neuron)
        search.neurons = found
        search.includesSinks = true
        caveats = ["only labelled neurons that this run selected are found; labels are claims of their sources"]
      }
      let (offset, limit) = (try desk.arguments.offset(), try desk.arguments.limit(10, 100))
      let page = try desk.index.neurons(search, offset: offset, limit: limit)
      let lines = try page.rows.map(desk.line)
      if page.total == 0 { caveats += try whatThereIs(desk, search) }
      let json: JSONObject = [
        "neurons": .array(lines.map(\.json)), "total": .integer(page.total),
        "next_cursor": desk.arguments.next(after: offset, page.rows.count, of: page.total),
      ]
      return Findings(
        json: json,
        lines: [
          "\(page.total) neuron\(page.total == 1 ? "" : "s")"
            + (page.total > page.rows.count ? ", of which \(page.rows.count) are shown:" : ":")
        ]
          + lines.map(\.text), caveats: caveats)
    })

  /// For a search that found nothing: what would find something.
  private static func whatThereIs(_ desk: Desk, _ search: NeuronSearch) throws -> [String] {
    var caveats: [String] = []
    if search.firesOn != nil {
      caveats.append(
        "no such neuron was selected at this token; neurons of this run were selected most often at "
          + Desk.list(try desk.index.frequentTokens(limit: 6)))
    }
    if search.promotes != nil {
      caveats.append(
        "this token was not among the traced predictions, or no such neuron drives it; traced most often were "
          + Desk.list(try desk.index.frequentPredictions(limit: 6)))
    }
    let names: [(String, Bool)] = [
      ("text", search.neurons != nil), ("role", search.role != nil), ("class", search.specificityClass != nil),
      ("layer", search.layer != nil), ("min_prompts", search.fewestPrompts != nil),
    ]
    let used = names.filter(\.1).map(\.0)
    if !used.isEmpty {
      caveats.append(
        "no neuron meets all conditions: leave out one of \(used.joined(separator: ", ")), or try fewer or other words in text"
      )
    }
    return caveats
  }

  static let compareGroups = Tool(
    description: ToolDescription(
      name: "compare_groups", title: "Compare groups of prompts",
      description: """
        Which neurons differ between the domain and another group: the most specific first, with how many would be found by \
        chance and warnings if the groups differ in form.
        """,
      input: Schema.arguments([
        ("group", Schema.described(Schema.string, "compare with this group (default: the first)")),
        ("class", Schema.choice(classNames, "only neurons of this class")), Schema.limit(10, 100), Schema.cursor,
      ]),
      output: Schema.answer(
        [
          ("first", Schema.string), ("second", Schema.string), ("tested_neurons", Schema.integer),
          ("findings", Schema.integer), ("mean_with_random_groups", Schema.number),
          ("most_with_random_groups", Schema.integer), ("warnings", Schema.strings),
        ] + Schema.page("neurons", Desk.lineSchema))),
    answer: { desk in
      guard let (number, comparison) = try desk.comparison() else {
        throw ToolError(
          "this run has only one group of prompts: run it again with --baseline FILE to compare", .absent)
      }
      var search = NeuronSearch()
      search.order = .specificity
      search.comparison = number
      search.includesSinks = false
      search.specificityClass = try desk.arguments.choice("class", SpecificityClass.self)?.rawValue
      let (offset, limit) = (try desk.arguments.offset(), try desk.arguments.limit(10, 100))
      let page = try desk.index.neurons(search, offset: offset, limit: limit)
      let lines = try page.rows.map(desk.line)
      let warnings = try desk.index.balance().warnings(between: comparison.first, and: comparison.second).map(\.text)
      let json: JSONObject = [
        "first": .string(comparison.first), "second": .string(comparison.second),
        "tested_neurons": .integer(comparison.testCount), "findings": .integer(comparison.findingCount),
        "mean_with_random_groups": comparison.null.mean.short,
        "most_with_random_groups": .integer(comparison.null.largest),
        "warnings": .array(warnings.map { Quoted.value($0) }), "neurons": .array(lines.map(\.json)),
        "total": .integer(page.total),
        "next_cursor": desk.arguments.next(after: offset, page.rows.count, of: page.total),
      ]
      var caveats = warnings
      if comparison.findingCount == 0 {
        caveats.append(
          "no neuron is surely specific: the list is by shrunken log odds, and its first entries may be chance")
      }
      if page.total == 0 { caveats.append("no neuron has this class here: leave class out to see all") }
      let head =
        "\(comparison.first) against \(comparison.second): \(comparison.findingsText). The most specific to "
        + "\(comparison.first) first:"
      return Findings(json: json, lines: [head] + lines.map(\.text), caveats: caveats + [Desk.selectionCaveat])
    })
}
