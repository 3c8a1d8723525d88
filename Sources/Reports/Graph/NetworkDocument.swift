// autointerp
// `NetworkDocument` writes a graph as GraphML or GEXF, piece by piece.
// SPDX-License-Identifier: Apache-2.0

/// How a graph is written for other programs.
package enum NetworkFormat: String, CaseIterable, Sendable {
  /// For networkx, igraph, yEd and Gephi (graphml.graphdrawing.org).
  case graphml
  /// Gephi's own, version 1.2draft (gexf.net).
  case gexf
}

/// An open document. Nodes come before edges. Whoever writes takes `bytes` from time to time.
struct NetworkDocument {
  private(set) var bytes: [UInt8] = []
  private let format: NetworkFormat
  private var edgeCount = 0

  /// Writes the head. `facts` describe the whole graph.
  init(
    _ format: NetworkFormat, facts: [(name: String, value: NetworkValue)], node: [NetworkField], edge: [NetworkField]
  ) {
    self.format = format
    line("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
    switch format {
    case .graphml: beginGraphML(facts, node, edge)
    case .gexf: beginGEXF(facts, node, edge)
    }
  }

  mutating func takeBytes() -> [UInt8] {
    defer { bytes.removeAll(keepingCapacity: true) }
    return bytes
  }

  // MARK: Elements

  mutating func node(_ id: String, _ values: [(name: String, value: NetworkValue)]) {
    let label = values.first { $0.name == "label" }?.value.text ?? id
    switch format {
    case .graphml: open("  <node", [("id", id)])
    case .gexf: open("      <node", [("id", id), ("label", label)])
    }
    add(values, end: format == .graphml ? "  </node>" : "      </node>")
  }

  mutating func edge(_ source: String, _ target: String, _ values: [(name: String, value: NetworkValue)]) {
    let ends = [("source", source), ("target", target)]
    switch format {
    case .graphml: open("  <edge", ends)
    case .gexf:
      let weight = values.first { $0.name == "weight" }?.value.text ?? "1"
      open("      <edge", [("id", "\(edgeCount)")] + ends + [("weight", weight)])
    }
    edgeCount += 1
    // GEXF has the weight as an attribute of the edge, under a name that is taken.
    add(
      format == .gexf ? values.filter { $0.name != "weight" } : values,
      end: format == .graphml ? "  </edge>" : "      </edge>")
  }

  mutating func beginEdges() {
    if format == .gexf {
      line("    </nodes>")
      line("    <edges>")
    }
  }

  mutating func finish() {
    switch format {
    case .graphml:
      line(" </graph>")
      line("</graphml>")
    case .gexf:
      line("    </edges>")
      line("  </graph>")
      line("</gexf>")
    }
  }

  // MARK: GraphML

  private mutating func beginGraphML(
    _ facts: [(name: String, value: NetworkValue)], _ node: [NetworkField], _ edge: [NetworkField]
  ) {
    line("<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">")
    let graph = facts.map { fact in
      switch fact.value {
      case .text: NetworkField(fact.name, .text)
      case .integer: NetworkField(fact.name, .integer)
      case .number: NetworkField(fact.name, .number)
      case .boolean: NetworkField(fact.name, .boolean)
      }
    }
    for (kind, fields) in [("graph", graph), ("node", node), ("edge", edge)] {
      for field in fields {
        open(
          " <key",
          [
            ("id", "\(kind)_\(field.name)"), ("for", kind), ("attr.name", field.name),
            ("attr.type", Self.graphMLType(field.kind)),
          ], isEmpty: true)
      }
    }
    line(" <graph edgedefault=\"directed\">")
    for fact in facts { graphMLData("graph", fact, indent: "  ") }
  }

  private static func graphMLType(_ kind: NetworkField.Kind) -> String {
    switch kind {
    case .text: "string"
    case .integer: "long"
    case .number: "double"
    case .boolean: "boolean"
    }
  }

  private mutating func graphMLData(_ kind: String, _ entry: (name: String, value: NetworkValue), indent: String) {
    bytes += "\(indent)<data key=\"\(kind)_\(entry.name)\">".utf8
    XMLText.append(entry.value.text, to: &bytes)
    line("</data>")
  }

  // MARK: GEXF

  private mutating func beginGEXF(
    _ facts: [(name: String, value: NetworkValue)], _ node: [NetworkField], _ edge: [NetworkField]
  ) {
    line("<gexf xmlns=\"http://www.gexf.net/1.2draft\" version=\"1.2\">")
    line("  <meta>")
    line("    <creator>autointerp</creator>")
    bytes += "    <description>".utf8
    XMLText.append(facts.map { "\($0.name): \($0.value.text)" }.joined(separator: ", "), to: &bytes)
    line("</description>")
    line("  </meta>")
    line("  <graph mode=\"static\" defaultedgetype=\"directed\">")
    for (kind, fields) in [("node", node.filter { $0.name != "label" }), ("edge", edge.filter { $0.name != "weight" })]
    {
      line("    <attributes class=\"\(kind)\">")
      for field in fields {
        open(
          "      <attribute",
          [("id", "\(kind)_\(field.name)"), ("title", field.name), ("type", Self.gexfType(field.kind))], isEmpty: true)
      }
      line("    </attributes>")
    }
    line("    <nodes>")
  }

  private static func gexfType(_ kind: NetworkField.Kind) -> String {
    switch kind {
    case .text: "string"
    case .integer: "long"
    case .number: "double"
    case .boolean: "boolean"
    }
  }

  // MARK: Pieces

  private mutating func add(_ values: [(name: String, value: NetworkValue)], end: String) {
    let kind = end.contains("node") ? "node" : "edge"
    switch format {
    case .graphml:
      for value in values { graphMLData(kind, value, indent: "   ") }
    case .gexf:
      line("        <attvalues>")
      for value in values where value.name != "label" {
        open(
          "          <attvalue", [("for", "\(kind)_\(value.name)"), ("value", value.value.text)], isEmpty: true)
      }
      line("        </attvalues>")
    }
    line(end)
  }

  private mutating func open(_ start: String, _ attributes: [(String, String)], isEmpty: Bool = false) {
    bytes += start.utf8
    for (name, value) in attributes {
      bytes += " \(name)=\"".utf8
      XMLText.append(value, to: &bytes)
      bytes += "\"".utf8
    }
    line(isEmpty ? "/>" : ">")
  }

  private mutating func line(_ text: String) {
    bytes += text.utf8
    bytes.append(UInt8(ascii: "\n"))
  }
}
