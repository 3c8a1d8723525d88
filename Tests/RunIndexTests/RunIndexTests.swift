// autointerp
// Tests of `RunIndex`: what it says is what the deltas add up to, it follows a run that goes on, and it changes nothing.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import Foundation
internal import GRDB
internal import Knowledge
internal import TestSupport
internal import Testing

@testable import RunIndex

@Suite struct RunIndexTests {
  /// A folder that is deleted with the value.
  final class Folder {
    let url: URL

    init() throws {
      url = FileManager.default.temporaryDirectory.appending(path: "index-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    var run: String { url.appending(path: "run.sqlite").path }
  }

  private static let first = NeuronID(layer: 0, index: 1)
  private static let second = NeuronID(layer: 1, index: 2)
  private static let third = NeuronID(layer: 2, index: 3)

  private func aggregate() throws -> EdgeAggregate {
    var aggregate = EdgeAggregate()
    for prompt in 0..<Int32(SampleRun.promptCount) { try aggregate.merge(SampleRun.delta(prompt)) }
    return aggregate
  }

  @Test func pagesAndProfilesAreThoseOfTheWholeRun() throws {
    let folder = try Folder()
    try SampleRun.write(to: folder.run).close()
    let (index, aggregate) = (try RunIndex.open(folder.run), try aggregate())
    let specification = SampleRun.specification()
    let export = EdgeStatisticsExport(
      aggregate: aggregate, specification: specification,
      additions: { RunKnowledge(aggregate: aggregate, specification: specification) })
    for neuron in aggregate.sortedNeurons() {
      let star = try #require(try index.star(of: neuron))
      #expect(star.exportedProfile() == export.bytes(of: neuron), "\(neuron)")
      let page = try #require(NeuronPage(neuron, aggregate: aggregate, specification: specification))
      #expect(star.page.text == page.text, "\(neuron)")
    }
    #expect(try index.star(of: NeuronID(layer: 9, index: 9)) == nil)
    #expect(index.unselectedText(NeuronID(layer: 9, index: 9)).contains("L9/N9 was selected in none of the 40 merged"))
  }

  @Test func anIndexIsReusedUntilTheRunGoesOn() throws {
    let folder = try Folder()
    let atlas = try SampleRun.write(to: folder.run, merging: 0..<10)
    #expect(try RunIndex.open(folder.run).buildTime != nil)
    let again = try RunIndex.open(folder.run)
    #expect(again.buildTime == nil && again.state.mergedPrompts == 10)
    try SampleRun.merge(10..<12, into: atlas)
    let newer = try RunIndex.open(folder.run)
    #expect(newer.buildTime != nil && newer.state.mergedPrompts == 12)
    #expect(try newer.neurons([Self.second]).first?.prompts == 12)
    // The older one still answers from its own state.
    #expect(try again.neurons([Self.second]).first?.prompts == 10)
  }

  @Test func aDamagedOrForeignIndexIsReplaced() throws {
    let folder = try Folder()
    try SampleRun.write(to: folder.run).close()
    try Data("nonsense".utf8).write(to: URL(filePath: folder.run + "-index"))
    #expect(try RunIndex.open(folder.run).neurons([Self.second]).first?.prompts == SampleRun.promptCount)
  }

  @Test func aLiveIndexSaysHowOldItIsAndIsRebuiltOnlyWhenThatPays() throws {
    let folder = try Folder()
    let atlas = try SampleRun.write(to: folder.run, merging: 0..<10)
    let live = LiveIndex(path: folder.run)
    let start = ContinuousClock.now
    #expect(try live.snapshot(at: start).behind == 0)
    try SampleRun.merge(10..<13, into: atlas)
    let soon = try live.snapshot(at: start + .seconds(1))
    #expect(soon.behind == 3 && !soon.isCurrent && soon.index.state.mergedPrompts == 10)
    let later = try live.snapshot(at: start + .seconds(100_000))
    #expect(later.behind == 0 && later.isCurrent && later.index.state.mergedPrompts == 13)
    let policy = LiveIndex.Policy()
    #expect(!policy.allowsBuild(afterPause: .seconds(49), lastBuild: .seconds(10)))
    #expect(policy.allowsBuild(afterPause: .seconds(50), lastBuild: .seconds(10)))
    #expect(!policy.allowsBuild(afterPause: .seconds(4), lastBuild: .zero))
  }

  @Test func aResultThatWasTakenBackMakesAnIndexStaleThoughTheNumberOfPromptsIsTheSame() throws {
    let folder = try Folder()
    let atlas = try SampleRun.write(to: folder.run, merging: 0..<10)
    let live = LiveIndex(path: folder.run)
    let start = ContinuousClock.now
    #expect(try live.snapshot(at: start).isCurrent)
    var batch = AtlasBatch()
    batch.discarded = [StoredDiscard(prompt: 3, attempt: 1, at: 3000)]
    _ = try atlas.commit(batch)
    try SampleRun.merge(10..<11, into: atlas)
    let soon = try live.snapshot(at: start + .seconds(1))
    #expect(soon.behind == 0 && !soon.isCurrent && soon.now.mergedPrompts == 10)
  }

  @Test func aRunWithQuarantinedPromptsIsComplete() throws {
    let folder = try Folder()
    let atlas = try SampleRun.write(to: folder.run, merging: 0..<38)
    let before = try AtlasReader(path: folder.run).state()
    #expect(before.openPrompts == 2 && before.progress == "unfinished")
    var batch = AtlasBatch()
    batch.quarantined = [38, 39].map { StoredQuarantine(prompt: $0, reason: "it failed", at: 1) }
    _ = try atlas.commit(batch)
    let after = try AtlasReader(path: folder.run).state()
    #expect(after.openPrompts == 0 && after.quarantinedPrompts == 2 && after.progress == "complete")
    #expect(after.digest != before.digest)
  }

  @Test func evidenceHasPlaceTokenAndRemoval() throws {
    let folder = try Folder()
    try SampleRun.write(to: folder.run).close()
    let index = try RunIndex.open(folder.run)
    let found = try index.exemplars(of: Self.first, context: 1, limit: 3)
    #expect(found.total == 20)
    // The largest activation is that of the last prompt of the domain.
    let top = try #require(found.rows.first)
    #expect(top.prompt == 38 && top.position == 2 && top.tokenText == " is" && top.before == [" 7"] && top.after == [])
    #expect(abs(top.activation - 2.38) < 1e-6 && top.score == 0.25 && top.contribution == nil)
    let removed = try index.exemplars(of: Self.third, onlyRemoved: true, context: 0, limit: 100)
    #expect(removed.total == 14 && removed.rows.allSatisfy { $0.contribution == 0.5 && $0.isSampled == true })
    #expect(try index.tokens(of: Self.first, limit: 5).map(\.text) == [" is"])
    #expect(try index.groups(of: Self.first) == ["domain": 20])
  }

  @Test func searchFindsByTokensRolesAndGroups() throws {
    let folder = try Folder()
    try SampleRun.write(to: folder.run).close()
    let index = try RunIndex.open(folder.run)
    var search = NeuronSearch()
    search.promotes = try index.tokens(named: "high")
    #expect(try index.neurons(search, limit: 10).rows.map(\.neuron) == [Self.second, Self.third])
    search = NeuronSearch()
    search.order = .specificity
    search.specificityClass = "domain"
    #expect(try index.neurons(search, limit: 10).rows.map(\.neuron) == [Self.first])
    search = NeuronSearch()
    search.layer = 3
    let page = try index.neurons(search, offset: 30, limit: 30)
    #expect(page.total == 40 && page.rows.count == 10)
  }

  @Test func queriesReadAndNeverWrite() throws {
    let folder = try Folder()
    try SampleRun.write(to: folder.run).close()
    let index = try RunIndex.open(folder.run)
    func rows(_ sql: String) throws -> [[QueryValue]] {
      var rows: [[QueryValue]] = []
      try index.query(sql, labels: nil, header: { _ in }, row: { rows.append($0) })
      return rows
    }
    #expect(
      try rows("SELECT token_text, count(*) FROM evidence WHERE neuron = 'L0/N1' GROUP BY token") == [
        [.text(" is"), .integer(20)]
      ])
    #expect(
      try rows("SELECT source, target, target_text, prompts FROM edges WHERE source = 'L2/N3'") == [
        [.text("L2/N3"), .text("L_20"), .text(" high"), .integer(14)]
      ])
    #expect(try rows("SELECT class FROM profiles WHERE neuron = 'L0/N1'") == [[.text("domain")]])
    #expect(try rows("SELECT avg(contribution) FROM evidence WHERE sampled") == [[.number(0.5)]])
    #expect(try rows("SELECT count(*) FROM run.deltas") == [[.integer(40)]])
    for sql in ["DELETE FROM neuron", "DELETE FROM run.deltas", "SELECT nonsense", "SELECT 1; SELECT 2", ""] {
      #expect(throws: (any Error).self, "\(sql)") { try rows(sql) }
    }
    // Nor may it open another file, even one that could be read.
    let other = folder.url.appending(path: "other.sqlite").path
    let queue = try DatabaseQueue(path: other)
    try queue.write { try $0.execute(sql: "CREATE TABLE secret (x); INSERT INTO secret VALUES (1)") }
    try queue.close()
    let reader = try DatabaseQueue()
    try reader.inDatabase { try $0.execute(sql: "ATTACH '\(other)' AS other") }
    let error = #expect(throws: RunIndexError.self) { try rows("ATTACH '\(other)' AS other") }
    #expect("\(try #require(error))".contains("too many attached databases"))
  }

  @Test func aRunWithoutResultsHasAnEmptyIndex() throws {
    let folder = try Folder()
    try SampleRun.write(to: folder.run, merging: 0..<0).close()
    let index = try RunIndex.open(folder.run)
    #expect(index.state.mergedPrompts == 0 && index.state.promptCount == SampleRun.promptCount)
    #expect(try index.neurons(NeuronSearch(), limit: 5).total == 0)
  }
}
