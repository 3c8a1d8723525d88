// autointerp
// The SQLite file of one run: opening, closing, locking.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Foundation
internal import GRDB

/// The file of one run: what was asked, what is done, what failed, and in the end what was learned.
///
/// One coordinator at a time: opening takes a lock on `path-lock` that dies with the process. Other processes may read
/// the file with any SQLite client meanwhile (it is in WAL mode). Whatever a method has returned from writing survives a
/// power cut (synchronous FULL).
///
/// Methods block for the disk: call them off the cooperative thread pool. They may be called from any thread; writes are
/// serialised, reads run beside them.
package final class RunAtlas: Sendable {
  package let path: String
  /// Counts openings of this file, from 1.
  package let epoch: Int64
  let pool: DatabasePool
  private let lock: FileLock

  /// Creates the file of a new run, or resumes the run with this specification.
  ///
  /// A file that cannot be read is never replaced. A specification without a model fingerprint matches any model.
  ///
  /// `path` is the file, in a folder that exists; the software version is recorded with the run and with this opening;
  /// `now` is in milliseconds since 1970.
  ///
  /// - Throws: `inUse` when another coordinator has it, `differentRun` naming every setting that differs, `notAnAtlas`,
  ///   `newerFormat`, `corrupt`, `diskFull`.
  package convenience init(
    path: String, specification: RunSpecification, softwareVersion: String, now: Int64
  ) throws(AtlasError) {
    try self.init(opening: path, softwareVersion: softwareVersion, now: now) { (db, isNew) throws in
      if isNew {
        try StoredSpecification.insert(specification, softwareVersion: softwareVersion, at: now, into: db)
      } else {
        let differences = try StoredSpecification.fetch(db).differences(from: specification)
        guard differences.isEmpty else { throw AtlasError.differentRun(path: path, differences: differences) }
        try StoredSpecification.adopt(fingerprint: specification.modelFingerprint, in: db)
      }
    }
  }

  /// Opens the file of a run that was started before, whatever it is.
  ///
  /// - Throws: `missing`, and as the other initialiser.
  package convenience init(existing path: String, softwareVersion: String, now: Int64) throws(AtlasError) {
    guard FileManager.default.fileExists(atPath: path) else { throw .missing(path: path) }
    try self.init(opening: path, softwareVersion: softwareVersion, now: now) { (_, isNew) throws in
      if isNew { throw AtlasError.corrupt(path: path, detail: "it is empty") }
    }
  }

  /// `prepare` runs in the transaction that migrates the file and begins the epoch; its second argument tells that the
  /// file was empty.
  private init(
    opening path: String, softwareVersion: String, now: Int64, prepare: (Database, _ isNew: Bool) throws -> Void
  ) throws(AtlasError) {
    self.path = path
    lock = try FileLock(protecting: path)
    let version = try Self.formatVersion(path)
    var configuration = Configuration()
    configuration.label = "atlas"
    configuration.busyMode = .timeout(10)
    configuration.maximumReaderCount = 4
    configuration.prepareDatabase { db in
      // Only a new file takes the page size. Large pages suit payloads of a few hundred kilobytes.
      if !db.configuration.readonly { try db.execute(sql: "PRAGMA page_size = 16384") }
    }
    (pool, epoch) = try surfacing(path) {
      let pool = try DatabasePool(path: path, configuration: configuration)
      let epoch = try pool.writeWithoutTransaction { db in
        // GRDB leaves WAL databases at NORMAL, which may lose the last commits in a power cut.
        try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000; PRAGMA cache_size = -32768")
        var epoch: Int64 = 0
        try db.inTransaction(.immediate) {
          try AtlasSchema.migrate(db, from: version)
          try prepare(db, version == 0)
          try db.execute(
            sql: "INSERT INTO epochs (software_version, started_at) VALUES (?, ?)", arguments: [softwareVersion, now])
          epoch = db.lastInsertedRowID
          return .commit
        }
        return epoch
      }
      return (pool, epoch)
    }
  }

  /// Looks at the file without changing it: 0 for one that is missing or empty.
  private static func formatVersion(_ path: String) throws(AtlasError) -> Int {
    guard FileManager.default.fileExists(atPath: path) else { return 0 }
    let (application, version, tables) = try surfacing(path) {
      var configuration = Configuration()
      configuration.readonly = true
      configuration.busyMode = .timeout(10)
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      defer { try? queue.close() }
      return try queue.read { db in
        (
          try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0,
          try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0,
          try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
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
    guard version > 0, tables > 0 else { throw .corrupt(path: path, detail: "its tables are missing") }
    return version
  }

  /// Folds the write-ahead log into the file and closes it; the next coordinator may then open it.
  ///
  /// Not calling it loses nothing; the lock then goes with the object.
  package func close() throws(AtlasError) {
    try surfacing(path) {
      // Readers elsewhere may hold the log open; it then stays, which is harmless.
      _ = try? pool.writeWithoutTransaction { db in try db.checkpoint(.truncate) }
      // Of the connections the writer has to be the last, since only it may remove the log.
      pool.invalidateReadOnlyConnections()
      try pool.close()
    }
    lock.release()
  }
}
