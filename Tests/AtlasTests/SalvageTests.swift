// autointerp
// `SalvageTests` tests that damage to a run's file costs what was damaged and nothing else.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Foundation
import GRDB
import Testing

@testable import Atlas

@Suite struct SalvageTests {
  private static let pageSize = 16384
  private static let promptCount = 12
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func delta(_ prompt: Int32) -> StoredDelta {
    var delta = StoredDelta.sample(prompt)
    // Different bytes everywhere, so that a place in the file can be found by what is there.
    var state = UInt64(bitPattern: Int64(prompt)) &+ 1
    delta.payload = (0..<40_000).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    }
    delta.sender = StoredSender(key: "key \(prompt)", address: "10.0.0.1")
    return delta
  }

  /// A file with a result of every prompt, and some rows in the other tables.
  private func make(failures: Int = 3) throws {
    let atlas = try RunAtlas(folder.path(), .small(promptCount: Self.promptCount))
    var batch = AtlasBatch()
    batch.deltas = (0..<Int32(Self.promptCount)).map(Self.delta)
    batch.failures = (0..<failures).map { number in
      var failure = StoredFailure.sample(2, attempt: Int32(number))
      failure.error = "error \(number); " + String(repeating: "x", count: 500)
      return failure
    }
    for kind in StoredOrder.Kind.allCases {
      batch.orders.append(StoredOrder(at: 1, kind: kind, detail: "d", key: nil, keyName: "", address: ""))
    }
    _ = try atlas.commit(batch)
    try atlas.close()
  }

  /// Changes the file by SQL, without the checks that would keep it sound.
  private func change(_ statements: String...) throws {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    for sql in statements {
      let queue = try DatabaseQueue(path: folder.path(), configuration: configuration)
      try queue.inDatabase { try $0.execute(sql: sql) }
      try queue.close()
    }
  }

  /// Changes bytes of the file. A page begins with its type, which must be one of a few numbers.
  private func write(_ bytes: [UInt8], at place: Int) throws {
    let file = try FileHandle(forUpdating: URL(filePath: folder.path()))
    try file.seek(toOffset: UInt64(place))
    try file.write(contentsOf: bytes)
    try file.close()
  }

  private func damageRoot(of table: String) throws {
    let queue = try DatabaseQueue(path: folder.path())
    let page = try queue.read {
      try Int.fetchOne($0, sql: "SELECT rootpage FROM sqlite_master WHERE name = ?", arguments: [table])
    }
    try queue.close()
    try write([0xFF], at: (try #require(page) - 1) * Self.pageSize)
  }

  /// A result is sound if its bytes are those that were stored for the prompt in its digest.
  private static func verdict(_ stored: StoredDelta) -> AtlasInspection.Verdict {
    guard stored.digest.count == 2, stored.payload == delta(Int32(stored.digest[1])).payload else {
      return .damaged(reason: "other bytes")
    }
    return .sound(prompt: Int32(stored.digest[1]))
  }

  private func inspect() throws -> AtlasInspection { try AtlasReader(path: folder.path()).inspect(Self.verdict) }

  @discardableResult
  private func repair() throws -> (leftOut: [String], kept: String) {
    let salvage = try AtlasSalvage(folder.path())
    let reader = try AtlasReader(path: folder.path())
    let leftOut = try salvage.copy(reader, reader.inspect(Self.verdict))
    try salvage.replace()
    return (leftOut, salvage.damagedPath)
  }

  private func ledger() throws -> RunLedger {
    let atlas = try RunAtlas(existing: folder.path(), softwareVersion: "1", now: 0)
    let ledger = try atlas.ledger()
    #expect(atlas.specification() == .small(promptCount: Self.promptCount))
    try atlas.close()
    return ledger
  }

  @Test(arguments: [(4, 3), (2, 0)])
  func failuresBeforeALostResultDoNotCountAnyMore(damaged: Int, counting: Int) throws {
    try make()
    try change("UPDATE deltas SET payload = x'00' WHERE prompt = \(damaged)")
    try repair()
    let ledger = try ledger()
    #expect(ledger.digests.count == Self.promptCount - 1 && ledger.failures.count == counting)
    // Attempts are not given again. The result's was 3, the last failure's 2.
    #expect(ledger.attempts[2] == (damaged == 2 ? 2 : 3))
  }

  /// After such a page SQLite refuses to commit even a transaction that only read.
  @Test func aDamagedRootPageOfTheResultsCostsTheResultsAndNotTheFile() throws {
    try make()
    try damageRoot(of: "deltas")
    let found = try inspect()
    #expect(found.specification == .small(promptCount: Self.promptCount))
    #expect(found.sound.isEmpty && found.damaged.count == Self.promptCount && !found.structure.isEmpty)
    try repair()
    let ledger = try ledger()
    // The failures are kept, but they do not count against prompts that had succeeded since.
    #expect(ledger.digests.isEmpty && ledger.failures.isEmpty && ledger.attempts[2] == 2)
    #expect(try inspect().isSound)
  }

  @Test func aDamagedTableOfSendersCostsNoResult() throws {
    try make()
    try damageRoot(of: "senders")
    let found = try inspect()
    #expect(found.sound.count == Self.promptCount && found.damaged.isEmpty)
    #expect(!found.isSound)
    let (leftOut, _) = try repair()
    #expect(leftOut.contains { $0.contains("table senders") })
    let ledger = try ledger()
    #expect(
      ledger.digests.count == Self.promptCount
        && ledger.authors[3] == StoredAuthor(worker: "w", key: nil, computeKernel: "Haswell"))
  }

  @Test func oneImpossibleRowCostsThatRow() throws {
    try make()
    try change("UPDATE failures SET attempt = -5 WHERE attempt = 1")
    let found = try inspect()
    #expect(found.structure.contains { $0.contains("1 rows of the table failures") }, "\(found.structure)")
    let (leftOut, _) = try repair()
    #expect(leftOut == ["1 impossible rows of the table failures"])
    #expect(try ledger().failures.map(\.attempt) == [0, 2])
    #expect(try inspect().isSound)
  }

  /// A flipped bit in a row's header turns an integer into a text, which a new file refuses.
  @Test func oneRowWithAValueOfAnotherTypeCostsThatRow() throws {
    try make()
    try change(
      "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, ') STRICT', ')') WHERE name = 'failures'",
      "UPDATE failures SET at = 'soon' WHERE attempt = 1",
      "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = sql || ' STRICT' WHERE name = 'failures'")
    #expect(try !inspect().isSound)
    let (leftOut, _) = try repair()
    #expect(leftOut == ["1 damaged rows of the table failures"])
    #expect(try ledger().failures.map(\.attempt) == [0, 2])
  }

  @Test func onePageOfATableCostsItsRows() throws {
    try make(failures: 3000)
    let place = try #require(try Data(contentsOf: URL(filePath: folder.path())).range(of: Data("error 1500;".utf8)))
    try write([0xFF], at: place.lowerBound / Self.pageSize * Self.pageSize)
    let (leftOut, _) = try repair()
    #expect(leftOut.contains { $0.contains("table failures") })
    let attempts = try ledger().failures.map(\.attempt)
    #expect(attempts.count > 2900 && attempts.count < 3000)
    #expect(attempts.first == 0 && attempts.last == 2999)
  }

  /// A payload of this size lies in a chain of pages, each of which begins with the number of the next.
  @Test func brokenChainsOfTwoResultsCostTheseTwo() throws {
    try make()
    let file = try Data(contentsOf: URL(filePath: folder.path()))
    for prompt in [4, 7] as [Int32] {
      func page(_ place: Int) throws -> Int {
        let bytes = Data(Self.delta(prompt).payload[place..<place + 64])
        return try #require(file.range(of: bytes)).lowerBound / Self.pageSize
      }
      #expect(try page(20_000) != page(39_000))
      try write([0x7F, 0xFF, 0xFF, 0xFF], at: page(20_000) * Self.pageSize)
    }
    let found = try inspect()
    #expect(found.damaged.map(\.prompt) == [4, 7])
    try repair()
    #expect(try ledger().digests.keys.sorted() == [0, 1, 2, 3, 5, 6, 8, 9, 10, 11])
    #expect(try inspect().isSound)
  }

  @Test func aResultUnderAFlippedNumberIsFoundAndPutBack() throws {
    try make()
    try change(
      "UPDATE deltas SET prompt = 1048581 WHERE prompt = 5", "UPDATE deltas SET prompt = 8590 WHERE prompt = 11")
    let found = try inspect()
    #expect(found.damaged.map(\.prompt) == [5, 11] && found.sound.count == Self.promptCount - 2)
    #expect(found.damaged[0].reason.contains("prompt 1048581"))
    try repair()
    let ledger = try ledger()
    #expect(ledger.digests.count == Self.promptCount)
    #expect(
      ledger.authors[5] == StoredAuthor(worker: "w", key: "key 5", address: "10.0.0.1", computeKernel: "Haswell"))
    #expect(try inspect().isSound)
  }

  @Test func aFileOfTheFormatBeforeOrdersIsRepaired() throws {
    try make()
    try change(
      """
      DROP VIEW disagreements; DROP TABLE spot_checks;
      ALTER TABLE run DROP COLUMN specification_digest; ALTER TABLE epochs DROP COLUMN closed;
      DROP TABLE specification_copy; DROP TABLE orders; ALTER TABLE aggregate DROP COLUMN results_digest; PRAGMA user_version = 7
      """, "UPDATE deltas SET payload = x'00' WHERE prompt = 3")
    let found = try inspect()
    #expect(found.damaged.map(\.prompt) == [3] && found.structure.isEmpty, "\(found.structure)")
    let (leftOut, _) = try repair()
    #expect(leftOut.isEmpty)
    #expect(try ledger().digests.count == Self.promptCount - 1)
  }

  @Test func aGrantKeyThatIsDamagedIsReplaced() throws {
    try make()
    try change("UPDATE run SET grant_key = x'0102'")
    #expect(throws: AtlasError.self) { try RunAtlas(existing: folder.path(), softwareVersion: "1", now: 0) }
    #expect(try inspect().structure.contains { $0.contains("proves grants") })
    try repair()
    #expect(try ledger().digests.count == Self.promptCount)
  }

  /// A finished run with a prompt in quarantine stays finished, and one that lost a result besides is not.
  @Test(arguments: [(false, StoredRunState.complete), (true, .unfinished)])
  func aQuarantinedPromptIsNotMissing(losesAResult: Bool, expected: StoredRunState) throws {
    let atlas = try RunAtlas(folder.path(), .small(promptCount: Self.promptCount))
    var batch = AtlasBatch()
    batch.deltas = (1..<Int32(Self.promptCount)).map(Self.delta)
    batch.failures = [.sample(0)]
    batch.quarantined = [StoredQuarantine(prompt: 0, reason: "it failed", at: 1)]
    batch.state = .complete
    _ = try atlas.commit(batch)
    try atlas.close()
    try change(
      losesAResult
        ? "UPDATE deltas SET payload = x'00' WHERE prompt = 4" : "UPDATE failures SET attempt = -5 WHERE prompt = 0")
    try repair()
    let ledger = try ledger()
    #expect(ledger.state == expected && ledger.quarantined.map(\.prompt) == [0])
    #expect(ledger.digests.count == Self.promptCount - (losesAResult ? 2 : 1))
  }

  /// The coordinator of the damaged file died. The repaired file has everything that could be saved and lacks no log.
  @Test func aRepairedFileDoesNotLookAsIfItHadBeenLeftOpen() throws {
    try make()
    try change("UPDATE epochs SET closed = 0", "UPDATE failures SET attempt = -5 WHERE attempt = 1")
    try repair()
    let atlas = try RunAtlas(existing: folder.path(), softwareVersion: "1", now: 0)
    #expect(atlas.warning == nil && atlas.epoch == 2)
    try atlas.close()
  }

  /// Two of the three must agree: the tables, their copy and the digest. Changes of the same kind in both would pass otherwise.
  @Test func aCopyThatDoesNotMatchItsDigestRestoresNothing() throws {
    try make()
    try change("UPDATE prompts SET text = 'prompt 2 x' WHERE prompt = 2")
    #expect(try inspect().specification == .small(promptCount: Self.promptCount), "the copy has the text")
    let queue = try DatabaseQueue(path: folder.path())
    try queue.write { db in
      var copy = try #require(try Data.fetchOne(db, sql: "SELECT bytes FROM specification_copy"))
      let place = try #require(copy.range(of: Data("prompt 3".utf8)))
      copy.replaceSubrange(place, with: Data("prompt 4".utf8))
      try db.execute(sql: "UPDATE specification_copy SET bytes = ?", arguments: [copy])
    }
    try queue.close()
    let found = try inspect()
    #expect(found.specification == nil && found.specificationProblem?.contains("do not match the digest") == true)
    #expect(throws: AtlasError.self) { try repair() }
  }

  @Test func whatAnEarlierRepairKeptStays() throws {
    try make()
    var kept: [String: Data] = [:]
    for prompt in 1...3 {
      try change("UPDATE deltas SET payload = x'00' WHERE prompt = \(prompt)")
      let damaged = try Data(contentsOf: URL(filePath: folder.path()))
      kept[try repair().kept] = damaged
    }
    #expect(kept.count == 3)
    for (path, bytes) in kept { #expect(try Data(contentsOf: URL(filePath: path)) == bytes) }
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.url.path).filter {
      // Readers leave empty ones.
      !$0.hasSuffix("-shm") && !$0.hasSuffix("-wal")
    }
    #expect(
      Set(files) == [
        "run.sqlite", "run.sqlite-lock", "run.sqlite.damaged", "run.sqlite.damaged-2", "run.sqlite.damaged-3",
      ], "nothing else is left")
  }

  @Test func spotChecksOfResultsThatStayAreKept() throws {
    try make()
    let atlas = try RunAtlas(existing: folder.path(), softwareVersion: "1", now: 0)
    var batch = AtlasBatch()
    batch.checks = ([3, 4, 5] as [Int32]).map { prompt in
      var check = Self.delta(prompt)
      (check.worker, check.digest) = ("second", [UInt8](repeating: 9, count: 32))
      return check
    }
    _ = try atlas.commit(batch)
    try atlas.close()
    try change(
      "UPDATE deltas SET payload = x'00' WHERE prompt = 4",
      "UPDATE spot_checks SET digest = x'00' WHERE prompt = 5")
    try repair()
    #expect(try ledger().checks.map(\.prompt) == [3])
    let opinions = try AtlasReader(path: folder.path()).disagreements()
    #expect(opinions.map(\.prompt) == [3, 3] && opinions.last?.isResult == false)
  }
}
