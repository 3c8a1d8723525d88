// autointerp
// `DescriptionScores.text` says how well labels tell held-out prompts, all together and one by one.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
package import Labels
internal import Platform

extension DescriptionScores {
  /// Lines for a terminal: the mean beside the exchanges, then at most `limit` labels, those with the largest AUC first.
  /// `labels` are those that were scored, in the order of the items.
  package func text(_ labels: [NeuronLabel], of run: ScoredRun, limit: Int) -> String {
    var lines = [
      "Halves: \(run.training.count) prompts to make labels from, \(run.heldOut.count) others to score them on "
        + "(\(run.halves.familyCount) families of near-duplicates, each in one half)"
    ]
    lines += summary(labels)
    let order = labels.indices.filter { separations[$0] != nil }.sorted {
      let (a, b) = (separations[$0]?.value ?? 0, separations[$1]?.value ?? 0)
      return a != b ? a > b : labels[$0].neuron < labels[$1].neuron
    }
    for place in order.prefix(limit) {
      guard let found = separations[place] else { continue }
      let control = controls[place].map { Self.number($0) } ?? "-"
      lines.append(
        "  \("\(labels[place].neuron)".leading(11)) \(Self.number(found.value)) (\(Self.number(found.low)) to "
          + "\(Self.number(found.high))), others \(control), \(found.positives) of "
          + "\(found.positives + found.negatives): \(labels[place].text.quoted(maximumBytes: 160))")
    }
    if order.count > limit { lines.append("  and \(order.count - limit) more") }
    return lines.map { "\($0)\n" }.joined()
  }

  private func summary(_ labels: [NeuronLabel]) -> [String] {
    guard let mean else {
      return ["  no score: no neuron is in \(Self.fewestPrompts) held-out prompts and missing in as many"]
    }
    let scored = separations.count { $0 != nil }
    var line = "  AUC by their words: mean \(Self.number(mean)) of \(scored) labels"
    if let low = exchangedMeans.min(), let high = exchangedMeans.max() {
      let middle = exchangedMeans.reduce(0, +) / Double(exchangedMeans.count)
      line +=
        "; the same labels exchanged between neurons: \(Self.number(middle)) (\(Self.number(low)) to \(Self.number(high)) "
        + "in \(exchangedMeans.count) exchanges)"
    }
    var lines = [line]
    let better = separations.count { $0.map { $0.low > 0.5 } ?? false }
    lines.append("  \(better) of \(scored) have an interval above 0.5; what is told is selection into the graph")
    if scored < labels.count {
      lines.append("  \(labels.count - scored) have too few held-out prompts with or without their neuron for a score")
    }
    return lines
  }

  private static func number(_ value: Double) -> String { ReadableNumber.fixed(value, decimals: 2) }
}
