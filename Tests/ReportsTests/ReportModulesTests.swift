// autointerp
// `ReportModulesTests` tests that report pages show modules with a picture each and say which of them are found again.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import Foundation
internal import FoundationXML
internal import JSON
internal import Knowledge
internal import RunIndex
internal import TestSupport
internal import Testing

@testable import Reports

@Suite struct ReportModulesTests {
  private func index(_ run: ModularRun, in folder: TestRun.Folder) throws -> RunIndex {
    let path = folder.path("run.sqlite")
    let atlas = try RunAtlas(path: path, specification: run.specification(), softwareVersion: "1", now: 1000)
    try SampleRun.merge(run.deltas(), into: atlas)
    try atlas.close()
    return try RunIndex.open(path)
  }

  private func page(_ index: RunIndex, _ modules: ModuleFindings?) throws -> ReportPage {
    try ReportPage(
      index, labels: nil, count: 20, selection: .mixed, modules: modules, softwareVersion: "1")
  }

  private func html(_ index: RunIndex, _ modules: ModuleFindings?) throws -> String {
    String(decoding: try page(index, modules).html, as: UTF8.self)
  }

  private func matches(_ pattern: String, _ text: String) throws -> [String] {
    try text.matches(of: Regex(pattern, as: (Substring, Substring).self)).map { String($0.output.1) }
  }

  @Test func modulesHaveAVerdictAPictureAndLinksBothWays() throws {
    let folder = try TestRun.Folder()
    let index = try index(ModularRun(), in: folder)
    let findings = try index.modules()
    let html = try html(index, findings)
    #expect(html.contains("3 of 3 clusters are stronger than those of shuffled runs"))
    #expect(html.contains("both halves of the prompts find 3 of these 3 again"))
    let sections = html.components(separatedBy: "<section class=\"neuron module\"").dropFirst()
    #expect(sections.count == 3)
    for (section, module) in zip(sections, findings.modules) {
      #expect(section.contains(">stable</span>") && section.contains("aria-label=\"Module \(module.name): 6 neurons"))
      #expect(module.members.allSatisfy { section.contains(">\($0.neuron)</text>") })
      #expect(section.contains("<path class=\"up\""))
    }
    let ids = Set(try matches(" id=\"([^\"]+)\"", html))
    #expect(try matches("href=\"#([^\"]+)\"", html).allSatisfy(ids.contains))
    let name = findings.modules[0].name
    #expect(html.contains("<b>Module: <a href=\"#\(name.replacing("/", with: "-"))\">\(name)</a></b>, 6 neurons"))
    let body = try #require(html.range(of: "<h2 id=\"modules\">"))
    let end = try #require(html.range(of: "<h2>One by one</h2>"))
    let parser = XMLParser(data: Data("<body>\(html[body.lowerBound..<end.lowerBound])</body>".utf8))
    #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
  }

  @Test func whatOnlyOneHalfFindsIsCalledNotStable() throws {
    let folder = try TestRun.Folder()
    let index = try index(ModularRun(), in: folder)
    var findings = try index.modules()
    findings.modules[0].halves = nil
    findings.modules[0].halvesQ = nil
    let html = try html(index, findings)
    #expect(html.contains("find 2 of these 3 again") && html.contains("<span class=\"tag sink\">not stable</span>"))
    #expect(html.contains("One half of the prompts alone finds nothing of it."))
  }

  @Test func aRunWithoutModulesAndOneThatWasNotSearchedSaySo() throws {
    let folder = try TestRun.Folder()
    var run = ModularRun()
    run.isModular = false
    let index = try index(run, in: folder)
    let unknown = try html(index, nil)
    #expect(unknown.contains("Not searched: <code>autointerp modules RUN</code>") && !unknown.contains("<b>Module: "))
    let none = try html(index, index.modules())
    #expect(none.contains("<b>No modules beyond chance</b>") && !none.contains("class=\"neuron module\""))
  }

  @Test func jsonNamesModules() throws {
    let folder = try TestRun.Folder()
    let index = try index(ModularRun(), in: folder)
    let searched = try #require(try JSONValue(parsing: page(index, index.modules()).json).object)
    let modules = try #require(searched["modules"]?.array)
    #expect(modules.count == 3 && modules.allSatisfy { $0.object?["stable"] == true })
    let named = (searched["neurons"]?.array ?? []).compactMap { $0.object?["module"]?.string }
    #expect(!named.isEmpty && named.allSatisfy { name in modules.contains { $0.object?["name"] == .string(name) } })
    let unknown = try #require(try JSONValue(parsing: page(index, nil).json).object)
    #expect(unknown["modules"] == .null)
  }

  @Test func textsInPicturesStayText() throws {
    let folder = try TestRun.Folder()
    let index = try index(ModularRun(), in: folder)
    var findings = try index.modules()
    let attack = "</text><script>\u{202E}"
    findings.modules[0].drivers[0].end = "E_5"
    findings.modules[0].drivers[0].text = attack
    let html = try html(index, findings)
    #expect(!html.contains("<script>") && !html.contains("\u{202E}") && html.contains("&lt;/text&gt;"))
  }
}
