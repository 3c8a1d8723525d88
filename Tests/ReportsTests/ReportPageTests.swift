// autointerp
// `ReportPageTests` tests that report pages hold the run's figures, link within themselves, and let no text become markup.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Foundation
internal import FoundationXML
internal import JSON
internal import Labels
internal import RunIndex
internal import Testing

@testable import Reports

@Suite struct ReportPageTests {
  private static let specific = NeuronID(0, 1)

  private static func run(prompts: Int = 80) -> TestRun {
    TestRun.random(
      seed: 4, prompts: prompts, neurons: 40, group: { $0.isMultiple(of: 2) ? .domain : .baseline },
      planted: { $0.isMultiple(of: 2) ? [specific] : [] })
  }

  private func page(_ index: RunIndex, labels: LabelFile? = nil, count: Int = 20) throws -> String {
    String(
      decoding: try ReportPage(index, labels: labels, count: count, selection: .mixed, softwareVersion: "1").html,
      as: UTF8.self)
  }

  private func matches(_ pattern: String, _ text: String) throws -> [String] {
    try text.matches(of: Regex(pattern, as: (Substring, Substring).self)).map { String($0.output.1) }
  }

  @Test func everyNeuronHasARowAndASectionAndEveryLinkATarget() throws {
    let folder = try TestRun.Folder()
    let html = try page(try Self.run().index(at: folder.path("run.sqlite")))
    let sections = try matches("<section class=\"neuron\" id=\"([^\"]+)\"", html)
    #expect(sections.count == 20 && Set(sections).count == 20)
    #expect(sections.first == "L0-N1", "the specific neuron comes first")
    let ids = try matches(" id=\"([^\"]+)\"", html)
    #expect(Set(ids).count == ids.count)
    for link in try matches("href=\"([^\"]+)\"", html) {
      #expect(link.hasPrefix("#") && ids.contains(String(link.dropFirst())), "\(link)")
    }
    for name in try matches("aria-labelledby=\"([^\"]+)\"", html) { #expect(ids.contains(name)) }
    #expect(try matches("<tr data-role=\"([^\"]*)\"", html).count == 20)
  }

  @Test func aPageLoadsNothing() throws {
    let folder = try TestRun.Folder()
    let html = try page(try Self.run().index(at: folder.path("run.sqlite")))
    #expect(
      !html.contains("http://") && !html.contains("https://") && !html.contains("@import") && !html.contains("url("))
    #expect(try matches("( src=\"[^\"]*\")", html).isEmpty)
    let nonces = Set(try matches("nonce[-=]\"?([0-9a-f]+)", html))
    #expect(nonces.count == 1 && html.contains("default-src 'none'"))
  }

  @Test func figuresAreThoseOfTheRunAndStandBesideAVerdict() throws {
    let folder = try TestRun.Folder()
    let index = try Self.run().index(at: folder.path("run.sqlite"))
    let html = try page(index)
    let section = try #require(html.components(separatedBy: "<section class=\"neuron\"").dropFirst().first)
    let row = try #require(try index.neurons([Self.specific]).first?.finding)
    #expect(section.contains("domain against baseline: belongs to domain."))
    #expect(section.contains("in 40 of 40 against 0 of 40 prompts: far from equal, and not by chance"))
    #expect(section.contains("q \(ReportPage.probability(try #require(row.qValue)))"))
    #expect(html.contains("data-label=\"domain\" data-value=\"1.0\">40/40</td>"))
    #expect(section.contains("Removed alone at ") && section.contains("<circle class=\"random\""))
    #expect(section.contains("<h4>Not known</h4>"))
    #expect(html.contains("with groups drawn at random"))
    // Kinds of trust that no position has are not listed.
    let counts = try matches("\\(positions: ([^)]*)\\)", html).flatMap { $0.components(separatedBy: ", ") }
    #expect(counts.count >= 20 && counts.allSatisfy { !$0.hasPrefix("0 ") }, "\(counts)")
    let json = try #require(
      try JSONValue(
        parsing: try ReportPage(index, labels: nil, count: 3, selection: .specificity, softwareVersion: "1").json
      ).object)
    let first = try #require(json["neurons"]?.array?.first?.object)
    #expect(first["neuron_id"]?.string == "L0/N1" && first["class"]?.string == "domain")
    #expect(first["prompts"]?.object?["domain"]?.integer == 40)
  }

  @Test func hostileTextsStayText() throws {
    let folder = try TestRun.Folder()
    var run = Self.run()
    let attack = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&lt;\u{202E}\u{1}</bdi></style>"
    run.tokenTexts[1] = attack
    run.tokenTexts[3] = attack
    let index = try run.index(at: folder.path("run.sqlite"))
    let labels = try LabelFile.writing(folder.path("labels"))
    _ = try labels.add(
      [NeuronLabel(neuron: Self.specific, polarity: .both, text: attack, source: attack, score: 0.5)], now: 1)
    let html = try page(index, labels: labels)
    #expect(
      !html.contains("<script>") && !html.contains("<img") && !html.contains("\u{202E}") && !html.contains("\u{1}"))
    #expect(
      html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;&lt;img src=x onerror=alert(2)&gt;&amp;lt;"))
    // The page but for its head is well-formed XML, so that no text has closed or opened an element or an attribute.
    let start = try #require(html.range(of: "<header>")), end = try #require(html.range(of: "</main>"))
    var body = "<body>" + html[start.lowerBound..<end.upperBound] + "</body>"
    body = body.replacing(" hidden>", with: " hidden=\"\">").replacing("<caption hidden=\"\">", with: "<caption>")
    body.replace(try Regex("(<input [^>]*)>", as: (Substring, Substring).self)) { "\($0.output.1)/>" }
    let parser = XMLParser(data: Data(body.utf8))
    #expect(
      parser.parse(),
      "\(parser.parserError.map { "\($0)" } ?? "") line \(parser.lineNumber) column \(parser.columnNumber)")
  }

  @Test func aRunOfOneGroupHasNoVerdictsAndSaysSo() throws {
    let folder = try TestRun.Folder()
    let html = try page(try TestRun.random(seed: 4, prompts: 30, neurons: 20).index(at: folder.path("run.sqlite")))
    #expect(html.contains("Only one group of prompts was run") && !html.contains("belongs to"))
  }

  @Test func anEmptyRunHasAPageThatSaysSo() throws {
    let folder = try TestRun.Folder()
    let html = try page(try Self.run().index(at: folder.path("run.sqlite"), merged: 0))
    #expect(html.contains("the run is unfinished: 0 of 80 prompts are merged"))
  }

  @Test func equalRunsGiveEqualPages() throws {
    let folder = try TestRun.Folder()
    let index = try Self.run().index(at: folder.path("run.sqlite"))
    #expect(try page(index) == page(index))
  }

  @Test func textInMarkupIsEscaped() {
    let text = "a<b>\"c\"'d'&\u{202E}e\u{7}"
    #expect(
      ("<p title=\"\(text)\">\(text)</p>" as Markup).html
        == "<p title=\"a&lt;b&gt;&quot;c&quot;&#39;d&#39;&amp;\u{FFFD}e\u{FFFD}\">a&lt;b&gt;&quot;c&quot;&#39;d&#39;&amp;\u{FFFD}e\u{FFFD}</p>"
    )
    #expect(Markup.token(" a\u{202E}\n").html == "<bdi class=\"text token\"> a\\u{202e}\\n</bdi>")
  }
}
