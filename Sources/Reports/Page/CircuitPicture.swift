// autointerp
// `CircuitPicture` draws what drives a neuron and what it drives: drivers left, targets right, width by mean |flow|.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Platform
internal import RunIndex

struct CircuitPicture {
  let neuron: NeuronReport

  private static let (width, boxWidth, selfWidth, boxHeight, gap) = (600, 178, 104, 30, 12)
  /// The widest line, for the largest flow of a side, in the unit of the drawing.
  private static let widest = 12.0
  /// Texts in boxes are cut to this many columns.
  private static let boxColumns = 19

  var markup: Markup {
    let rows = max(1, neuron.drivers.count, neuron.targets.count)
    let height = rows * (Self.boxHeight + Self.gap) + 34
    let middle = (height + 22) / 2
    let left = column(neuron.drivers.map { ($0, $0.source) }, x: 0, middle: middle, isLeft: true)
    let right = column(
      neuron.targets.map { ($0, $0.target) }, x: Self.width - Self.boxWidth, middle: middle, isLeft: false)
    let name = "\(neuron.row.neuron)"
    let x = (Self.width - Self.selfWidth) / 2
    return """
      <svg viewBox="0 0 \(Self.width) \(height)" role="img" aria-label="\(description)">
      <text class="note" x="0" y="14">drivers</text>
      <text class="note" x="\(Self.width)" y="14" text-anchor="end">targets</text>
      \(left.lines)\(right.lines)\(left.boxes)\(right.boxes)
      <rect class="self" x="\(x)" y="\(middle - 19)" width="\(Self.selfWidth)" height="38" rx="10"/>
      <text x="\(Self.width / 2)" y="\(middle + 5)" text-anchor="middle" font-weight="650">\(name)</text>
      </svg>
      """
  }

  private func column(
    _ edges: [(EdgeRow, NamedEnd)], x: Int, middle: Int, isLeft: Bool
  ) -> (lines: [Markup], boxes: [Markup]) {
    let largest = edges.map(\.0.statistics.absoluteMean).max() ?? 0
    var lines: [Markup] = []
    var boxes: [Markup] = []
    let start = middle - (edges.count * (Self.boxHeight + Self.gap) - Self.gap) / 2
    for (place, (edge, end)) in edges.enumerated() {
      let y = start + place * (Self.boxHeight + Self.gap)
      let center = y + Self.boxHeight / 2
      let size = largest > 0 ? max(1.2, Self.widest * edge.statistics.absoluteMean / largest) : 1.2
      let width = ReadableNumber.fixed(size, decimals: 1)
      let kind: Markup = edge.statistics.mean < 0 ? "down" : "up"
      let outer = isLeft ? x + Self.boxWidth : x
      let inner = isLeft ? (Self.width - Self.selfWidth) / 2 : (Self.width + Self.selfWidth) / 2
      let bend = (outer + inner) / 2
      // Lines end beside each other at the neuron, so that they can be told apart.
      let inside = middle + (place * 2 - edges.count + 1) * 2
      lines.append(
        """
        <path class="\(kind)" stroke-width="\(width)" d="M\(outer) \(center)C\(bend) \(center) \(bend) \(inside) \(inner) \
        \(inside)"/>
        """)
      let flow = ReadableNumber.fixed(edge.statistics.mean, decimals: 3, signed: true)
      boxes.append(
        """
        <rect class="node" x="\(x)" y="\(y)" width="\(Self.boxWidth)" height="\(Self.boxHeight)" rx="7"/>\
        <text x="\(x + 10)" y="\(center + 5)">\(Self.shortName(end))</text>\
        <text class="note" x="\(x + Self.boxWidth - 8)" y="\(center + 4)" text-anchor="end">\(flow)</text>
        """)
    }
    return (lines, boxes)
  }

  private static func shortName(_ end: NamedEnd) -> String {
    switch end.endpoint.kind {
    case .neuron: end.id
    case .metric: "the metric"
    case .embedding: "token \(String(token: end.text ?? end.id, width: boxColumns - 6))"
    case .logit: "logit \(String(token: end.text ?? end.id, width: boxColumns - 6))"
    }
  }

  /// For people who do not see the picture; the lists below it hold the figures.
  private var description: String {
    "Circuit of \(neuron.row.neuron): driven by \(Self.list(neuron.drivers.map(\.source))); drives "
      + "\(Self.list(neuron.targets.map(\.target)))"
  }

  private static func list(_ ends: [NamedEnd]) -> String {
    ends.isEmpty ? "nothing that was kept" : ends.map(shortName).joined(separator: ", ")
  }
}
