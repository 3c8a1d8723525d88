// autointerp
// `RunKnowledge.summaryFindings` says what a run found, how sure that is, and how much chance alone would have found.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

extension RunKnowledge {
  /// What the summary of a run shows: warnings, counts beside those of the permutation null, and the leading neurons.
  package func summaryFindings(limit: Int = 8) -> SummaryFindings {
    var findings = SummaryFindings()
    findings.sinks = sinks.neurons
    findings.notes = sinkLines() + specificity.balance.warnings.flatMap { Self.wrapped("  WARNING: \($0.text)") }
    guard let comparison = specificity.comparisons.first else {
      findings.title = "Top neurons by prompts (only one group was run: nothing can be called specific)"
      findings.neurons = aggregate.rankedNeurons(by: .prompts, limit: limit + sinks.all.count).filter {
        !sinks.neurons.contains($0)
      }.prefix(limit).map { SummaryFindings.Neuron(neuron: $0, text: countText($0)) }
      return findings
    }
    findings.notes += specificity.comparisons.flatMap(lines) + [""]
    let ranked = rankedBySpecificity()
    let specific = ranked.filter { $0.specificity.class == .domain }.prefix(limit)
    let shown = specific.isEmpty ? Array(ranked.prefix(limit)) : Array(specific)
    findings.title =
      specific.isEmpty
      ? "No neuron is surely specific to \(comparison.first). The likeliest, by shrunken log odds:"
      : "Top neurons of \(comparison.first) against \(comparison.second), by shrunken log odds "
        + "(q: share of chance among such findings)"
    findings.neurons = shown.map { SummaryFindings.Neuron(neuron: $0.neuron, text: text($0.neuron, $0.specificity)) }
    return findings
  }

  private func sinkLines() -> [String] {
    guard !sinks.all.isEmpty else { return [] }
    return Self.wrapped(
      "  sinks, in nearly every prompt and left out of the lists: "
        + sinks.all.map { "\($0.neuron)" }.joined(separator: ", "))
  }

  private func lines(_ comparison: RunSpecificity.Comparison) -> [String] {
    var lines = Self.wrapped("  \(comparison.first) against \(comparison.second): \(comparison.findingsText)")
    if let fewest = comparison.detectable.fewestAgainstNone {
      lines += Self.wrapped(
        "  a neuron \(comparison.basis.verb) in \(fewest) prompts of \(comparison.first) and none of \(comparison.second) is found"
      )
    }
    return lines
  }

  private func countText(_ neuron: NeuronID) -> String {
    let prompts = aggregate.statistics(of: neuron)?.prompts ?? 0
    return " \(prompts)/\(aggregate.totals.prompts) prompts"
  }

  private func text(_ neuron: NeuronID, _ found: Specificity) -> String {
    guard let comparison = specificity.comparisons.first else { return "" }
    var text =
      " \(comparison.first) \(found.table.first.count)/\(found.table.first.total)".filled(18)
      + " \(comparison.second) \(found.table.second.count)/\(found.table.second.total)".filled(20)
    if let test = found.test {
      text += " q \(ReadableNumber.scientific(test.qValue))".filled(11)
      text += found.logOdds.error.isFinite ? " odds x\(found.logOdds.factorText(decimals: 1))" : " odds not known"
      if found.testsDisagree, let crude = found.crude, found.isStratified {
        text += " crude q \(ReadableNumber.scientific(crude.qValue))"
      }
    }
    return text
  }

  /// A text in lines of at most 100 columns; further lines are indented by four.
  static func wrapped(_ text: String) -> [String] {
    var lines: [String] = []
    let indent = String(text.prefix { $0 == " " })
    var line = indent
    for word in text.split(separator: " ") {
      if line.utf8.count + word.utf8.count + 1 > 100, line.contains(where: { $0 != " " }) {
        lines.append(line)
        line = indent + "  "
      }
      line += (line.allSatisfy { $0 == " " } ? "" : " ") + word
    }
    return lines + [line]
  }
}

extension String {
  /// Filled with spaces at the end, never cut.
  fileprivate func filled(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - utf8.count)) }
}
