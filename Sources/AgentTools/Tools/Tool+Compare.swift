// autointerp
// `Tool.compareNeurons` shows which prompts, drivers and targets two neurons have in common.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import JSON
internal import RunIndex

extension Tool {
  static let compareNeurons = Tool(
    description: ToolDescription(
      name: "compare_neurons", title: "Compare two neurons",
      description:
        "Two neurons side by side: prompts in common, drivers and targets in common, and the edge between them.",
      input: Schema.arguments(
        [
          ("first", Schema.neuronName("such as L29/N729")),
          ("second", Schema.neuronName("such as L28/N78")), Schema.limit(5, 20),
        ], required: ["first", "second"]),
      output: Schema.answer(
        [
          ("first", Desk.lineSchema), ("second", Desk.lineSchema), ("prompts_in_common", Schema.integer),
          ("jaccard", Schema.number), ("shared_drivers", Schema.list(sharedSchema)),
          ("shared_targets", Schema.list(sharedSchema)), ("edge", ["type": ["object", "null"]]),
        ])),
    answer: { desk in
      let (first, second) = (try desk.row("first"), try desk.row("second"))
      guard first.neuron != second.neuron else { throw ToolError("first and second are the same neuron") }
      let limit = try desk.arguments.limit(5, 20)
      let (a, b) = (Set(try desk.index.prompts(of: first.neuron)), Set(try desk.index.prompts(of: second.neuron)))
      let common = a.intersection(b).count
      let jaccard = Double(common) / Double(max(1, a.union(b).count))
      let drivers = try shared(desk, first.neuron, second.neuron, into: true)
      let targets = try shared(desk, first.neuron, second.neuron, into: false)
      let ends = [first.neuron, second.neuron].sorted().map { Endpoint.neuron($0) }
      let edge = try desk.index.edge(from: ends[0], to: ends[1])
      let lines = (try desk.line(first), try desk.line(second))
      let json: JSONObject = [
        "first": lines.0.json, "second": lines.1.json, "prompts_in_common": .integer(common), "jaccard": jaccard.short,
        "shared_drivers": .array(drivers.prefix(limit).map(json)),
        "shared_targets": .array(targets.prefix(limit).map(json)),
        "edge": edge.map { .object(edgeJSON($0)) } ?? .null,
      ]
      func list(_ title: String, _ all: [Shared]) -> String {
        all.isEmpty
          ? "No \(title) in common among the 200 strongest of each."
          : "\(all.count) \(title) in common: "
            + all.prefix(limit).map { shared in
              "\(Desk.text(shared.end)) (\(ReadableNumber.fixed(shared.first, decimals: 3, signed: true)) and "
                + "\(ReadableNumber.fixed(shared.second, decimals: 3, signed: true)))"
            }.joined(separator: ", ") + "."
      }
      return Findings(
        json: json,
        lines: [
          lines.0.text + ".", lines.1.text + ".",
          "Together in \(common) prompts (\(ReadableNumber.percent(jaccard)) of those with either).",
          list("drivers", drivers),
          list("targets", targets),
          edge.map { "Direct edge \(edgeText($0))." } ?? "No direct edge between them was kept.",
        ], caveats: desk.thinness(first) + desk.thinness(second) + [Desk.selectionCaveat])
    })

  private static let sharedSchema = Schema.object(
    Desk.endSchema + [("first_mean_flow", Schema.number), ("second_mean_flow", Schema.number)], optional: ["text"])

  private struct Shared {
    var end: NamedEnd
    var first: Double
    var second: Double
  }

  private static func json(_ shared: Shared) -> JSONValue {
    var json = Desk.json(shared.end)
    json.set("first_mean_flow", shared.first.short)
    json.set("second_mean_flow", shared.second.short)
    return .object(json)
  }

  /// Ends that are among the strongest 200 of both, those that matter to both first.
  private static func shared(_ desk: Desk, _ first: NeuronID, _ second: NeuronID, into: Bool) throws -> [Shared] {
    func flows(_ neuron: NeuronID) throws -> [(NamedEnd, EdgeRow)] {
      var search = EdgeSearch()
      if into { search.targets = [.neuron(neuron)] } else { search.sources = [.neuron(neuron)] }
      search.includesSinks = false
      return try desk.index.edges(search, limit: 200).rows.map { (into ? $0.source : $0.target, $0) }
    }
    let others = Dictionary(uniqueKeysWithValues: try flows(second))
    return try flows(first).compactMap { end, row in
      others[end].map { (end, row, $0) }
    }.sorted {
      min($0.1.statistics.absoluteSum, $0.2.statistics.absoluteSum)
        > min($1.1.statistics.absoluteSum, $1.2.statistics.absoluteSum)
    }.map { Shared(end: $0.0, first: $0.1.statistics.mean, second: $0.2.statistics.mean) }
  }
}
