// autointerp
// `RunAtlas` opens, locks and closes the SQLite file of one run.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Foundation
internal import GRDB
internal import Platform
internal import Synchronization

/// The file of one run: what was asked, what is done, what failed and, at the end, the aggregate.
///
/// Only one coordinator may have it open: opening takes a lock on `path-lock` that ends with the process. Other
/// processes may read the file with any SQLite client (it is in WAL mode). When a writing method has returned, its data
/// survives a power failure (synchronous FULL).
///
/// Methods block while the disk works, so call them outside the cooperative thread pool. Any thread may call them.
/// Writes are serialised; reads run in parallel.
package final class RunAtlas: Sendable {
  package let path: String
  /// Counts the openings of this file, from 1.
  package let epoch: Int64
  package let identity: RunIdentity
  /// Something about the file that its owner should know; nil if there is nothing.
  package let warning: String?
  let pool: RestingPool
  /// The stored specification, checked against its digest when the file was opened.
  let verified: Mutex<RunSpecification>
  private let lock: FileLock

  /// Creates the file of a new run, or resumes the run with this specification.
  ///
  /// A file that cannot be read is never replaced. A specification without a model fingerprint matches any model.
  /// `path` is the file, in an existing folder. The software version is recorded for the run and for this opening.
  /// `now` is in milliseconds since 1970.
  ///
  /// - Throws: `inUse` if another coordinator has it, `differentRun` with every setting that differs, `notAnAtlas`,
  ///   `newerFormat`, `earlierGraphs`, `corrupt`, `diskFull`.
  package convenience init(
    path: String, specification: RunSpecification, softwareVersion: String, now: Int64
  ) throws(AtlasError) {
    try self.init(opening: path, softwareVersion: softwareVersion, now: now) { (db, isNew) throws in
      guard !isNew else {
        try StoredSpecification.insert(specification, softwareVersion: softwareVersion, at: now, into: db)
        return specification
      }
      var stored = try StoredSpecification.fetch(db)
      let differences = stored.differences(from: specification)
      guard differences.isEmpty else { throw AtlasError.differentRun(path: path, differences: differences) }
      try StoredSpecification.adopt(fingerprint: specification.modelFingerprint, in: db)
      stored.modelFingerprint = stored.modelFingerprint ?? specification.modelFingerprint
      return stored
    }
  }

  /// Opens the file of an existing run, whatever its specification.
  ///
  /// - Throws: `missing`, and the errors of the other initialiser.
  package convenience init(existing path: String, softwareVersion: String, now: Int64) throws(AtlasError) {
    guard FileManager.default.fileExists(atPath: path) else { throw .missing(path: path) }
    try self.init(opening: path, softwareVersion: softwareVersion, now: now) { (db, isNew) throws in
      if isNew { throw AtlasError.corrupt(path: path, detail: Self.emptiness(of: path)) }
      return try StoredSpecification.fetch(db)
    }
  }

  /// `prepare` runs in the transaction that migrates the file and begins the epoch. Its second argument is true if the
  /// file was empty. It returns the run's specification.
  private init(
    opening path: String, softwareVersion: String, now: Int64,
    prepare: (Database, _ isNew: Bool) throws -> RunSpecification
  ) throws(AtlasError) {
    self.path = path
    lock = try Self.lock(path)
    let hadLog = Self.hasLog(path)
    let version = try Self.formatVersion(path)
    let opened: DatabasePool
    let specification: RunSpecification
    (opened, specification, epoch, identity, warning) = try surfacing(path) {
      let pool = try Self.openPool(path)
      let (specification, epoch, identity, warning) = try pool.writeWithoutTransaction { db in
        var (epoch, identity) = (Int64(0), RunIdentity.random())
        var warning: String?
        var specification: RunSpecification?
        try db.inTransaction(.immediate) {
          try AtlasSchema.migrate(db, from: version)
          specification = try prepare(db, version == 0)
          if try !StoredSpecification.isSealed(db) { try StoredSpecification.seal(db) }
          // The migration says of openings under earlier formats that they were not closed, which nobody knows.
          if !hadLog, version >= AtlasSchema.firstWithClosings, try Self.wasLeftOpen(db) { warning = Self.missingLog }
          try db.execute(
            sql: "INSERT INTO epochs (software_version, started_at) VALUES (?, ?)", arguments: [softwareVersion, now])
          epoch = db.lastInsertedRowID
          identity = try StoredIdentity.settle(identity, in: db)
          return .commit
        }
        Self.checkpoint(db)
        return (specification, epoch, identity, warning)
      }
      guard let specification else { preconditionFailure("a file that was opened has a specification") }
      return (pool, specification, epoch, identity, warning)
    }
    verified = Mutex(specification)
    pool = RestingPool(opened) { [epoch] in
      let pool = try Self.openPool(path)
      // A full disk must not keep anybody from reading.
      _ = try? pool.write { try $0.execute(sql: "UPDATE epochs SET closed = 0 WHERE epoch = ?", arguments: [epoch]) }
      return pool
    }
  }

  private static func openPool(_ path: String) throws -> DatabasePool {
    var configuration = Configuration()
    configuration.label = "atlas"
    configuration.busyMode = .timeout(10)
    configuration.maximumReaderCount = 4
    configuration.prepareDatabase { db in
      // Only a new file takes the page size. Large pages suit payloads of a few hundred kilobytes.
      if !db.configuration.readonly { try db.execute(sql: "PRAGMA page_size = 16384") }
    }
    let pool = try DatabasePool(path: path, configuration: configuration)
    try pool.writeWithoutTransaction { db in
      // GRDB leaves WAL databases at NORMAL, which may lose the last commits in a power failure.
      try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000; PRAGMA cache_size = -32768")
    }
    return pool
  }

  /// What a file without its log may lack. A copy that sqlite3's `.backup` made looks the same, and lacks nothing.
  static let missingLog = """
    its last coordinator did not close it, and the -wal file that belongs to it is missing: results of the time before \
    that may be missing and are then computed again. A copy of a run in use needs its -wal beside it, or sqlite3's .backup
    """

  /// True if there is a write-ahead log with something in it. Readers leave an empty one behind, even beside a copy.
  static func hasLog(_ path: String) -> Bool {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path + "-wal")
    return (attributes?[.size] as? Int ?? 0) > 0
  }

  /// True if the last opening did not end with `close`.
  static func wasLeftOpen(_ db: Database) throws -> Bool {
    try Bool.fetchOne(db, sql: "SELECT NOT closed FROM epochs ORDER BY epoch DESC LIMIT 1") ?? false
  }

  /// Moves what is in the write-ahead log into the file, as far as readers permit, so that a copy of the file alone has
  /// it. Failing does no harm: the log still has everything.
  static func checkpoint(_ db: Database) { _ = try? db.checkpoint(.passive) }

  static func emptiness(of path: String) -> String {
    FileManager.default.fileExists(atPath: path + "-wal")
      ? "it is empty, and so is its -wal file"
      : "it is empty: if it is a copy, copy the -wal file beside it as well, or use sqlite3's .backup"
  }

  static func lock(_ path: String) throws(AtlasError) -> FileLock {
    do throws(PlatformError) {
      return try FileLock(protecting: path)
    } catch {
      switch error {
      case .inUse(let path, let holder): throw .inUse(path: path, holder: holder)
      case .diskFull: throw .diskFull(path: path)
      case .file, .empty, .system: throw .failed(path: path, detail: "\(error)")
      }
    }
  }

  /// Reads the file's format version without changing the file; 0 if it is missing or empty.
  private static func formatVersion(_ path: String) throws(AtlasError) -> Int {
    guard FileManager.default.fileExists(atPath: path) else { return 0 }
    let (application, version, tables, hasEarlierGraphs, problem) = try surfacing(path) {
      var configuration = Configuration()
      configuration.readonly = true
      configuration.busyMode = .timeout(10)
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      defer { try? queue.close() }
      return try queue.read { db in
        let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        let isKnown = application == AtlasSchema.applicationID && (1...AtlasSchema.currentVersion).contains(version)
        return (
          application, version, try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0,
          try isKnown && version < AtlasSchema.firstWithRules && hasResults(db),
          isKnown ? try AtlasSchema.problem(with: db, at: version) : nil
        )
      }
    }
    if application == 0, version == 0, tables == 0 { return 0 }
    guard application == AtlasSchema.applicationID else {
      throw .notAnAtlas(path: path, detail: "it is another application's database")
    }
    guard version <= AtlasSchema.currentVersion else {
      throw .newerFormat(path: path, found: version, supported: AtlasSchema.currentVersion)
    }
    // To bring such a file up to date would only take it away from the version that can read it.
    if hasEarlierGraphs { throw .earlierGraphs(path: path, found: version) }
    guard version > 0, tables > 0 else { throw .corrupt(path: path, detail: "its tables are missing") }
    if let problem { throw .corrupt(path: path, detail: problem) }
    return version
  }

  private static func hasResults(_ db: Database) throws -> Bool {
    try db.tableExists("deltas") && Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM deltas)") == true
  }

  /// Moves the write-ahead log into the file and closes it. Then another coordinator may open it.
  ///
  /// Nothing is lost if this is not called; the object then releases the lock.
  package func close() throws(AtlasError) {
    try closeConnections(isLast: true)
    lock.release()
  }

  /// Closes the file's connections until something is read or written again. The lock stays. Does nothing while they are
  /// in use.
  package func rest() throws(AtlasError) { try closeConnections(isLast: false) }

  private func closeConnections(isLast: Bool) throws(AtlasError) {
    try surfacing(path) {
      try pool.rest(isLast: isLast) { pool in
        // A full disk must not keep the file from being closed. It then looks as if it had been left open.
        _ = try? pool.write { try $0.execute(sql: "UPDATE epochs SET closed = 1 WHERE epoch = ?", arguments: [epoch]) }
        // Readers in other processes may keep the log open. It then stays, which is harmless.
        _ = try? pool.writeWithoutTransaction { db in try db.checkpoint(.truncate) }
        // The writer must be the last connection, because only it may remove the log.
        pool.invalidateReadOnlyConnections()
        try pool.close()
      }
    }
  }
}
