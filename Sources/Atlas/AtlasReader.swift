// autointerp
// `AtlasReader` reads the file of a run, also while a coordinator writes it, and never changes it.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Foundation
internal import GRDB

/// Read-only access to the file of a run. It takes no lock: a run that is under way is read as it stands.
///
/// Methods block for the disk: call them off the cooperative thread pool.
package struct AtlasReader: Sendable {
  package let path: String
  let queue: DatabaseQueue

  /// Opens the file at `path`.
  ///
  /// - Throws: `missing`, `notAnAtlas`, `newerFormat`, `earlierGraphs`, `olderFormat`, `corrupt`.
  package init(path: String) throws(AtlasError) {
    guard FileManager.default.fileExists(atPath: path) else { throw .missing(path: path) }
    self.path = path
    queue = try surfacing(path) {
      var configuration = Configuration()
      configuration.readonly = true
      configuration.busyMode = .timeout(10)
      return try DatabaseQueue(path: path, configuration: configuration)
    }
    let (application, version, tables) = try surfacing(path) { [queue] in
      try queue.read { db in
        (
          try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0,
          try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0,
          try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        )
      }
    }
    if application == 0, version == 0, tables == 0 { throw .corrupt(path: path, detail: RunAtlas.emptiness(of: path)) }
    guard application == AtlasSchema.applicationID else {
      throw .notAnAtlas(path: path, detail: "it is another application's database")
    }
    guard version <= AtlasSchema.currentVersion else {
      throw .newerFormat(path: path, found: version, supported: AtlasSchema.currentVersion)
    }
    guard version >= AtlasSchema.firstWithRules else { throw .earlierGraphs(path: path, found: version) }
    guard version >= AtlasSchema.oldestReadableVersion else { throw .olderFormat(path: path, found: version) }
    let problem = try surfacing(path) { [queue] in try queue.read { try AtlasSchema.problem(with: $0, at: version) } }
    if let problem { throw .corrupt(path: path, detail: problem) }
  }

  /// What the run is, as stored.
  package func specification() throws(AtlasError) -> RunSpecification {
    try surfacing(path) { try queue.read(StoredSpecification.fetch) }
  }

  /// The numbers of the prompts that were given up.
  package func quarantinedPrompts() throws(AtlasError) -> [Int32] {
    try surfacing(path) {
      try queue.read { try Int32.fetchAll($0, sql: "SELECT prompt FROM quarantine ORDER BY prompt") }
    }
  }

  /// Reads a file that may be damaged, in one transaction that is always rolled back. After a statement has come upon a
  /// damaged page, SQLite refuses to commit even a transaction that only read, and everything read before would be lost.
  func examine<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try queue.unsafeRead { db in
      var value: Value?
      try db.inTransaction(.deferred) {
        value = try body(db)
        return .rollback
      }
      guard let value else { preconditionFailure("a transaction that ends has a value") }
      return value
    }
  }
}
