// autointerp
// The leading neurons as lines of a terminal.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol

extension StatusScreen {
  /// A heading, a line for each neuron and an empty line; nothing when there is no room for two neurons. `room` is that for
  /// neurons, nil for as many as there are.
  func neurons(_ all: [NeuronReport], room: Int?) -> [String] {
    let shown = all.prefix(max(0, min(10, room ?? 10)))
    guard shown.count >= min(2, all.count), !shown.isEmpty else { return [] }
    let nameWidth = shown.reduce(6) { max($0, $1.neuron.count) }
    let countWidth = shown.reduce(1) { max($0, StatusFormat.count($1.prompts).count) }
    let lines = shown.map { neuron in
      let share = neuron.domainSpecificity.map { "\(Int(($0 * 100).rounded())) %" } ?? "-"
      let head =
        TerminalText.padded(neuron.neuron, nameWidth) + "  "
        + TerminalText.padded(StatusFormat.count(neuron.prompts), countWidth, right: true) + "  "
        + TerminalText.padded(share, 5, right: true)
      let left = width - TerminalText.columns(head) - 4
      guard left >= 24 else { return TerminalText.fitted(head, width) }
      let upstream = edges(neuron.upstream, "<-", width: left / 2)
      return head + "  " + TerminalText.padded(upstream, left / 2) + "  "
        + edges(neuron.downstream, "->", width: left - left / 2)
    }
    let key = TerminalText.fitted(
      "  by |RelP|: prompts, domain, <- driven by, -> drives (mean flow)", width - "Top neurons".count)
    return [styled(.bold, "Top neurons") + styled(.dim, key)] + lines + [""]
  }

  /// As many whole edges as fit, at least one.
  private func edges(_ edges: [EdgeReport], _ arrow: String, width: Int) -> String {
    guard let first = edges.first else { return arrow + " none yet" }
    var line = "\(arrow) \(Self.text(first))"
    for edge in edges.dropFirst() {
      let longer = "\(line)  \(Self.text(edge))"
      guard TerminalText.columns(longer) <= width else { break }
      line = longer
    }
    return TerminalText.fitted(line, width)
  }

  /// Such as `L9/N200 -5.82`, `"Paris" +0.42`.
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
    return "\(name) \(StatusFormat.flow(edge))"
  }
}
