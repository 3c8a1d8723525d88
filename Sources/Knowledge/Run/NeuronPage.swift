// autointerp
// `NeuronPage` writes what a run knows about one neuron as a page of text.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Platform

/// A page about one neuron: verdict, role, drivers, targets, and what is not known. At most 100 columns.
package struct NeuronPage: Sendable {
  private let neuron: NeuronID
  private let aggregate: EdgeAggregate
  private let specification: RunSpecification
  private let knowledge: RunKnowledge
  private let profile: NeuronProfile

  private static let listLength = 6

  /// Nil if no merged prompt has the neuron.
  package init?(_ neuron: NeuronID, aggregate: EdgeAggregate, specification: RunSpecification) {
    self.init(
      neuron, aggregate: aggregate, specification: specification,
      knowledge: RunKnowledge(aggregate: aggregate, specification: specification))
  }

  /// The same with conclusions that are known already.
  package init?(
    _ neuron: NeuronID, aggregate: EdgeAggregate, specification: RunSpecification, knowledge: RunKnowledge
  ) {
    let room = Self.listLength + knowledge.sinks.all.count
    guard let profile = aggregate.profile(of: neuron, topCount: room, edgesBy: .flow) else { return nil }
    self.neuron = neuron
    self.aggregate = aggregate
    self.specification = specification
    self.knowledge = knowledge
    self.profile = profile
  }

  package var text: String { text(labels: [], evidence: []) }

  /// The page with what is kept elsewhere: lines about labels under its head, lines about what its weights write after
  /// what it drives, lines about its module after its activity, and lines about places where the neuron was selected before what
  /// is not known. They must be harmless.
  package func text(
    labels: [String], writes: [String] = [], modules: [String] = [], evidence: [String]
  ) -> String {
    let parts = [
      headLines + labels, verdictLines, scoreLines, roleLines, flowLines, writes.flatMap(RunKnowledge.wrapped),
      activityLines, modules.flatMap(RunKnowledge.wrapped), evidence, unknownLines,
    ]
    return parts.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }

  private var headLines: [String] {
    [
      "\(neuron) of \(specification.modelName.harmless(maximumBytes: 60))",
      "run \(specification.name.harmless(maximumBytes: 70)), \(aggregate.totals.prompts) prompts",
      specification.settings.scoreText,
    ]
  }

  // MARK: Specificity

  private var verdictLines: [String] {
    guard !knowledge.specificity.comparisons.isEmpty else {
      return ["Specificity: only one group of prompts was run, so that nothing can be said"]
    }
    var lines = ["Specificity"]
    for (number, comparison) in knowledge.specificity.comparisons.enumerated() {
      guard let found = knowledge.specificity.specificity(of: neuron, inComparison: number) else { continue }
      lines += RunKnowledge.wrapped(
        "  \(comparison.first) against \(comparison.second), by prompts where it was "
          + (comparison.basis == .selected ? "selected: " : "among the most active: ")
          + "\(found.verdict(first: comparison.first, second: comparison.second)); \(found.reason)")
      for (name, share) in [(comparison.first, found.table.first), (comparison.second, found.table.second)] {
        let interval = share.interval
        lines.append(
          "    \(name): \(share.count) of \(share.total) prompts, \(ReadableNumber.percent(share.rate)) "
            + "(\(ReadableNumber.percent(interval.lowerBound)) to \(ReadableNumber.percent(interval.upperBound)))")
      }
      if let test = found.test {
        lines += RunKnowledge.wrapped(
          "    q \(ReadableNumber.scientific(test.qValue)) of \(comparison.testCount) tests (\(found.testName)); "
            + found.oddsText)
      }
      if let text = found.disagreementText { lines += RunKnowledge.wrapped("    \(text)") }
    }
    return lines
  }

  // MARK: Scores

  private var scoreLines: [String] {
    let rule = specification.settings.rule
    return Self.scoreLines(profile.statistics, rule: rule, calibration: aggregate.trustCalibration(rule))
  }

  // MARK: Role

  private var roleLines: [String] {
    let role = RoleAssessment(profile.statistics, isSink: knowledge.sinks.neurons.contains(neuron))
    return ["Role: \(role.role.words) (\(role.stabilityText))"] + RunKnowledge.wrapped("  \(role.figuresText)")
  }

  // MARK: Edges

  private var flowLines: [String] {
    list("What drives it", profile.upstream, count: profile.upstreamCount)
      + list("What it drives", profile.downstream, count: profile.downstreamCount)
  }

  private func list(_ title: String, _ edges: [NeuronProfile.Edge], count: Int) -> [String] {
    let isSink = { (edge: NeuronProfile.Edge) in
      edge.endpoint.neuron.map(knowledge.sinks.neurons.contains) ?? false
    }
    var lines = ["\(title) (\(ReadableNumber.grouped(count)) in all; flow a prompt, share of its prompts)"]
    for edge in edges.filter({ !isSink($0) }).prefix(Self.listLength) {
      let statistics = edge.statistics
      var line =
        "  \(name(edge.endpoint)) \(ReadableNumber.fixed(statistics.mean, decimals: 3, signed: true)) "
        + "(\(ReadableNumber.percent(edge.frequency)))"
      if statistics.cancels {
        line += ", |flow| \(ReadableNumber.fixed(statistics.absoluteMean, decimals: 3)): signs cancel"
      }
      lines.append(line)
    }
    let sinks = edges.filter(isSink).map { "\(name($0.endpoint))" }
    if !sinks.isEmpty { lines += RunKnowledge.wrapped("  and the sinks \(sinks.joined(separator: ", "))") }
    return lines
  }

  private func name(_ endpoint: Endpoint) -> String {
    if let neuron = endpoint.neuron { return "\(neuron)" }
    guard let token = endpoint.token else { return "the metric" }
    let text = String(token: aggregate.text(ofToken: token) ?? "#\(token)")
    return endpoint.kind == .logit ? "logit \(text)" : "token \(text)"
  }

  // MARK: Activity

  private var activityLines: [String] {
    let statistics = profile.statistics
    let occurrences = Double(max(1, statistics.occurrences))
    var lines = [
      "Activity where it was selected: \(ReadableNumber.grouped(statistics.occurrences)) positions in "
        + "\(statistics.prompts) prompts",
      "  mean activation \(ReadableNumber.fixed(statistics.activationSum / occurrences, decimals: 2, signed: true)) "
        + "(\(statistics.positiveActivation) positive, \(statistics.negativeActivation) negative)",
    ]
    let places = PositionClass.allCases.map { "\(statistics.statistics(at: $0).occurrences) \($0.rawValue)" }
    lines.append("  positions: \(places.joined(separator: ", "))")
    if !profile.cooccurring.isEmpty {
      let others = profile.cooccurring.filter { !knowledge.sinks.neurons.contains($0.neuron) }.prefix(Self.listLength)
      lines += RunKnowledge.wrapped(
        "  most often with "
          + others.map { "\($0.neuron) (\(ReadableNumber.percent($0.frequency)))" }.joined(separator: ", "))
    }
    return lines
  }

  private var unknownLines: [String] {
    var lines = ["Not known"]
    if !knowledge.specificity.comparisons.contains(where: { $0.basis == .active }) {
      lines.append("  how often it fires: prompts count in which it was selected into the graph")
    }
    lines += RunKnowledge.wrapped(
      profile.statistics.verifiedCount == 0
        ? "  whether it is necessary: it was removed in none of these prompts"
        : "  whether it is necessary elsewhere: it was removed alone, at the positions counted above")
    for comparison in knowledge.specificity.comparisons {
      if let text = comparison.detectableText { lines += RunKnowledge.wrapped("  small differences: \(text)") }
    }
    return lines
  }
}
