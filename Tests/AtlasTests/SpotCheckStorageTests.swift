// autointerp
// `SpotCheckStorageTests` tests what a run's file keeps of spot checks.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Foundation
import GRDB
import Testing

@testable import Atlas

@Suite struct SpotCheckStorageTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func delta(_ prompt: Int32, by worker: String, says digest: UInt8, payload: [UInt8]) -> StoredDelta {
    StoredDelta(
      prompt: prompt, attempt: 3, worker: worker, incarnation: .max,
      sender: StoredSender(key: "key \(worker)", address: "10.0.0.1"), computeKernel: "Haswell",
      computeMilliseconds: 5, receivedAt: 7, digest: [UInt8](repeating: digest, count: 32), payload: payload)
  }

  private func payloads() throws -> [[String]] {
    try DatabaseQueue(path: folder.path()).read { db in
      try Row.fetchAll(db, sql: "SELECT worker, is_result, hex(payload) FROM disagreements ORDER BY worker")
        .map { row in [row[0] as String, "\(row[1] as Int)", row[2] as String] }
    }
  }

  @Test func theShareIsASettingThatDecidesNoDigest() throws {
    var checked = RunSpecification.small()
    checked.spotCheckShare = 0.25
    try RunAtlas(folder.path(), checked).close()
    #expect(try AtlasReader(path: folder.path()).specification() == checked)
    #expect(throws: AtlasError.self) { try RunAtlas(folder.path(), .small()) }
    #expect(RunSpecification.small().differences(from: checked).count == 1)
    try DatabaseQueue(path: folder.path()).write {
      try $0.execute(sql: "UPDATE settings SET value = 0.5 WHERE name = 'spot_check'")
    }
    #expect(throws: AtlasError.self, "it is sealed") {
      try RunAtlas(existing: folder.path(), softwareVersion: "1", now: 0)
    }
  }

  @Test func aReplacementKeepsWhatItReplaces() throws {
    do {
      let atlas = try RunAtlas(folder.path())
      var batch = AtlasBatch()
      batch.deltas = [
        Self.delta(1, by: "a", says: 1, payload: [1]), Self.delta(2, by: "a", says: 5, payload: [5]),
      ]
      batch.checks = [Self.delta(2, by: "b", says: 5, payload: [])]
      _ = try atlas.commit(batch)
      batch = AtlasBatch()
      batch.checks = [Self.delta(1, by: "b", says: 2, payload: [2])]
      _ = try atlas.commit(batch)
      #expect(try payloads() == [["a", "1", "01"], ["b", "0", "02"]])
      try atlas.replaceAggregate(EdgeAggregate(), now: 1)
      func tables() throws -> Int? {
        try atlas.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM aggregate") }
      }
      #expect(try tables() == 1)
      batch = AtlasBatch()
      batch.replacements = [Self.delta(1, by: "c", says: 2, payload: [2])]
      _ = try atlas.commit(batch)
      #expect(try tables() == 0, "they were of the other result")
      try atlas.close()
    }
    #expect(try payloads() == [["a", "0", "01"], ["b", "1", "02"], ["c", "1", "02"]])
    let ledger = try RunAtlas(folder.path()).ledger()
    #expect(ledger.digests[1] == [UInt8](repeating: 2, count: 32))
    #expect(ledger.authors[1]?.key == "key c" && ledger.authors[1]?.address == "10.0.0.1")
    #expect(ledger.checks.map(\.author.worker) == ["b", "b", "a"] && ledger.checks.allSatisfy { $0.payload.isEmpty })
    #expect(ledger.checks.last?.digest == [UInt8](repeating: 1, count: 32))
    #expect(ledger.attempts[1] == 3)
  }

  @Test func discardDeletesTheChecksOfItsPrompts() throws {
    let atlas = try RunAtlas(folder.path())
    var batch = AtlasBatch()
    batch.deltas = [Self.delta(1, by: "a", says: 1, payload: [1]), Self.delta(2, by: "a", says: 1, payload: [1])]
    batch.checks = [Self.delta(1, by: "b", says: 2, payload: [2]), Self.delta(2, by: "b", says: 2, payload: [2])]
    _ = try atlas.commit(batch)
    batch = AtlasBatch()
    batch.discarded = [StoredDiscard(prompt: 1, attempt: 3, at: 1)]
    _ = try atlas.commit(batch)
    #expect(try atlas.ledger().checks.map(\.prompt) == [2])
  }

  @Test func aFileOfTheFormatBeforeSpotChecksIsBroughtUpToDate() throws {
    try RunAtlas(folder.path()).close()
    try DatabaseQueue(path: folder.path()).write {
      try $0.execute(sql: "DROP VIEW disagreements; DROP TABLE spot_checks; PRAGMA user_version = 8")
    }
    #expect(try AtlasReader(path: folder.path()).disagreements().isEmpty)
    let atlas = try RunAtlas(folder.path())
    #expect(atlas.specification() == .small())
    #expect(try atlas.ledger().checks.isEmpty)
  }
}
