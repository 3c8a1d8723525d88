// autointerp
// `InvestigationTally` counts the verdicts of investigations by kind of hypothesis.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Investigations

/// Counts of verdicts.
struct InvestigationTally {
  private struct Row {
    var counts: [Verdict.Outcome: Int] = [:]
    var untested = 0
  }

  /// In order of first appearance.
  private var kinds: [String] = []
  private var rows: [String: Row] = [:]
  private(set) var neuronCount = 0
  /// Neurons with at least one confirmed hypothesis.
  private(set) var neuronsWithConfirmed = 0

  var total: Int { rows.values.reduce(0) { $0 + $1.counts.values.reduce(0, +) } }

  func count(_ outcome: Verdict.Outcome) -> Int { rows.values.reduce(0) { $0 + ($1.counts[outcome] ?? 0) } }

  /// Adds those findings of a dossier that `isCounted` accepts.
  mutating func add(_ dossier: Dossier, where isCounted: (Hypothesis) -> Bool = { _ in true }) {
    let counted = dossier.findings.filter { isCounted($0.hypothesis) }
    guard !counted.isEmpty else { return }
    neuronCount += 1
    if counted.contains(where: { $0.verdict.outcome == .confirmed }) { neuronsWithConfirmed += 1 }
    for finding in counted {
      let kind = finding.hypothesis.kind
      if rows[kind] == nil { kinds.append(kind) }
      rows[kind, default: Row()].counts[finding.verdict.outcome, default: 0] += 1
      if finding.measurement.problem != nil { rows[kind]?.untested += 1 }
    }
  }

  /// A table with a line for each kind.
  func text(_ title: String) -> String {
    var lines = [title, "  kind                 confirmed  refuted  undecided  of these not testable"]
    func line(_ name: String, _ row: Row) -> String {
      "  \(name.leading(20))"
        + "\(row.counts[.confirmed] ?? 0)".trailing(10) + "\(row.counts[.refuted] ?? 0)".trailing(9)
        + "\(row.counts[.undecided] ?? 0)".trailing(11) + "\(row.untested)".trailing(13)
    }
    for kind in kinds { lines.append(line(kind, rows[kind] ?? Row())) }
    var sum = Row()
    for row in rows.values {
      sum.untested += row.untested
      for (outcome, count) in row.counts { sum.counts[outcome, default: 0] += count }
    }
    lines.append(line("all", sum))
    lines.append("  \(neuronsWithConfirmed) of \(neuronCount) neurons have a confirmed one")
    return lines.joined(separator: "\n") + "\n\n"
  }
}
