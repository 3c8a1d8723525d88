// autointerp
// Tests that `RunAtlas` notices changed specifications, tables of another format, and lost logs.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Foundation
import GRDB
import Testing

@testable import Atlas

@Suite struct SealTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func change(_ sql: String) throws {
    let queue = try DatabaseQueue(path: folder.path())
    try queue.write { try $0.execute(sql: sql) }
    try queue.close()
  }

  private func epochs() throws -> Int? {
    try DatabaseQueue(path: folder.path()).read { try Int.fetchOne($0, sql: "SELECT count(*) FROM epochs") }
  }

  @Test(arguments: [
    "UPDATE prompts SET text = 'prompt 2 e' WHERE prompt = 2", "UPDATE prompts SET origin = 'domain' WHERE prompt = 1",
    "UPDATE prompts SET answer_prefix = '' WHERE prompt = 2", "UPDATE prompts SET target = NULL WHERE prompt = 3",
    "UPDATE settings SET value = value + 1 WHERE name = 'max_nodes'",
    "UPDATE run SET template_system = NULL", "UPDATE run SET corpus_digest = 'abce'",
    "UPDATE run SET model_fingerprint = 'f00e'", "UPDATE run SET seed = '7'",
    "UPDATE run SET specification_digest = x'00'",
  ]) func aSpecificationThatWasChangedIsRefusedAndTheFileIsLeftAsItIs(_ sql: String) throws {
    try RunAtlas(folder.path()).close()
    #expect(try epochs() == 1)
    try change(sql)
    let errors = [
      #expect(throws: AtlasError.self) { try RunAtlas(existing: folder.path(), softwareVersion: "1", now: 0) },
      #expect(throws: AtlasError.self) { try AtlasReader(path: folder.path()).specification() },
    ]
    for error in errors {
      guard case .corrupt(_, let detail) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(detail.contains("prompts or settings"))
    }
    #expect(try epochs() == 1, "nothing was written")
  }

  @Test func aModelThatIsLearntLaterIsSealedToo() throws {
    var specification = RunSpecification.small()
    specification.modelFingerprint = nil
    let atlas = try RunAtlas(folder.path(), specification)
    var batch = AtlasBatch()
    batch.modelFingerprint = "f00d"
    _ = try atlas.commit(batch)
    #expect(atlas.specification() == .small())
    try atlas.close()
    #expect(try AtlasReader(path: folder.path()).specification() == .small())
  }

  @Test func aFileOfTheFormatBeforeSealsIsReadAndThenSealed() throws {
    try RunAtlas(folder.path()).close()
    try change(
      """
      DROP VIEW disagreements; DROP TABLE spot_checks;
      ALTER TABLE run DROP COLUMN specification_digest; ALTER TABLE epochs DROP COLUMN closed;
      DROP TABLE specification_copy; DROP TABLE orders; ALTER TABLE aggregate DROP COLUMN results_digest; PRAGMA user_version = 7
      """)
    #expect(try AtlasReader(path: folder.path()).specification() == .small())
    let atlas = try RunAtlas(existing: folder.path(), softwareVersion: "1", now: 0)
    #expect(atlas.warning == nil, "files of earlier formats do not say whether they were closed")
    try atlas.close()
    try change("UPDATE prompts SET text = 'other' WHERE prompt = 2")
    #expect(throws: AtlasError.self) { try RunAtlas(existing: folder.path(), softwareVersion: "1", now: 0) }
  }

  @Test(arguments: [
    ("PRAGMA user_version = 3", "which format 3 does not know"), ("DROP TABLE settings", "has no table settings"),
    ("ALTER TABLE failures DROP COLUMN address", "has no column address"),
    ("ALTER TABLE prompts ADD COLUMN extra TEXT", "has a column extra"),
  ]) func tablesOfAnotherFormatAreToldOfInASentence(sql: String, sentence: String) throws {
    try RunAtlas(folder.path()).close()
    try change(sql)
    let error = #expect(throws: AtlasError.self) {
      try RunAtlas(existing: folder.path(), softwareVersion: "1", now: 0)
    }
    guard case .corrupt(_, let detail) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(detail.contains(sentence))
    #expect(throws: AtlasError.self) { try AtlasReader(path: folder.path()) }
  }

  @Test func aReaderNamesTheFormatThatItCannotRead() throws {
    try RunAtlas(folder.path()).close()
    try change("PRAGMA user_version = 5")
    #expect(throws: AtlasError.olderFormat(path: folder.path(), found: 5)) { try AtlasReader(path: folder.path()) }
  }

  @Test func theFileAloneHoldsTheSpecificationAndDecisionsWhileItIsOpen() throws {
    let atlas = try RunAtlas(folder.path())
    var batch = AtlasBatch()
    batch.deltas = [.sample(1)]
    _ = try atlas.commit(batch)
    var discard = AtlasBatch()
    discard.discarded = [StoredDiscard(prompt: 1, attempt: 4, at: 1)]
    _ = try atlas.commit(discard)
    try FileManager.default.copyItem(atPath: folder.path(), toPath: folder.path("copy.sqlite"))
    let copy = try RunAtlas(existing: folder.path("copy.sqlite"), softwareVersion: "1", now: 0)
    #expect(copy.specification() == .small())
    #expect(try copy.ledger().voided == [1: 4])
    #expect(copy.warning?.contains("-wal") == true)
    try atlas.close()
  }

  /// A reader leaves an empty log beside the copy, which must not pass for the log that is missing.
  @Test func aReaderOfACopyDoesNotHideThatItsLogIsMissing() throws {
    let atlas = try RunAtlas(folder.path())
    try FileManager.default.copyItem(atPath: folder.path(), toPath: folder.path("copy.sqlite"))
    let reader = try AtlasReader(path: folder.path("copy.sqlite"))
    _ = try reader.specification()
    #expect(FileManager.default.fileExists(atPath: folder.path("copy.sqlite-wal")))
    #expect(try reader.inspect { .sound(prompt: $0.prompt) }.logProblem?.contains("-wal") == true)
    let copy = try RunAtlas(existing: folder.path("copy.sqlite"), softwareVersion: "1", now: 0)
    #expect(copy.warning?.contains("-wal") == true)
    withExtendedLifetime((atlas, reader)) {}
  }

  @Test func aFileThatIsBroughtUpToDateGivesNoWarning() throws {
    try RunAtlas(folder.path()).close()
    try change(
      """
      DROP VIEW disagreements; DROP TABLE spot_checks;
      ALTER TABLE run DROP COLUMN specification_digest; ALTER TABLE epochs DROP COLUMN closed;
      DROP TABLE specification_copy; DROP TABLE orders; ALTER TABLE aggregate DROP COLUMN results_digest; PRAGMA user_version = 7
      """)
    #expect(!RunAtlas.hasLog(folder.path()))
    let atlas = try RunAtlas(existing: folder.path(), softwareVersion: "1", now: 0)
    #expect(atlas.warning == nil)
    #expect(try !atlas.ledger().isArchived, "its tables lack what later formats added")
  }

  @Test func aFileThatWasClosedIsNotOpenedAgainByItsOldOwner() throws {
    let atlas = try RunAtlas(folder.path())
    try atlas.rest()
    #expect(try atlas.ledger().digests.isEmpty, "a rest ends when something is read")
    try atlas.close()
    let next = try RunAtlas(existing: folder.path(), softwareVersion: "1", now: 0)
    let error = #expect(throws: AtlasError.self) { try atlas.ledger() }
    #expect(error?.description.contains("it was closed") == true)
    var batch = AtlasBatch()
    batch.deltas = [.sample(1)]
    #expect(throws: AtlasError.self) { try atlas.commit(batch) }
    #expect(try next.ledger().digests.isEmpty)
  }

  @Test func aFileThatWasClosedGivesNoWarning() throws {
    try RunAtlas(folder.path()).close()
    let atlas = try RunAtlas(existing: folder.path(), softwareVersion: "1", now: 0)
    #expect(atlas.warning == nil)
  }

  /// The first opening says nothing about a log that a later one left behind.
  @Test func theLastOpeningDecidesWhetherAFileWasLeftOpen() throws {
    try RunAtlas(folder.path()).close()
    let second = try RunAtlas(existing: folder.path(), softwareVersion: "1", now: 0)
    try FileManager.default.copyItem(atPath: folder.path(), toPath: folder.path("copy.sqlite"))
    try second.close()
    let copy = try RunAtlas(existing: folder.path("copy.sqlite"), softwareVersion: "1", now: 0)
    #expect(copy.epoch == 3 && copy.warning?.contains("-wal") == true)
    try copy.close()
    try change("UPDATE epochs SET closed = 0 WHERE epoch = 1")
    let third = try RunAtlas(existing: folder.path(), softwareVersion: "1", now: 0)
    #expect(third.epoch == 3 && third.warning == nil)
    try third.close()
  }

  @Test func anEmptyFileIsExplained() throws {
    try Data().write(to: URL(filePath: folder.path()))
    for open in [
      { _ = try RunAtlas(existing: folder.path(), softwareVersion: "1", now: 0) },
      { _ = try AtlasReader(path: folder.path()) },
    ] {
      let error = #expect(throws: AtlasError.self, performing: open)
      #expect(error?.description.contains("-wal") == true)
    }
  }

  @Test func theCopyHoldsEverythingThatTheSpecificationHas() throws {
    try RunAtlas(folder.path()).close()
    try change("UPDATE prompts SET text = text || 'x'")
    try change("DELETE FROM settings")
    let inspection = try AtlasReader(path: folder.path()).inspect { .sound(prompt: $0.prompt) }
    #expect(!inspection.isSound)
    #expect(inspection.specification == .small())
  }

  /// Tables and copy agree against the digest: they are two of three.
  @Test(arguments: ["x'00'", "zeroblob(32)"])
  func aDamagedDigestCostsNothing(digest: String) throws {
    try RunAtlas(folder.path()).close()
    try change("UPDATE run SET specification_digest = \(digest)")
    do {
      let salvage = try AtlasSalvage(folder.path())
      let reader = try AtlasReader(path: folder.path())
      let inspection = try reader.inspect { .sound(prompt: $0.prompt) }
      #expect(!inspection.isSound && inspection.specification == .small())
      #expect(inspection.specificationProblem == "the digest of its prompts is damaged")
      #expect(try salvage.copy(reader, inspection).isEmpty)
      try salvage.replace()
    }
    let atlas = try RunAtlas(existing: folder.path(), softwareVersion: "1", now: 0)
    #expect(atlas.specification() == .small())
    try atlas.close()
  }

  @Test func aDamagedCopyIsNotBelieved() throws {
    try RunAtlas(folder.path()).close()
    try change("UPDATE prompts SET text = text || 'x'; UPDATE specification_copy SET bytes = x'00'")
    let inspection = try AtlasReader(path: folder.path()).inspect { .sound(prompt: $0.prompt) }
    #expect(inspection.specification == nil)
    #expect(inspection.specificationProblem != nil)
  }
}
