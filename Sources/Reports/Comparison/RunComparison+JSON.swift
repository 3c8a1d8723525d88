// autointerp
// `RunComparison.json` writes a comparison for programs.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import JSON
internal import Knowledge
internal import RunIndex

extension RunComparison {
  /// `limit` is the length of each list. Log odds are those of the first side against the second, as everywhere.
  package func json(limit: Int) -> [UInt8] {
    var json = JSONByteWriter(reservingCapacity: 1 << 16)
    json.beginObject(lines: true)
    json.field("schema", "autointerp.comparison/1")
    json.key("first")
    json.value(Self.json(first))
    json.key("second")
    json.value(Self.json(second))
    json.field("paired", isPaired)
    json.field("random_halves", isHalves)
    json.key("left_out")
    json.value(["first": .integer(leftOut.first), "second": .integer(leftOut.second)])
    for (key, texts) in [
      ("what_differs", cautions.differing), ("warnings", cautions.warnings), ("notes", cautions.notes),
    ] {
      json.key(named: key)
      json.beginArray(lines: true)
      for text in texts { json.value(text) }
      json.end()
    }
    json.key("neurons")
    json.beginObject(lines: true)
    write(neuronOverlap, neuronTests, to: &json)
    for change in Self.listed { write(change.rawValue, neurons(change).prefix(limit).map(Self.json), to: &json) }
    write("likeliest", likeliestNeurons.prefix(limit).map(Self.json), to: &json)
    json.end()
    json.key("edges")
    json.beginObject(lines: true)
    write(edgeOverlap, edgeTests, to: &json)
    for change in Self.listed { write(change.rawValue, edges(change).prefix(limit).map(self.json), to: &json) }
    write("flow_differences", edgesByFlow(limit: limit).map(self.json), to: &json)
    json.end()
    json.end()
    return json.bytes
  }

  private static let listed: [SideDifference.Change] = [.lost, .gained, .changed, .shared]

  private func write(_ name: String, _ rows: [JSONValue], to json: inout JSONByteWriter) {
    json.key(named: name)
    json.beginArray(lines: true)
    for row in rows { json.value(row) }
    json.end()
  }

  private func write(_ overlap: Overlap, _ tests: Tests, to json: inout JSONByteWriter) {
    json.field("in_both", overlap.both)
    json.field("only_in_first", overlap.onlyFirst)
    json.field("only_in_second", overlap.onlySecond)
    json.field("test", tests.test.rawValue)
    json.field("tested", tests.count)
    json.field("findings", tests.findings)
    json.key("permutation_null")
    json.value([
      "rounds": .integer(tests.null.findings.count), "mean_findings": .optional(tests.null.mean.significant),
      "largest_findings": .integer(tests.null.largest),
    ])
  }

  private static func json(_ side: ComparisonSide) -> JSONValue {
    let specification = side.index.specification
    return [
      "name": .string(side.name), "run": .string(specification.name), "model": .string(specification.modelName),
      "group": .optional(side.group), "prompts": .integer(side.prompts.count),
    ]
  }

  private static func json(_ neuron: Neuron) -> JSONValue {
    var json: JSONObject = [
      "neuron_id": .string("\(neuron.neuron)"), "change": .string(neuron.difference.change.rawValue),
      "is_sink": .boolean(neuron.isSink),
    ]
    let table = neuron.difference.table
    json.set("first", Self.json(table.first, neuron.firstScore))
    json.set("second", Self.json(table.second, neuron.secondScore))
    add(neuron.difference, to: &json)
    if let label = neuron.label { json.set("label", .string(label)) }
    return .object(json)
  }

  private static func json(_ share: Proportion, _ score: Double?) -> JSONValue {
    [
      "prompts": .integer(share.count), "of": .integer(share.total), "mean_score": .optional(score?.significant),
    ]
  }

  private static func add(_ difference: SideDifference, to json: inout JSONObject) {
    json.set("p_value", .optional(difference.test?.pValue.significant))
    json.set("q_value", .optional(difference.test?.qValue.significant))
    if let crude = difference.crude { json.set("q_crude", .optional(crude.qValue.significant)) }
    let odds = difference.logOdds
    json.set("log_odds", .optional(odds.value.significant))
    json.set("interval", [.optional(odds.low.significant), .optional(odds.high.significant)])
    json.set("shrunken_log_odds", .optional(difference.shrunkenLogOdds.significant))
    if let only = difference.onlyFirst { json.set("only_first", .integer(only)) }
    if let only = difference.onlySecond { json.set("only_second", .integer(only)) }
  }

  private func json(_ edge: Edge) -> JSONValue {
    var json: JSONObject = ["source": end(edge.source), "target": end(edge.target)]
    json.set(
      "first",
      [
        "prompts": .integer(edge.firstPrompts), "of": .integer(first.prompts.count),
        "flow_per_prompt": .optional(edge.firstFlow.significant),
      ])
    json.set(
      "second",
      [
        "prompts": .integer(edge.secondPrompts), "of": .integer(second.prompts.count),
        "flow_per_prompt": .optional(edge.secondFlow.significant),
      ])
    json.set("flow_change", .optional(edge.flowChange.significant))
    json.set("follows_neuron", .boolean(edge.followsNeuron))
    if let difference = edge.difference {
      json.set("change", .string(difference.change.rawValue))
      Self.add(difference, to: &json)
    }
    return .object(json)
  }

  private func end(_ endpoint: Endpoint) -> JSONValue {
    var json: JSONObject = ["id": .string(endpoint.neuron.map { "\($0)" } ?? "\(endpoint)")]
    if let token = endpoint.token, let text = tokenTexts[token] { json.set("text", .string(text)) }
    return .object(json)
  }
}
