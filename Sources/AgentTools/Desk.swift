// autointerp
// `Desk` gives a tool what it needs to answer one call: the run's index, the labels, the model and the arguments.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import JSON
internal import Knowledge
internal import Labels
internal import RunIndex
internal import Synchronization

/// One call's view of a run.
struct Desk {
  let snapshot: LiveIndex.Snapshot
  let labels: LabelFile?
  let arguments: ToolArguments
  let context: AgentContext
  let model: (any ModelExperiments)?

  var index: RunIndex { snapshot.index }
  var mergedPrompts: Int { index.state.mergedPrompts }

  /// For experiments that take long. Reports are numbered, because progress must increase and nobody knows the end.
  var progress: ExperimentProgress {
    let context = context
    let count = Mutex(0.0)
    return ExperimentProgress(
      isCancelled: { context.isCancelled },
      report: { text in
        let number = count.withLock { count in
          count += 1
          return count
        }
        context.report(number, of: nil, text.harmless(maximumBytes: 200))
      })
  }

  /// Evidence from fewer prompts is called thin.
  static let fewPrompts = 10

  // MARK: What may be asked for

  /// The neuron that an argument names, with what the run knows about it.
  func row(_ name: String = "neuron") throws -> NeuronRow { try row(of: try arguments.neuron(name)) }

  func row(of neuron: NeuronID) throws -> NeuronRow {
    guard let row = try index.neurons([neuron]).first else { throw try unknown(neuron) }
    return row
  }

  func star(_ name: String = "neuron") throws -> NeuronStar {
    let neuron = try arguments.neuron(name)
    guard let star = try index.star(of: neuron) else { throw try unknown(neuron) }
    return star
  }

  private func unknown(_ neuron: NeuronID) throws -> ToolError {
    var text = "\(index.unselectedText(neuron)), so that nothing is known about it. "
    var search = NeuronSearch()
    search.layer = Int(neuron.layer)
    let near = try index.neurons(search, limit: 3).rows.map { "\($0.neuron)" }
    text +=
      near.isEmpty
      ? "The run has no neuron of layer \(neuron.layer). "
      : "Of layer \(neuron.layer) the run has \(near.joined(separator: ", ")) and others. "
    return ToolError(text + "search_neurons finds neurons that the run knows.", .absent)
  }

  /// The number and the graph of the prompt that the argument `prompt` names.
  func graph() throws -> (number: Int, delta: EdgeDelta) {
    guard let number = try arguments.integer("prompt", in: 0...Schema.mostPrompts) else {
      throw ToolError("the argument prompt is missing")
    }
    guard index.specification.prompts.indices.contains(number) else {
      throw ToolError(
        "there is no prompt \(number): the run has prompts 0 to \(index.specification.prompts.count - 1)", .absent)
    }
    guard let delta = try index.graph(ofPrompt: Int32(number)) else {
      throw ToolError(
        "prompt \(number) is not merged: it is still to do, or it failed; get_exemplars names merged prompts", .absent)
    }
    return (number, delta)
  }

  /// The number of the comparison of the groups that the arguments name; 0 if they name none.
  func comparison() throws -> (number: Int, RunSpecificity.Comparison)? {
    let comparisons = try index.comparisons()
    guard let name = try arguments.string("group") else { return comparisons.first.map { (0, $0) } }
    guard let number = comparisons.firstIndex(where: { $0.second == name }) else {
      let names = comparisons.map(\.second).joined(separator: ", ")
      throw ToolError(
        "there is no group \(Quoted.text(name)) to compare \(comparisons.first?.first ?? "the domain") with; "
          + (names.isEmpty ? "this run has one group only" : "there is \(names)"), .absent)
    }
    return (number, comparisons[number])
  }

  /// The ends that a text means: a neuron, `E_504`, `L_791`, `M`, `token: the`, `logit: the` or `metric`.
  func ends(_ name: String) throws -> [Endpoint] {
    guard let text = try arguments.string(name) else { throw ToolError("the argument \(name) is missing") }
    return try ends(text, name)
  }

  /// The ends that the text of an argument means.
  func ends(_ text: String, _ name: String) throws -> [Endpoint] {
    if let neuron = NeuronID(text), !text.hasPrefix("E_") { return [.neuron(try row(of: neuron).neuron)] }
    if let endpoint = Endpoint(text) { return [endpoint] }
    if text == "metric" { return [.metric] }
    for (prefix, make) in [
      ("token:", { Endpoint.embedding(token: $0) }), ("logit:", { Endpoint.logit(token: $0) }),
    ] where text.hasPrefix(prefix) {
      return try tokens(String(text.dropFirst(prefix.count)), name).map(make)
    }
    throw ToolError(
      "\(name) is \(Quoted.text(text)); write a neuron as L29/N729, an input token as token:fever, a predicted token as "
        + "logit:fever, and the metric as metric")
  }

  /// The tokens that the text of an argument means.
  func tokens(_ text: String, _ name: String) throws -> [Int32] {
    let tokens = try index.tokens(named: text)
    guard tokens.isEmpty else { return tokens }
    let similar = try index.tokens(similarTo: text, limit: 5)
    throw ToolError(
      "\(name): no prompt or prediction of this run has the token \(Quoted.text(text)), with or without a space before it. "
        + "Tokens are often pieces of words. "
        + (similar.isEmpty
          ? "Neurons were selected most often at the tokens "
            + Self.list(try index.frequentTokens(limit: 6))
          : "The run has \(similar.map(Quoted.token).joined(separator: ", "))")
        + "; get_prompt_graph shows the tokens of a prompt", .absent)
  }

  /// Tokens with how often they occur.
  static func list(_ tokens: [(text: String, count: Int)]) -> String {
    tokens.map { "\(Quoted.token($0.text)) (\($0.count))" }.joined(separator: ", ")
  }

  // MARK: What answers have in common

  /// What every answer must be read with.
  func commonCaveats() -> [String] {
    let now = snapshot.now
    var caveats: [String] = []
    if snapshot.behind > 0 {
      caveats.append(
        "the run goes on: \(snapshot.behind) prompts were merged since this snapshot of \(mergedPrompts); ask again later"
      )
    } else if !snapshot.isCurrent {
      caveats.append(
        "results of the run were taken back or replaced since this snapshot of \(mergedPrompts) prompts; ask again later"
      )
    } else if now.openPrompts > 0 {
      caveats.append(
        now.progress == "cancelled"
          ? "the run was cancelled: \(mergedPrompts) of \(now.promptCount) prompts are merged"
          : "the run is unfinished: \(mergedPrompts) of \(now.promptCount) prompts are merged")
    }
    if now.quarantinedPrompts > 0 {
      caveats.append(
        "\(now.quarantinedPrompts) of \(now.promptCount) prompts failed, are quarantined and count nowhere")
    }
    if mergedPrompts < 50 { caveats.append("the whole run has only \(mergedPrompts) prompts") }
    return caveats
  }

  func thinness(_ row: NeuronRow) -> [String] {
    row.prompts < Self.fewPrompts
      ? ["thin evidence: \(row.neuron) was selected in only \(row.prompts) of \(mergedPrompts) prompts"] : []
  }

  /// What the places of a neuron cannot tell.
  func placeCaveats(_ row: NeuronRow) -> [String] {
    guard row.lastPositions == row.positions else { return [] }
    return [
      "\(row.neuron) was selected only at the last position, where the prediction is read: the token there says little about "
        + "what it detects"
    ]
  }

  static let selectionCaveat =
    "prompts are counted in which the neuron was selected into the graph by its score, not those in which it fires"

  var snapshotJSON: JSONValue {
    [
      "run": Quoted.value(index.specification.name), "prompts": .integer(mergedPrompts),
      "of": .integer(index.state.promptCount), "quarantined": .integer(snapshot.now.quarantinedPrompts),
      "behind": .integer(snapshot.behind), "is_current": .boolean(snapshot.isCurrent),
      "state": .string(snapshot.now.progress),
    ]
  }

  /// A line about a neuron in lists.
  func line(_ row: NeuronRow) throws -> (json: JSONValue, text: String) {
    let label = try labels(of: row.neuron).first
    var json: JSONObject = [
      "neuron": .string("\(row.neuron)"), "prompts": .integer(row.prompts), "role": .string(row.role),
      "is_sink": .boolean(row.isSink),
    ]
    var text = "\(row.neuron): in \(row.prompts) of \(mergedPrompts) prompts, \(CircuitRole.words(row.role))"
    if let finding = row.finding {
      json.set("class", .string(finding.class))
      json.set("q_value", .optional(finding.qValue))
      json.set(
        "counts",
        .string("\(finding.firstCount)/\(finding.firstTotal) against \(finding.secondCount)/\(finding.secondTotal)"))
      text +=
        ", \(finding.class) (\(finding.firstCount)/\(finding.firstTotal) against \(finding.secondCount)/\(finding.secondTotal)"
      text += finding.qValue.map { ", q \(ReadableNumber.scientific($0)))" } ?? ", not tested)"
    }
    if let label {
      json.set("label", Quoted.value(label.markedText, maximumBytes: 200))
      text += ", labelled \(Quoted.text(label.markedText, maximumBytes: 120))"
    }
    return (.object(json), text)
  }

  static let lineSchema = Schema.object(
    [
      ("neuron", Schema.string), ("prompts", Schema.integer), ("role", Schema.string), ("is_sink", Schema.boolean),
      ("class", Schema.string), ("q_value", Schema.maybeNumber), ("counts", Schema.string), ("label", Schema.string),
    ], optional: ["class", "q_value", "counts", "label"])

  // MARK: Edges

  static let endSchema: [(String, JSONValue)] = [
    ("id", Schema.string), ("kind", Schema.string), ("text", Schema.string),
  ]

  static func json(_ end: NamedEnd) -> JSONObject {
    var json: JSONObject = ["id": .string(end.id), "kind": .string(end.kind)]
    if let text = end.text { json.set("text", Quoted.tokenValue(text)) }
    return json
  }

  static func text(_ end: NamedEnd) -> String {
    switch end.endpoint.kind {
    case .neuron: end.id
    case .embedding: "token \(Quoted.token(end.text ?? "#\(end.endpoint.token ?? 0)"))"
    case .logit: "logit \(Quoted.token(end.text ?? "#\(end.endpoint.token ?? 0)"))"
    case .metric: "the metric"
    }
  }
}

extension Double {
  /// For answers: to six significant digits.
  var short: JSONValue { isFinite ? .number(significant) : .null }
}
