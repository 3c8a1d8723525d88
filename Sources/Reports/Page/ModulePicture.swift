// autointerp
// `ModulePicture` draws a module: what drives its members on the left, the members, what they drive on the right.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Knowledge
internal import Platform

/// Lines are as wide as many members share the end. Which member it is that has the flow is in the neurons' own circuits.
struct ModulePicture {
  let module: ModuleFindings.Module
  /// Sections of the page that names can lead to.
  let sections: Set<String>

  private static let (width, boxWidth, memberWidth, boxHeight, gap) = (600, 168, 132, 26, 8)
  private static let (endCount, memberCount) = (6, 8)
  /// The widest line, for an end that all members share.
  private static let widest = 12.0
  private static let boxColumns = 20

  private var members: ArraySlice<ModuleFindings.Member> { module.members.prefix(Self.memberCount) }
  private var left: ArraySlice<ModuleFindings.SharedEnd> { module.drivers.prefix(Self.endCount) }
  private var right: ArraySlice<ModuleFindings.SharedEnd> { module.targets.prefix(Self.endCount) }
  private var hasMore: Bool { module.members.count > members.count }

  var markup: Markup {
    let frame = Self.height(of: members.count + (hasMore ? 1 : 0)) + 2 * Self.gap
    let height = max(frame, Self.height(of: left.count), Self.height(of: right.count)) + 34
    let middle = (height + 22) / 2
    let start = middle - frame / 2
    let x = (Self.width - Self.memberWidth) / 2
    let drivers = column(left, middle: middle, isLeft: true)
    let targets = column(right, middle: middle, isLeft: false)
    return """
      <svg viewBox="0 0 \(Self.width) \(height)" role="img" aria-label="\(description)">
      <text class="note" x="0" y="14">drivers that members share</text>
      <text class="note" x="\(Self.width)" y="14" text-anchor="end">targets that members share</text>
      \(drivers.lines)\(targets.lines)\(drivers.boxes)\(targets.boxes)
      <rect class="self" x="\(x)" y="\(start)" width="\(Self.memberWidth)" height="\(frame)" rx="10"/>
      \(memberBoxes(x: x, y: start + Self.gap))
      </svg>
      """
  }

  private static func height(of rows: Int) -> Int { max(0, rows * (boxHeight + gap) - gap) }

  /// The members, with a bar of their weight: the strongest has the whole width.
  private func memberBoxes(x: Int, y: Int) -> [Markup] {
    var boxes = members.enumerated().map { place, member -> Markup in
      let top = y + place * (Self.boxHeight + Self.gap)
      let inner = Self.memberWidth - 2 * Self.gap
      let bar = max(2, Int(Double(inner) * min(1, max(0, member.weight))))
      let text: Markup = """
        <text x="\(Self.width / 2)" y="\(top + 15)" text-anchor="middle">\(member.neuron)</text>\
        <rect class="bar" x="\(x + Self.gap)" y="\(top + 20)" width="\(bar)" height="4" rx="2"/>
        """
      guard let neuron = NeuronID(member.neuron), sections.contains(NeuronReport.anchor(neuron)) else { return text }
      return "<a href=\"#\(NeuronReport.anchor(neuron))\">\(text)</a>"
    }
    if hasMore {
      let top = y + members.count * (Self.boxHeight + Self.gap)
      boxes.append(
        """
        <text class="note" x="\(Self.width / 2)" y="\(top + 15)" text-anchor="middle">and \
        \(module.members.count - members.count) more</text>
        """)
    }
    return boxes
  }

  private func column(
    _ ends: ArraySlice<ModuleFindings.SharedEnd>, middle: Int, isLeft: Bool
  ) -> (lines: [Markup], boxes: [Markup]) {
    let start = middle - Self.height(of: ends.count) / 2
    let x = isLeft ? 0 : Self.width - Self.boxWidth
    var (lines, boxes): ([Markup], [Markup]) = ([], [])
    for (place, end) in ends.enumerated() {
      let y = start + place * (Self.boxHeight + Self.gap)
      let center = y + Self.boxHeight / 2
      let share = Double(end.members) / Double(max(1, module.members.count))
      let width = ReadableNumber.fixed(max(1.2, Self.widest * share), decimals: 1)
      let outer = isLeft ? Self.boxWidth : x
      let inner = (Self.width + (isLeft ? -Self.memberWidth : Self.memberWidth)) / 2
      let bend = (outer + inner) / 2
      // Lines end beside each other at the frame, so that they can be told apart.
      let inside = middle + (place * 2 - ends.count + 1) * 6
      lines.append(
        """
        <path class="up" stroke-width="\(width)" d="M\(outer) \(center)C\(bend) \(center) \(bend) \(inside) \(inner) \
        \(inside)"/>
        """)
      boxes.append(
        """
        <rect class="node" x="\(x)" y="\(y)" width="\(Self.boxWidth)" height="\(Self.boxHeight)" rx="7"/>\
        <text x="\(x + 8)" y="\(center + 5)">\(Self.shortName(end))</text>\
        <text class="note" x="\(x + Self.boxWidth - 8)" y="\(center + 4)" text-anchor="end">\(end.members)</text>
        """)
    }
    return (lines, boxes)
  }

  private static func shortName(_ end: ModuleFindings.SharedEnd) -> String {
    guard let text = end.text else { return end.end == "M" ? "the metric" : end.end }
    let kind = end.end.hasPrefix("L_") ? "logit" : "token"
    return "\(kind) \(String(token: text, width: boxColumns - 7))"
  }

  /// For people who do not see the picture.
  private var description: String {
    func list(_ ends: ArraySlice<ModuleFindings.SharedEnd>) -> String {
      ends.isEmpty ? "nothing in common" : ends.map(Self.shortName).joined(separator: ", ")
    }
    return "Module \(module.name): \(module.members.count) neurons, \(members.map(\.neuron).joined(separator: ", "))"
      + "\(hasMore ? " and others" : ""); driven by \(list(left)); driving \(list(right))"
  }
}
