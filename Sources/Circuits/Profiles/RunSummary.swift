// autointerp
// `RunSummary` is the short text that a person reads at the end of a run.
// SPDX-License-Identifier: Apache-2.0

/// A readable summary of a run: counts, checks, and the top domain neurons with their drivers and targets. ASCII, at
/// most 100 columns.
///
/// Neurons are ranked by the z-score of their log odds of domain against baseline (`DomainSpecificity.zScore`). A
/// plain ratio would put every neuron of a single domain prompt on top, and a count those that fire on everything;
/// the z-score needs both a difference and enough prompts. Neurons below `specificZScore` are not called specific. If
/// one origin has no prompts, neurons are ranked by prompts and total effect, and the text says so.
package struct RunSummary: Sendable {
  /// The one-sided 5 % level of the normal distribution, for one neuron alone.
  package static let specificZScore = 1.645

  private let aggregate: EdgeAggregate
  private let specification: RunSpecification
  private let seconds: Double?
  private let quarantined: Int
  private let limit: Int
  private let findings: SummaryFindings?

  /// - Parameters:
  ///   - aggregate: the merged prompts.
  ///   - specification: the run of the aggregate.
  ///   - seconds: how long the run took; nil leaves it out, for example for a finished run.
  ///   - quarantined: the number of prompts in quarantine.
  ///   - limit: how many neurons to show.
  ///   - findings: which neurons to show and what to say about them; nil ranks by the z-score.
  package init(
    aggregate: EdgeAggregate, specification: RunSpecification, seconds: Double?, quarantined: Int = 0, limit: Int = 8,
    findings: SummaryFindings? = nil
  ) {
    self.aggregate = aggregate
    self.specification = specification
    self.seconds = seconds
    self.quarantined = quarantined
    self.limit = limit
    self.findings = findings
  }

  package func text() -> String {
    (countLines() + checkLines() + [""] + neuronLines()).joined(separator: "\n") + "\n"
  }

  // MARK: Counts and checks

  private func countLines() -> [String] {
    let totals = aggregate.totals
    var head =
      "\(specification.corpusName) on \(specification.modelName): \(ReadableNumber.grouped(totals.prompts)) of "
      + "\(ReadableNumber.grouped(specification.prompts.count)) prompts (\(ReadableNumber.grouped(totals.domainPrompts)) domain, "
      + "\(ReadableNumber.grouped(totals.baselinePrompts)) baseline"
      + (totals.otherPrompts > 0 ? ", \(ReadableNumber.grouped(totals.otherPrompts)) others)" : ")")
    if let seconds { head += " in \(Self.duration(seconds))" }
    var lines = [
      head,
      "  \(ReadableNumber.grouped(aggregate.neuronCount)) neurons and \(ReadableNumber.grouped(aggregate.edgeCount)) edges, from "
        + "\(ReadableNumber.grouped(totals.nodes)) and \(ReadableNumber.grouped(totals.edges)) occurrences in "
        + "\(ReadableNumber.grouped(totals.tokens)) tokens",
    ]
    if quarantined > 0 {
      lines.append(
        "  WARNING: \(ReadableNumber.grouped(quarantined)) \(quarantined == 1 ? "prompt" : "prompts") quarantined; "
          + "not in these numbers")
    }
    return lines
  }

  private func checkLines() -> [String] {
    let totals = aggregate.totals
    guard totals.prompts > 0 else { return [] }
    var lines = [
      "  worst conservation residual \(ReadableNumber.scientific(Double(totals.worstResidual))); least kept |flow| of a "
        + "prompt \(ReadableNumber.fixed(Double(totals.leastKeptFlowShare) * 100, decimals: 1)) %"
    ]
    if let share = totals.coverage.share, let thirds = totals.coverage.thirdsText {
      lines.append("  selected neurons carry \(ReadableNumber.percent(share)) of all |score|: \(thirds)")
    }
    lines.append("  \(specification.settings.scoreText)")
    lines += agreementLines() + trustLines()
    if totals.worstResidual > GraphExport.residualBound {
      lines.append("  WARNING: attributions of some prompt do not add up; do not trust these numbers")
    }
    if totals.truncatedPrompts > 0 {
      lines.append(
        "  WARNING: \(ReadableNumber.grouped(totals.truncatedPrompts)) prompts had more neurons than max_nodes and were cut"
      )
    }
    if aggregate.ambiguousTokenCount > 0 {
      lines.append("  WARNING: workers gave \(aggregate.ambiguousTokenCount) tokens different texts")
    }
    return lines
  }

  /// How far the scores of this run can be trusted, beyond and at position 0.
  private func agreementLines() -> [String] {
    let (table, rule) = (aggregate.agreement, specification.settings.rule)
    return table.positionRows(rule).flatMap { row in
      [
        "  \(rule.rawValue) scores against removal, \(ReadableNumber.grouped(row.agreement.nodes)) random nodes "
          + "\(row.position.place):", "    \(row.agreement.quote)",
      ]
    }
  }

  /// At how many positions scores can be trusted how far, by the run's own sample.
  private func trustLines() -> [String] {
    let calibration = aggregate.trustCalibration(specification.settings.rule)
    guard !calibration.cells.isEmpty else { return [] }
    var counts: [NodeTrust: UInt64] = [:]
    for neuron in aggregate.neurons where neuron.prompts > 0 {
      counts.merge(NeuronTrust(neuron, calibration: calibration).counts) { $0 + $1 }
    }
    let all = counts.values.reduce(0, +)
    let parts = NodeTrust.allCases.filter { counts[$0] != nil }.map {
      "\($0.rawValue) \(ReadableNumber.fixed(Double(counts[$0] ?? 0) / Double(max(1, all)) * 100, decimals: 0)) %"
    }
    return ["  trust of the scores of \(ReadableNumber.grouped(Int(all))) nodes: \(parts.joined(separator: ", "))"]
  }

  // MARK: Neurons

  private func neuronLines() -> [String] {
    let totals = aggregate.totals
    guard aggregate.neuronCount > 0 else { return ["No neurons."] }
    if let findings {
      let profiles = aggregate.profiles(
        of: findings.neurons.map(\.neuron), topCount: Self.shownEdges + findings.sinks.count)
      let lines = zip(findings.neurons, profiles).flatMap { finding, profile in
        ["  " + "\(finding.neuron)".leading(12) + finding.text] + edgeLines(of: profile)
      }
      return findings.notes + [findings.title] + lines
    }
    guard totals.domainPrompts > 0, totals.baselinePrompts > 0 else {
      return ["Top neurons by prompts (only one origin was run: nothing can be called specific)"]
        + aggregate.topNeurons(sortedBy: .prompts, limit: limit, topCount: Self.shownEdges).flatMap(lines)
    }
    let specific = aggregate.topNeurons(sortedBy: .domain, limit: limit, topCount: Self.shownEdges).filter {
      $0.specificity.zScore >= Self.specificZScore
    }
    guard !specific.isEmpty else {
      return ["No neuron is clearly specific to the domain; more prompts may tell. Top neurons by prompts:"]
        + aggregate.topNeurons(sortedBy: .prompts, limit: limit, topCount: Self.shownEdges).flatMap(lines)
    }
    return ["Top domain neurons (z: log odds of domain against baseline over their standard error)"]
      + specific.flatMap(lines)
  }

  private static let shownEdges = 4
  private static let width = 100

  private func lines(of profile: NeuronProfile) -> [String] {
    let (statistics, totals) = (profile.statistics, aggregate.totals)
    let rule = specification.settings.rule
    let score = ReadableNumber.fixed(
      statistics.scoreSum(rule) / Double(statistics.prompts), decimals: 2, signed: true)
    let head =
      "  " + "\(profile.neuron)".leading(12)
      + " domain \(statistics.domainPrompts)/\(totals.domainPrompts)".leading(18)
      + " baseline \(statistics.baselinePrompts)/\(totals.baselinePrompts)".leading(20)
      + " z \(ReadableNumber.fixed(profile.specificity.zScore, decimals: 1, signed: true))".leading(9)
      + " \(rule.rawValue) \(score) a prompt"
    return [head] + edgeLines(of: profile)
  }

  /// What drives the neuron and what it drives, without sinks.
  private func edgeLines(of profile: NeuronProfile) -> [String] {
    func shown(_ edges: [NeuronProfile.Edge]) -> [NeuronProfile.Edge] {
      let sinks = findings?.sinks ?? []
      return Array(edges.filter { !($0.endpoint.neuron.map(sinks.contains) ?? false) }.prefix(Self.shownEdges))
    }
    return edgeLine("driven by", shown(profile.upstream)) + edgeLine("drives", shown(profile.downstream))
  }

  /// Writes each other end with its mean flow and the share of the neuron's prompts that have the edge.
  private func edgeLine(_ title: String, _ edges: [NeuronProfile.Edge]) -> [String] {
    guard !edges.isEmpty else { return [] }
    var line = "      " + title.leading(10)
    for (number, edge) in edges.enumerated() {
      let frequency = ReadableNumber.fixed(edge.frequency * 100, decimals: 0)
      let piece =
        (number == 0 ? "" : ", ") + name(edge.endpoint)
        + " \(ReadableNumber.fixed(edge.statistics.mean, decimals: 2, signed: true)) (\(frequency) %)"
      if line.utf8.count + piece.utf8.count > Self.width { break }
      line += piece
    }
    return [line]
  }

  private func name(_ endpoint: Endpoint) -> String {
    if let neuron = endpoint.neuron { return "\(neuron)" }
    guard let token = endpoint.token else { return "metric" }
    let text = String(token: aggregate.text(ofToken: token) ?? "#\(token)", width: 18)
    return endpoint.kind == .logit ? "logit \(text)" : text
  }

  static func duration(_ seconds: Double) -> String {
    if seconds < 60 { return "\(ReadableNumber.fixed(seconds, decimals: 1)) s" }
    let whole = Int(min(seconds, 1e9).rounded())
    let (hours, minutes) = (whole / 3600, whole / 60 % 60)
    return hours > 0 ? "\(hours) h \(minutes) min" : "\(minutes) min \(whole % 60) s"
  }
}
