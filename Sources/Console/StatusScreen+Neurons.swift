// autointerp
// `StatusScreen` shows the leading neurons as lines of a terminal.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import Platform

extension StatusScreen {
  /// A heading, one line per neuron and an empty line; nothing if there is room for fewer than two neurons. `room` is
  /// the number of neurons that fit; nil means no limit.
  func neurons(_ all: [NeuronReport], room: Int?) -> [String] {
    let shown = all.prefix(max(0, min(10, room ?? 10)))
    guard shown.count >= min(2, all.count), !shown.isEmpty else { return [] }
    let nameWidth = shown.reduce(6) { max($0, $1.neuron.count) }
    let countWidth = shown.reduce(1) { max($0, ReadableNumber.grouped($1.prompts).count) }
    let lines = shown.map { neuron in
      let share = neuron.domainSpecificity.map { "\(Int(($0 * 100).rounded())) %" } ?? "-"
      let head =
        TerminalText.padded(neuron.neuron, nameWidth) + "  "
        + TerminalText.padded(ReadableNumber.grouped(neuron.prompts), countWidth, right: true) + "  "
        + TerminalText.padded(share, 5, right: true)
      let left = width - head.columns - 4
      guard left >= 24 else { return TerminalText.fitted(head, width) }
      let upstream = edges(neuron.upstream, "<-", width: left / 2)
      return head + "  " + TerminalText.padded(upstream, left / 2) + "  "
        + edges(neuron.downstream, "->", width: left - left / 2)
    }
    let key = TerminalText.fitted(
      "  by |score|\(shown.first?.rule.map { " (\($0))" } ?? ""): prompts, domain, <- driven by, -> drives (mean flow)",
      width - "Top neurons".count)
    return [styled(.bold, "Top neurons") + styled(.dim, key)] + lines + [""]
  }

  /// As many complete edges as fit, at least one.
  private func edges(_ edges: [EdgeReport], _ arrow: String, width: Int) -> String {
    guard let first = edges.first else { return arrow + " none yet" }
    var line = "\(arrow) \(Self.text(first))"
    for edge in edges.dropFirst() {
      let longer = "\(line)  \(Self.text(edge))"
      guard longer.columns <= width else { break }
      line = longer
    }
    return TerminalText.fitted(line, width)
  }

  /// For example `L9/N200 -5.82` or `"Paris" +0.42`.
  private static func text(_ edge: EdgeReport) -> String {
    let parts = edge.node.split(separator: "_")
    let name: String
    if parts.count == 2, let layer = Int(parts[0]), let index = Int(parts[1]) {
      name = "L\(layer)/N\(index)"
    } else if let text = edge.text, !text.isEmpty {
      name = "\"\(TerminalText.fitted(text.replacing("\n", with: "↵"), 14))\""
    } else {
      name = edge.node
    }
    return "\(name) \(Figures.flow(edge))"
  }
}
