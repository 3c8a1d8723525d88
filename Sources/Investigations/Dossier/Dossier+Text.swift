// autointerp
// `Dossier.text` writes a dossier as lines for a terminal.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Platform

extension Dossier {
  package var text: String {
    let source = register.source
    var lines = [
      "\(neuron) of \(source.modelName.harmless(maximumBytes: 120)), run \(source.run.harmless(maximumBytes: 200))",
      "\(register.promptCount) unseen prompts of \(register.givenCount) given; selected in \(register.neuron.promptCount) prompts "
        + "of the run; read "
        + (register.neuron.reading.isLast ? "at the last position" : "where it is most active") + ", usual sign "
        + (register.neuron.reading.sign > 0 ? "+" : "-"),
      "register \(register.digest)",
      "\(findings.count) hypotheses: \(counts)",
    ]
    if let text = proposalText { lines.append(text) }
    for (number, finding) in findings.enumerated() {
      let hypothesis = finding.hypothesis
      lines += [
        "",
        "H\(number + 1) \(finding.verdict.outcome.rawValue.uppercased()): \(hypothesis.statement(neuron))",
        "  \(hypothesis.isCausal ? "causal" : "correlation only"); \(hypothesis.origin)",
        "  predicted: \(hypothesis.prediction(neuron, register.rules))",
        "  measured:  \(finding.figures)",
        "  on:        \(finding.measurement.design)",
        "  verdict:   \(finding.verdict.outcome.rawValue), because \(finding.reason(register.rules))",
      ]
    }
    lines += [""] + cautions.map { "Careful: \($0)" }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A line for a list of several neurons.
  package var line: String {
    let words = findings.map { "\($0.hypothesis.kind) \($0.verdict.outcome.rawValue)" }
    return "\(neuron)".leading(14) + counts.leading(42) + words.joined(separator: ", ")
  }
}
