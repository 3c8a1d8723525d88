// autointerp
// What a person reads at the end of a run.
// SPDX-License-Identifier: Apache-2.0

/// A short readable summary of a run: counts, checks, and the top domain neurons with what drives them and what they
/// drive. ASCII, at most 100 columns.
///
/// Neurons are ranked by the z-score of their log odds of domain against baseline (`DomainSpecificity.zScore`). A plain
/// ratio would put every neuron of a single domain prompt on top, and a count those that fire on everything; the z-score
/// asks for both, a difference and enough prompts to believe it. Neurons below `specificZScore` are not called
/// specific. Without prompts of one origin nothing is specific, and the ranking is by prompts and total effect, which is
/// said.
package struct RunSummary: Sendable {
  /// One-sided 5 % level of the normal distribution, for one neuron looked at alone.
  package static let specificZScore = 1.645

  private let aggregate: EdgeAggregate
  private let specification: RunSpecification
  private let seconds: Double?
  private let quarantined: Int
  private let limit: Int

  /// - Parameters:
  ///   - aggregate: what was merged.
  ///   - specification: the run that it belongs to.
  ///   - seconds: how long the run took; nil is not said, such as for a finished run that is only read.
  ///   - quarantined: prompts that were given up.
  ///   - limit: neurons to show.
  package init(
    aggregate: EdgeAggregate, specification: RunSpecification, seconds: Double?, quarantined: Int = 0, limit: Int = 8
  ) {
    self.aggregate = aggregate
    self.specification = specification
    self.seconds = seconds
    self.quarantined = quarantined
    self.limit = limit
  }

  package func text() -> String {
    (countLines() + checkLines() + [""] + neuronLines()).joined(separator: "\n") + "\n"
  }

  // MARK: Counts and checks

  private func countLines() -> [String] {
    let totals = aggregate.totals
    var head =
      "\(specification.corpusName) on \(specification.modelName): \(String(grouped: totals.prompts)) of "
      + "\(String(grouped: specification.prompts.count)) prompts (\(String(grouped: totals.domainPrompts)) domain, "
      + "\(String(grouped: totals.baselinePrompts)) baseline)"
    if let seconds { head += " in \(Self.duration(seconds))" }
    var lines = [
      head,
      "  \(String(grouped: aggregate.neuronCount)) neurons and \(String(grouped: aggregate.edgeCount)) edges, from "
        + "\(String(grouped: totals.nodes)) and \(String(grouped: totals.edges)) occurrences in "
        + "\(String(grouped: totals.tokens)) tokens",
    ]
    if quarantined > 0 {
      lines.append(
        "  WARNING: \(String(grouped: quarantined)) \(quarantined == 1 ? "prompt" : "prompts") quarantined; "
          + "not in these numbers")
    }
    return lines
  }

  private func checkLines() -> [String] {
    let totals = aggregate.totals
    guard totals.prompts > 0 else { return [] }
    var lines = [
      "  worst conservation residual \(String(scientific: Double(totals.worstResidual))); least kept |flow| of a "
        + "prompt \(String(fixed: Double(totals.leastKeptFlowShare) * 100, decimals: 1)) %"
    ]
    if totals.worstResidual > GraphExport.residualBound {
      lines.append("  WARNING: attributions of some prompt do not add up; do not trust these numbers")
    }
    if totals.truncatedPrompts > 0 {
      lines.append(
        "  WARNING: \(String(grouped: totals.truncatedPrompts)) prompts had more neurons than max_nodes and were cut")
    }
    if aggregate.ambiguousTokenCount > 0 {
      lines.append("  WARNING: workers gave \(aggregate.ambiguousTokenCount) tokens different texts")
    }
    return lines
  }

  // MARK: Neurons

  private func neuronLines() -> [String] {
    let totals = aggregate.totals
    guard aggregate.neuronCount > 0 else { return ["No neurons."] }
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
    let relp = String(fixed: statistics.relpSum / Double(statistics.prompts), decimals: 2, signed: true)
    let head =
      "  " + "\(profile.neuron)".leading(12)
      + " domain \(statistics.domainPrompts)/\(totals.domainPrompts)".leading(18)
      + " baseline \(statistics.baselinePrompts)/\(totals.baselinePrompts)".leading(20)
      + " z \(String(fixed: profile.specificity.zScore, decimals: 1, signed: true))".leading(9)
      + " relp \(relp) a prompt"
    return [head] + edgeLine("driven by", profile.upstream) + edgeLine("drives", profile.downstream)
  }

  /// Each other end with its mean flow and the share of the neuron's prompts that have the edge.
  private func edgeLine(_ title: String, _ edges: [NeuronProfile.Edge]) -> [String] {
    guard !edges.isEmpty else { return [] }
    var line = "      " + title.leading(10)
    for (number, edge) in edges.enumerated() {
      let frequency = String(fixed: edge.frequency * 100, decimals: 0)
      let piece =
        (number == 0 ? "" : ", ") + name(edge.endpoint)
        + " \(String(fixed: edge.statistics.mean, decimals: 2, signed: true)) (\(frequency) %)"
      if line.utf8.count + piece.utf8.count > Self.width { break }
      line += piece
    }
    return [line]
  }

  private func name(_ endpoint: Endpoint) -> String {
    if let neuron = endpoint.neuron { return "\(neuron)" }
    let token = endpoint.token ?? 0
    let text = String(token: aggregate.text(ofToken: token) ?? "#\(token)", width: 18)
    return endpoint.kind == .logit ? "logit \(text)" : text
  }

  static func duration(_ seconds: Double) -> String {
    if seconds < 60 { return "\(String(fixed: seconds, decimals: 1)) s" }
    let whole = Int(min(seconds, 1e9).rounded())
    let (hours, minutes) = (whole / 3600, whole / 60 % 60)
    return hours > 0 ? "\(hours) h \(minutes) min" : "\(minutes) min \(whole % 60) s"
  }
}
