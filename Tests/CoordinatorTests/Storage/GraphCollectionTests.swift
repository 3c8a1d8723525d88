// autointerp
// `GraphCollectionTests` tests that graph files become a run with the statistics of the run that made them, or are refused.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import Foundation
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct GraphCollectionTests {
  private typealias Fixture = TransferFixture

  /// The file of `graph --format full` for a prompt of a run.
  private func file(
    _ run: RunSpecification, _ number: Int, model: String = "tiny", change: (inout AttributionGraph) -> Void = { _ in }
  ) -> [UInt8] {
    let delta = Fixture.delta(run, number)
    var graph = delta.graph
    change(&graph)
    let texts = Dictionary(uniqueKeysWithValues: delta.vocabulary.map { ($0.id, $0.text) })
    let labels = GraphLabels(
      modelName: model, layerCount: 99, prompt: run.prompts[number].text, settings: run.settings,
      tokenText: { texts[$0] })
    return GraphExport(graph, labels: labels).full()
  }

  private func write(_ bytes: [UInt8], _ path: String, _ group: PromptGroup = .domain) throws -> GraphCollection.Entry {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return GraphCollection.Entry(path: path, group: group)
  }

  /// The part of an export that does not say where the graphs are from.
  private func statistics(_ export: [UInt8]) throws -> NSDictionary {
    var all = try #require(try JSONSerialization.jsonObject(with: Data(export)) as? [String: Any])
    #expect(all.removeValue(forKey: "metadata") != nil)
    return all as NSDictionary
  }

  @Test func theStatisticsAreThoseOfTheRun() async throws {
    try await withTemporaryDirectory { directory in
      var run = Fixture.run([4, 0, 1, 2, 3], name: "all")
      for number in run.prompts.indices { run.prompts[number].answerPrefix = "" }
      let entries = try run.prompts.indices.map {
        try write(file(run, $0), "\(directory)/\($0).json", run.prompts[$0].origin)
      }
      let collection = try GraphCollection(entries, skipsInvalid: false)
      #expect(collection.skipped.isEmpty && collection.gaps.isEmpty && collection.formats == [.full: 5])
      var made = collection.specification(corpusName: "graphs")
      made.name = "made"
      #expect(made.settings == run.settings && made.prompts.map(\.text) == run.prompts.map(\.text))
      // Any order of the prompts gives the same.
      made.prompts.reverse()
      let path = "\(directory)/made.sqlite"
      try collection.write(made, to: path, softwareVersion: "test", now: 5)
      let check = try RunCheck(path)
      #expect(check.isSound && check.results == 5 && check.state == "complete", "\(check)")
      #expect(try statistics(Fixture.export(path)) == statistics(Fixture.export(run)))
      let order = try #require(try AtlasReader(path: path).orders().first)
      #expect(order.detail.contains("5 in the format full") && order.detail.contains("no fingerprint"))
    }
  }

  @Test func aGraphThatIsNamedTwiceCountsOnceAndAnotherOfItsPromptIsRefused() async throws {
    try await withTemporaryDirectory { directory in
      let run = Fixture.run([0, 1])
      let a = try write(file(run, 0), "\(directory)/a.json")
      let b = try write(file(run, 0), "\(directory)/b.json", .baseline)
      let collection = try GraphCollection([a, b], skipsInvalid: false)
      #expect(collection.entries == [a] && collection.skipped.map(\.reason) == ["the same graph as \(a.path)"])
      let c = try write(file(run, 0) { $0.edges.flow[0] += 1 }, "\(directory)/c.json")
      let error = #expect(throws: AtlasError.self) { try GraphCollection([a, c], skipsInvalid: false) }
      #expect("\(try #require(error))".contains("another graph of the prompt of \(a.path)"))
    }
  }

  @Test(arguments: ["model", "settings", "bytes", "one rule", "missing"])
  func whatDoesNotBelongIsRefusedOrLeftOutByName(_ what: String) async throws {
    try await withTemporaryDirectory { directory in
      let run = Fixture.run([0, 1])
      let good = try write(file(run, 0), "\(directory)/good.json")
      var other = run
      other.settings.edgeThreshold = 0.25
      let (bytes, reason): ([UInt8], String) =
        switch what {
        case "model": (file(run, 1, model: "other"), "other is another model than tiny")
        case "settings": (file(other, 1), "edge_threshold: it has 0.25")
        case "one rule":
          (
            file(run, 1) {
              $0.rule = .gradient
              $0.neurons.gradientScore = $0.neurons.relp
              $0.neurons.streamShare = $0.neurons.relp.map { _ in 0 }
              $0.neurons.relp = []
            }, "--one-rule"
          )
        default: (Array("{\"nodes\": 3".utf8), "unreadable graph")
        }
      let bad = try write(bytes, "\(directory)/bad.json")
      if what == "missing" { try FileManager.default.removeItem(atPath: bad.path) }
      let error = #expect(throws: AtlasError.self) { try GraphCollection([good, bad], skipsInvalid: false) }
      let text = "\(try #require(error))"
      #expect(text.contains(bad.path) && (what == "missing" || text.contains(reason)), "\(text)")
      let collection = try GraphCollection([good, bad], skipsInvalid: true)
      #expect(collection.entries == [good] && collection.skipped.map(\.path) == [bad.path])
    }
  }

  @Test func promptsThatAskForTokensOfTheirOwnGoTogether() async throws {
    try await withTemporaryDirectory { directory in
      let run = Fixture.run([0, 1])
      let entries = try [Int32(7), 9].enumerated().map { number, token in
        var asking = run
        asking.settings.metric = .logProbability([token])
        return try write(file(asking, number), "\(directory)/\(number).json")
      }
      let made = try GraphCollection(entries, skipsInvalid: false).specification(corpusName: "graphs")
      #expect(made.settings.metric == .logProbability([]))
      #expect(made.prompts.map(\.target) == [.tokens(["#7"]), .tokens(["#9"])])
    }
  }

  @Test func nothingIsLeftIfAFileChangesMeanwhile() async throws {
    try await withTemporaryDirectory { directory in
      let run = Fixture.run([0, 1])
      let entries = try [0, 1].map { try write(file(run, $0), "\(directory)/\($0).json") }
      let collection = try GraphCollection(entries, skipsInvalid: false)
      var made = collection.specification(corpusName: "graphs")
      made.name = "made"
      _ = try write(file(Fixture.run([5]), 0), entries[1].path)
      #expect(throws: AtlasError.self) {
        try collection.write(made, to: "\(directory)/made.sqlite", softwareVersion: "test", now: 0)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == ["0.json", "1.json"])
    }
  }
}
