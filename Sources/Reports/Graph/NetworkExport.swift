// autointerp
// `NetworkExport` writes the neurons and edges of a run as a graph for Gephi, networkx and others.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
package import Labels
package import RunIndex

/// The graph of all merged prompts, bounded by the prompts that something must be in.
package struct NetworkExport {
  /// What was written.
  package struct Counts: Equatable, Sendable {
    package var nodes = 0
    package var edges = 0
    /// Edges of the run that are in too few prompts.
    package var leftOut = 0
  }

  private let index: RunIndex
  private let labels: LabelFile?
  private let fewestPrompts: Int

  /// Neurons and edges in fewer than `fewestPrompts` prompts are left out.
  package init(_ index: RunIndex, labels: LabelFile?, fewestPrompts: Int) {
    self.index = index
    self.labels = labels
    self.fewestPrompts = fewestPrompts
  }

  /// A piece is passed on when it has this many bytes.
  private static let pieceBytes = 1 << 20

  /// Writes the document to `sink`, in pieces. Only the neurons are in memory.
  ///
  /// - Throws: what `sink` throws, and errors of the run's files.
  package func write(_ format: NetworkFormat, to sink: ([UInt8]) throws -> Void) throws -> Counts {
    let groups = try index.groups().filter { $0.merged > 0 }.map(\.name)
    var document = NetworkDocument(
      format, facts: facts, node: NetworkFields.node(groups: groups), edge: NetworkFields.edge)
    var counts = Counts()
    try writeNeurons(groups, &document, &counts, sink)
    try writeTokens(&document, &counts)
    document.beginEdges()
    let merged = Double(max(1, index.state.mergedPrompts))
    try index.forEachEdge { edge in
      guard edge.prompts >= fewestPrompts else {
        counts.leftOut += 1
        return
      }
      counts.edges += 1
      document.edge(
        edge.source.id, edge.target.id,
        [
          ("weight", .number(edge.statistics.absoluteMean)), ("mean_flow", .number(edge.statistics.mean)),
          ("mean_absolute_flow", .number(edge.statistics.absoluteMean)), ("prompts", .integer(edge.prompts)),
          ("frequency", .number(Double(edge.prompts) / merged)),
          ("occurrences", .integer(Int(edge.statistics.occurrences))),
        ])
      if document.bytes.count >= Self.pieceBytes { try sink(document.takeBytes()) }
    }
    document.finish()
    try sink(document.takeBytes())
    return counts
  }

  private var facts: [(name: String, value: NetworkValue)] {
    let specification = index.specification
    return [
      ("run", .text(specification.name)), ("model", .text(specification.modelName)),
      ("metric", .text(specification.settings.metric.settingText)),
      ("rule", .text(specification.settings.rule.rawValue)), ("merged_prompts", .integer(index.state.mergedPrompts)),
      ("of_prompts", .integer(index.state.promptCount)), ("fewest_prompts", .integer(fewestPrompts)),
    ]
  }

  private func writeNeurons(
    _ groups: [String], _ document: inout NetworkDocument, _ counts: inout Counts, _ sink: ([UInt8]) throws -> Void
  ) throws {
    let rule = index.specification.settings.rule
    let statistics = try index.statistics(fewestPrompts: fewestPrompts)
    let groupCounts = try index.groupCounts(fewestPrompts: fewestPrompts)
    let calibration = try index.trustCalibration()
    var search = NeuronSearch()
    search.fewestPrompts = fewestPrompts
    let rows = try index.neurons(search, limit: Int(Int32.max)).rows.sorted { $0.neuron < $1.neuron }
    for row in rows {
      guard let known = statistics[row.neuron] else { continue }
      let occurrences = Double(max(1, known.occurrences))
      var values: [(name: String, value: NetworkValue)] = [
        ("label", .text("\(row.neuron)")), ("kind", .text("neuron")), ("layer", .integer(Int(row.neuron.layer))),
        ("index", .integer(Int(row.neuron.index))), ("role", .text(row.role)),
      ]
      if let finding = row.finding {
        values.append(("class", .text(finding.class)))
        if let q = finding.qValue { values.append(("q_value", .number(q))) }
        values.append(("log_odds", .number(finding.logOdds)))
      }
      values.append(("prompts", .integer(row.prompts)))
      for group in groups { values.append(("prompts_\(group)", .integer(groupCounts[row.neuron]?[group] ?? 0))) }
      values += [
        ("mean_score", .number(known.scoreSum(rule) / occurrences)),
        ("mean_absolute_score", .number(known.absoluteScoreSum(rule) / occurrences)),
        ("trust", .text(NeuronTrust(known, calibration: calibration).overall.rawValue)),
        ("is_sink", .boolean(row.isSink)),
      ]
      if let label = try labels?.labels(of: row.neuron).first {
        values.append(("description", .text(String(label.markedText.prefix(Self.longestLabel)))))
      }
      document.node("\(row.neuron)", values)
      counts.nodes += 1
      if document.bytes.count >= Self.pieceBytes { try sink(document.takeBytes()) }
    }
  }

  /// Characters of a label.
  private static let longestLabel = 500

  /// The tokens, predictions and the metric that edges lead to.
  private func writeTokens(_ document: inout NetworkDocument, _ counts: inout Counts) throws {
    var ends: [Endpoint: NamedEnd] = [:]
    try index.forEachEdge { edge in
      guard edge.prompts >= fewestPrompts else { return }
      for end in [edge.source, edge.target] where end.endpoint.kind != .neuron { ends[end.endpoint] = end }
    }
    for end in ends.values.sorted(by: { $0.endpoint < $1.endpoint }) {
      var values: [(name: String, value: NetworkValue)] = [
        ("label", .text(end.text ?? end.id)), ("kind", .text(end.kind)),
      ]
      if let text = end.text { values.append(("text", .text(text))) }
      document.node(end.id, values)
      counts.nodes += 1
    }
  }
}
