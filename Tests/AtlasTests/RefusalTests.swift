// autointerp
// `RefusalTests` tests which files `RunAtlas` refuses, and what the error tells the user.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Foundation
import GRDB
import Testing

@testable import Atlas

@Suite struct RefusalTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func aSecondCoordinatorIsRefusedUntilTheFirstIsGone() throws {
    var first: RunAtlas? = try RunAtlas(folder.path())
    let error = #expect(throws: AtlasError.self) { try RunAtlas(folder.path()) }
    #expect(error?.description.contains("in use by process \(getpid())") == true)
    try first?.close()
    first = nil
    _ = try RunAtlas(folder.path())
  }

  @Test func closingLetsTheNextCoordinatorIn() throws {
    let first = try RunAtlas(folder.path())
    try first.close()
    try RunAtlas(folder.path()).close()
    withExtendedLifetime(first) {}
  }

  @Test func aClosedRunIsOneFile() throws {
    let atlas = try RunAtlas(folder.path())
    var batch = AtlasBatch()
    batch.deltas = [.sample(1)]
    _ = try atlas.commit(batch)
    _ = try atlas.ledger()
    try atlas.close()
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
    #expect(files == ["run.sqlite", "run.sqlite-lock"])
  }

  @Test func readersAreWelcomeMeanwhile() throws {
    let atlas = try RunAtlas(folder.path())
    var configuration = Configuration()
    configuration.readonly = true
    let reader = try DatabaseQueue(path: folder.path(), configuration: configuration)
    var batch = AtlasBatch()
    batch.deltas = [.sample(1)]
    _ = try atlas.commit(batch)
    #expect(try reader.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM deltas") } == 1)
  }

  struct Change: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let apply: @Sendable (inout RunSpecification) -> Void

    init(_ what: String, _ apply: @escaping @Sendable (inout RunSpecification) -> Void) {
      testDescription = what
      self.apply = apply
    }
  }

  static let changes = [
    Change("model") { $0.modelFingerprint = "cafe" },
    Change("template") { $0.template.system = nil },
    Change("metric") { $0.settings.metric = .topLogits(count: 5) },
    Change("position") { $0.settings.position = nil },
    Change("select") { $0.settings.selection = .tau(0.01) },
    Change("rule") { $0.settings.rule = .relp },
    Change("edge_threshold") { $0.settings.edgeThreshold = 0 },
    Change("max_nodes") { $0.settings.maximumNodeCount = 1 },
    Change("max_sweep_rows") { $0.settings.maximumSweepRows = 1 },
    Change("seed") { $0.seed = 0 },
    Change("number of prompts") { $0.prompts.removeLast() },
    Change("prompts: number 2") { $0.prompts[2].answerPrefix = "" },
    Change("corpus digest") { $0.corpusDigest = "ffff" },
  ]

  @Test(arguments: changes) func aResumeWithOtherSettingsNamesWhatDiffers(_ change: Change) throws {
    _ = try RunAtlas(folder.path())
    var specification = RunSpecification.small()
    change.apply(&specification)
    let error = #expect(throws: AtlasError.self) { try RunAtlas(folder.path(), specification) }
    guard case .differentRun(_, let differences) = error else {
      Issue.record("not refused as a different run: \(String(describing: error))")
      return
    }
    #expect(differences.count == 1)
    #expect(differences.first?.hasPrefix(change.testDescription) == true)
  }

  @Test func aClientWithoutTheModelMayResume() throws {
    _ = try RunAtlas(folder.path())
    var specification = RunSpecification.small()
    specification.modelFingerprint = nil
    #expect(try RunAtlas(folder.path(), specification).specification() == .small())
  }

  @Test func anotherApplicationsDatabaseIsLeftAsItIs() throws {
    try DatabaseQueue(path: folder.path()).write { try $0.execute(sql: "CREATE TABLE precious (x)") }
    let before = try Data(contentsOf: URL(filePath: folder.path()))
    let error = #expect(throws: AtlasError.self) { try RunAtlas(folder.path()) }
    guard case .notAnAtlas = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(try Data(contentsOf: URL(filePath: folder.path())) == before)
  }

  @Test func aFileThatIsNoDatabaseIsLeftAsItIs() throws {
    let bytes = Data(repeating: 0x41, count: 50_000)
    try bytes.write(to: URL(filePath: folder.path()))
    let error = #expect(throws: AtlasError.self) { try RunAtlas(folder.path()) }
    guard case .notAnAtlas = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(try Data(contentsOf: URL(filePath: folder.path())) == bytes)
  }

  @Test func newerFilesAreRefused() throws {
    try RunAtlas(folder.path()).close()
    try DatabaseQueue(path: folder.path()).write { try $0.execute(sql: "PRAGMA user_version = 99") }
    #expect(
      throws: AtlasError.newerFormat(path: folder.path(), found: 99, supported: AtlasSchema.currentVersion)
    ) { try RunAtlas(folder.path()) }
  }

  /// Bringing such a file up to date would take it away from the only version that can read its graphs.
  @Test func earlierGraphsAreRefusedAndTheFileStaysAsItIs() throws {
    let path = folder.path()
    try DatabaseQueue(path: path).inDatabase { db in
      for migration in AtlasSchema.migrations[..<3] { try db.execute(sql: migration) }
      try db.execute(sql: "PRAGMA application_id = \(AtlasSchema.applicationID); PRAGMA user_version = 3")
      try db.execute(sql: "INSERT INTO prompts VALUES (0, 'domain', 'p', '')")
      try db.execute(sql: "INSERT INTO deltas VALUES (0, 1, 'w', 1, 'Haswell', 1, 1, x'00', x'00')")
    }
    let before = try Data(contentsOf: URL(filePath: path))
    #expect(throws: AtlasError.earlierGraphs(path: path, found: 3)) { try RunAtlas(path) }
    #expect(throws: AtlasError.earlierGraphs(path: path, found: 3)) {
      try RunAtlas(existing: path, softwareVersion: "1.0", now: 0)
    }
    let error = #expect(throws: AtlasError.self) { try AtlasReader(path: path) }
    #expect(error == .earlierGraphs(path: path, found: 3))
    #expect("\(error.map { "\($0)" } ?? "")".contains("run the prompts again under another name"))
    #expect(try Data(contentsOf: URL(filePath: path)) == before)
  }

  @Test func aMissingFileIsNotCreatedWhenResuming() throws {
    #expect(throws: AtlasError.missing(path: folder.path())) {
      try RunAtlas(existing: folder.path(), softwareVersion: "1.0", now: 0)
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path()))
  }

  @Test func damagedPagesAreReportedAsDamage() throws {
    do {
      let atlas = try RunAtlas(folder.path())
      var batch = AtlasBatch()
      batch.deltas = (0..<10).map { .sample($0, byteCount: 100_000) }
      _ = try atlas.commit(batch)
      try atlas.close()
    }
    // Damage everything after the first page, which holds the format.
    var bytes = try Data(contentsOf: URL(filePath: folder.path()))
    bytes.replaceSubrange(16384..., with: Data(repeating: 0xA5, count: bytes.count - 16384))
    try bytes.write(to: URL(filePath: folder.path()))
    let error = #expect(throws: AtlasError.self) {
      let atlas = try RunAtlas(folder.path())
      _ = try atlas.ledger()
    }
    guard case .corrupt = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func aFullDiskLosesNothingAndEndsWhenThereIsRoom() throws {
    let atlas = try RunAtlas(folder.path())
    var batch = AtlasBatch()
    batch.deltas = [.sample(1)]
    _ = try atlas.commit(batch)
    let pages = try atlas.pool.writeWithoutTransaction { db in
      try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
    }
    func allow(_ pages: Int) throws {
      try atlas.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
    }
    try allow(pages + 2)
    batch.deltas = [.sample(2), .sample(3, byteCount: 200_000)]
    #expect(throws: AtlasError.diskFull(path: folder.path())) { try atlas.commit(batch) }
    #expect(try atlas.ledger().digests == [1: [1, 1]])
    try allow(1 << 30)
    #expect(try atlas.commit(batch) == [.stored, .stored])
  }
}
