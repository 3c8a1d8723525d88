// autointerp
// `StoredSpecification` writes a digest and a second copy of a run's prompts and settings, and checks them.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Foundation
internal import GRDB
internal import Platform

extension StoredSpecification {
  /// Everything in the file that decides the result: model, template, settings and prompts.
  private static let parts: [(sql: String, columnCount: Int)] = [
    (
      """
      SELECT name, model_name, model_fingerprint, template_name, template_system, corpus_name, corpus_digest, seed FROM run
      """, 8
    ),
    ("SELECT name, value FROM settings ORDER BY name", 2),
    ("SELECT prompt, origin, text, answer_prefix, target FROM prompts ORDER BY prompt", 5),
  ]

  /// The bytes of everything that decides the result, as the tables have it now.
  private static func bytes(_ db: Database) throws -> [UInt8] {
    var bytes = RowBytes()
    for part in parts { bytes.append(try Row.fetchAll(db, sql: part.sql), columnCount: part.columnCount) }
    return bytes.bytes
  }

  /// Writes the digest and the copy. To be called in the transaction that changes the specification.
  static func seal(_ db: Database) throws {
    let bytes = try bytes(db)
    try db.execute(sql: "UPDATE run SET specification_digest = ?", arguments: [Data(Digest.of(bytes))])
    try db.execute(
      sql: "INSERT OR REPLACE INTO specification_copy (id, bytes) VALUES (1, ?)", arguments: [Data(bytes)])
  }

  /// Checks the tables against their digest. Files of earlier formats have none.
  ///
  /// - Throws: a `DatabaseError` if prompts, settings, model or template were changed.
  static func verify(_ db: Database) throws {
    guard let row = try Row.fetchOne(db, sql: "SELECT * FROM run"), row.hasColumn("specification_digest"),
      let digest = Data.fromDatabaseValue(row["specification_digest"])
    else { return }
    guard try [UInt8](digest) == Digest.of(bytes(db)) else {
      throw DatabaseError(
        resultCode: .SQLITE_CORRUPT, message: "its prompts or settings do not match the digest of this run")
    }
  }

  static func isSealed(_ db: Database) throws -> Bool {
    try Bool.fetchOne(db, sql: "SELECT specification_digest IS NOT NULL FROM run") ?? false
  }

  /// What can be said about the specification in a file that may be damaged.
  enum Health {
    /// The tables match the digest, or no digest was made yet.
    case sound
    /// The tables are damaged, but these bytes hold everything.
    case restorable(copy: [UInt8], reason: String)
    case lost(reason: String)
  }

  /// Two of the three must agree: the tables, the copy and the digest.
  static func health(_ db: Database) -> Health {
    let stored = try? Data.fetchOne(db, sql: "SELECT specification_digest FROM run").map { [UInt8]($0) }
    let copy = try? Data.fetchOne(db, sql: "SELECT bytes FROM specification_copy").map { [UInt8]($0) }
    let tables: [UInt8]
    do {
      _ = try fetchUnverified(db)
      tables = try bytes(db)
    } catch {
      let reason = "its prompts or settings cannot be read (\(error))"
      guard let copy, let stored, Digest.of(copy) == stored, readsBack(copy) else { return .lost(reason: reason) }
      return .restorable(copy: copy, reason: reason)
    }
    guard let stored else { return .sound }
    if Digest.of(tables) == stored { return .sound }
    let reason = "its prompts or settings do not match the digest of this run"
    if let copy, copy == tables { return .restorable(copy: copy, reason: "the digest of its prompts is damaged") }
    guard let copy, Digest.of(copy) == stored, readsBack(copy) else { return .lost(reason: reason) }
    return .restorable(copy: copy, reason: reason)
  }

  private static func readsBack(_ copy: [UInt8]) -> Bool { RowBytes.results(in: copy, count: parts.count) != nil }

  /// The specification that a copy holds.
  static func read(copy: [UInt8]) throws -> RunSpecification {
    let scratch = try DatabaseQueue()
    return try scratch.write { db in
      try AtlasSchema.migrate(db, from: 0)
      try db.execute(
        sql: """
          INSERT INTO run (id, name, state, model_name, template_name, corpus_name, corpus_digest, seed, software_version,
            created_at) VALUES (1, '', '', '', '', '', '', '', '', 0)
          """)
      try restore(copy, into: db)
      return try fetchUnverified(db)
    }
  }

  /// Writes the specification of the copy into empty tables. `run` must have its row.
  static func restore(_ copy: [UInt8], into db: Database) throws {
    guard let results = RowBytes.results(in: copy, count: parts.count), let run = results[0].first else { return }
    try db.execute(
      sql: """
        UPDATE run SET name = ?, model_name = ?, model_fingerprint = ?, template_name = ?, template_system = ?,
          corpus_name = ?, corpus_digest = ?, seed = ?
        """, arguments: StatementArguments(run))
    for setting in results[1] {
      try db.execute(sql: "INSERT INTO settings (name, value) VALUES (?, ?)", arguments: StatementArguments(setting))
    }
    for prompt in results[2] {
      try db.execute(
        sql: "INSERT INTO prompts (prompt, origin, text, answer_prefix, target) VALUES (?, ?, ?, ?, ?)",
        arguments: StatementArguments(prompt))
    }
  }
}
