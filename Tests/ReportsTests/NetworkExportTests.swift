// autointerp
// `NetworkExportTests` tests that exported graphs are well-formed XML with the figures of the run, whatever texts it has.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Foundation
internal import FoundationXML
internal import Labels
internal import RunIndex
internal import Testing

@testable import Reports

@Suite struct NetworkExportTests {
  /// What an XML parser makes of a document.
  private final class Elements: NSObject, XMLParserDelegate {
    struct Element {
      var name: String
      var attributes: [String: String]
      var text = ""
      /// The places of the elements around it.
      var parent: Int?
    }

    var all: [Element] = []
    private var open: [Int] = []

    init(_ bytes: [UInt8]) throws {
      super.init()
      let parser = XMLParser(data: Data(bytes))
      parser.delegate = self
      try #require(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "") line \(parser.lineNumber)")
    }

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      all.append(Element(name: name, attributes: attributes, parent: open.last))
      open.append(all.count - 1)
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
      open.removeLast()
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
      if let last = open.last { all[last].text += text }
    }

    func named(_ name: String) -> [Element] { all.filter { $0.name == name } }

    /// The values of the elements of a kind, by their id or their ends, and by the names of fields.
    func values(_ kind: String, _ format: NetworkFormat) -> [String: [String: String]] {
      var found: [String: [String: String]] = [:]
      for element in all {
        guard let parent = element.parent else { continue }
        let owner = format == .graphml ? all[parent] : all[parent].parent.map { all[$0] } ?? all[parent]
        guard owner.name == kind, let field = element.attributes[format == .graphml ? "key" : "for"] else { continue }
        let id =
          owner.name == "node"
          ? owner.attributes["id"] : "\(owner.attributes["source"] ?? "") \(owner.attributes["target"] ?? "")"
        let value = format == .graphml ? element.text : element.attributes["value"]
        found[id ?? "", default: [:]][String(field.dropFirst(kind.count + 1))] = value
      }
      return found
    }
  }

  private func export(
    _ index: RunIndex, _ format: NetworkFormat, fewest: Int = 1, labels: LabelFile? = nil
  ) throws -> (bytes: [UInt8], counts: NetworkExport.Counts) {
    var bytes: [UInt8] = []
    let counts = try NetworkExport(index, labels: labels, fewestPrompts: fewest).write(format) { bytes += $0 }
    return (bytes, counts)
  }

  private static func run() -> TestRun {
    TestRun.random(
      seed: 3, prompts: 30, neurons: 25, group: { $0.isMultiple(of: 2) ? .domain : .baseline },
      planted: { $0.isMultiple(of: 2) ? [NeuronID(0, 1)] : [] })
  }

  @Test(arguments: NetworkFormat.allCases)
  func everyNeuronAndEdgeIsThereWithItsFigures(format: NetworkFormat) throws {
    let folder = try TestRun.Folder()
    let index = try Self.run().index(at: folder.path("run.sqlite"))
    let (bytes, counts) = try export(index, format)
    let xml = try Elements(bytes)
    #expect(xml.named("node").count == counts.nodes && xml.named("edge").count == counts.edges)
    let (nodes, edges) = (xml.values("node", format), xml.values("edge", format))
    var rows: [EdgeRow] = []
    try index.forEachEdge { rows.append($0) }
    #expect(edges.count == rows.count && counts.leftOut == 0)
    for row in rows {
      let edge = try #require(edges["\(row.source.id) \(row.target.id)"])
      #expect(edge["prompts"] == "\(row.prompts)" && edge["mean_flow"] == "\(row.statistics.mean)")
      #expect(edge["frequency"] == "\(Double(row.prompts) / 30)")
    }
    let neurons = try index.neurons(NeuronSearch(), limit: 1000).rows
    #expect(nodes.values.count { $0["kind"] == "neuron" } == neurons.count)
    for row in neurons {
      let node = try #require(nodes["\(row.neuron)"])
      #expect(node["prompts"] == "\(row.prompts)" && node["role"] == row.role && node["is_sink"] == "\(row.isSink)")
      let groups = try index.groups(of: row.neuron)
      #expect(node["prompts_domain"] == "\(groups["domain"] ?? 0)")
      #expect(node["prompts_baseline"] == "\(groups["baseline"] ?? 0)")
      #expect(node["class"] == row.finding?.class)
      let star = try #require(try index.star(of: row.neuron))
      let trust = NeuronTrust(star.statistics, calibration: star.aggregate.trustCalibration(.gradient))
      #expect(node["trust"] == trust.overall.rawValue)
    }
    // The planted neuron scores 0.5 in each of fifteen prompts.
    #expect(nodes["L0/N1"]?["mean_score"] == "0.5" && nodes["L0/N1"]?["mean_absolute_score"] == "0.5")
    #expect(nodes["E_1"]?["text"] == " fever" && nodes["L_3"]?["kind"] == "logit")
    // Each end of an edge is a node.
    for edge in xml.named("edge") {
      #expect(nodes[edge.attributes["source"] ?? ""] != nil && nodes[edge.attributes["target"] ?? ""] != nil)
    }
  }

  @Test(arguments: NetworkFormat.allCases)
  func aBoundLeavesOutWhatIsInFewPrompts(format: NetworkFormat) throws {
    let folder = try TestRun.Folder()
    let index = try Self.run().index(at: folder.path("run.sqlite"))
    let (all, _) = try export(index, format)
    let (bytes, counts) = try export(index, format, fewest: 12)
    let xml = try Elements(bytes)
    let prompts = xml.values("edge", format).values.compactMap { $0["prompts"].flatMap { Int($0) } }
    #expect(!prompts.isEmpty && prompts.allSatisfy { $0 >= 12 })
    #expect(counts.leftOut == (try Elements(all).named("edge").count) - prompts.count && counts.leftOut > 0)
    let nodes = xml.values("node", format).filter { $0.value["kind"] == "neuron" }
    #expect(nodes.values.allSatisfy { Int($0["prompts"] ?? "") ?? 0 >= 12 })
  }

  @Test(arguments: NetworkFormat.allCases)
  func hostileTextsStayText(format: NetworkFormat) throws {
    let folder = try TestRun.Folder()
    var run = Self.run()
    run.tokenTexts[1] = "<script>alert('x')</script>\"&\u{1}\u{202E}\u{FFFE}\n"
    let index = try run.index(at: folder.path("run.sqlite"))
    let labels = try LabelFile.writing(folder.path("labels"))
    let label = "]]></data><node id=\"evil\"/> & \u{202E}\u{7}"
    _ = try labels.add([NeuronLabel(neuron: NeuronID(0, 1), polarity: .both, text: label, source: "x")], now: 1)
    let xml = try Elements(try export(index, format, labels: labels).bytes)
    #expect(xml.named("script").isEmpty && !xml.named("node").contains { $0.attributes["id"] == "evil" })
    let nodes = xml.values("node", format)
    #expect(nodes["E_1"]?["text"] == "<script>alert('x')</script>\"&\\u{1}\\u{202e}\\u{fffe}\\n")
    #expect(nodes["L0/N1"]?["description"] == "]]></data><node id=\"evil\"/> & \\u{202e}\\u{7}")
  }
}
