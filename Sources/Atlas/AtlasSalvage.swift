// autointerp
// `AtlasSalvage` writes a new file with everything that is sound in a damaged one, and puts it in its place.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Foundation
internal import GRDB
internal import Platform

/// Repairs a run's file by copying. The damaged file is never written to: it stays beside the new one, as
/// `NAME.sqlite.damaged` or, after an earlier repair, `NAME.sqlite.damaged-2` and so on, with its log.
///
/// While the value exists no coordinator can open the file.
package final class AtlasSalvage: Sendable {
  private let path: String
  private let lock: FileLock
  /// The new file, until it takes the place of the old one.
  package var newPath: String { path + ".repair" }
  /// Where the damaged file is kept. Nothing has this name yet.
  package let damagedPath: String

  /// - Throws: `inUse` while a coordinator has the file.
  package init(_ path: String) throws(AtlasError) {
    self.path = path
    lock = try RunAtlas.lock(path)
    damagedPath = Self.unusedName(path + ".damaged")
  }

  /// The files of earlier repairs are evidence, and may be all that is left of a result.
  private static func unusedName(_ name: String) -> String {
    func isUsed(_ name: String) -> Bool {
      ["", "-wal"].contains { (try? FileManager.default.attributesOfItem(atPath: name + $0)) != nil }
    }
    guard isUsed(name) else { return name }
    var number = 2
    while isUsed("\(name)-\(number)") { number += 1 }
    return "\(name)-\(number)"
  }

  /// Writes the new file, without the aggregate's tables. Returns what had to be left out, one line each, besides the
  /// damaged results.
  ///
  /// - Throws: `corrupt` if the specification is lost, because nothing can be computed without it.
  package func copy(_ reader: AtlasReader, _ inspection: AtlasInspection) throws(AtlasError) -> [String] {
    guard inspection.specification != nil else {
      throw .corrupt(path: path, detail: inspection.specificationProblem ?? "its specification is lost")
    }
    removeFile(at: newPath)
    let newPath = newPath
    return try surfacing(newPath) {
      var configuration = Configuration()
      configuration.foreignKeysEnabled = false
      configuration.prepareDatabase { db in
        if !db.configuration.readonly { try db.execute(sql: "PRAGMA page_size = 16384") }
      }
      let pool = try DatabasePool(path: newPath, configuration: configuration)
      let leftOut = try reader.examine { old in
        try pool.write { new in
          try AtlasSchema.migrate(new, from: 0)
          return try Self.copyRows(from: old, to: new, inspection)
        }
      }
      _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
      try pool.close()
      return leftOut
    }
  }

  /// Puts the new file in the place of the old one, which is kept.
  package func replace() throws(AtlasError) {
    do {
      try ReplacedFile.swap(newPath, into: path, keeping: damagedPath, companions: ["-wal"])
    } catch {
      throw .failed(path: path, detail: "\(error)")
    }
    unlink(path + "-shm")
    unlink(newPath + "-lock")
  }

  /// Removes the new file, if the old one was sound after all or the repair failed.
  package func abandon() { removeFile(at: newPath) }

  private func removeFile(at path: String) {
    for suffix in ["", "-wal", "-shm", "-lock"] { unlink(path + suffix) }
  }

  // MARK: Rows

  private static func copyRows(
    from old: Database, to new: Database, _ inspection: AtlasInspection
  ) throws -> [String] {
    var leftOut: [String] = []
    func copy(_ table: DamagedTable, below count: Int64? = nil) throws {
      // Earlier formats do not have every table.
      guard try old.tableExists(table.name) else { return }
      var refused = 0
      let isWhole = try table.forEachRow(in: old, below: count) { row in
        if try !insert(row, into: table.name, new) { refused += 1 }
      }
      if !isWhole {
        leftOut.append("the rows of the table \(table.name) that cannot be read")
      } else if refused > 0 {
        leftOut.append("\(refused) damaged rows of the table \(table.name)")
      }
    }
    let promptCount = inspection.specification.map { Int64($0.prompts.count) }
    try copy(DamagedTable("run", key: "id"), below: 2)
    if try Int.fetchOne(new, sql: "SELECT count(*) FROM run") == 0 { try insertRun(new, inspection) }
    if let copy = inspection.copy {
      try StoredSpecification.restore(copy, into: new)
    } else {
      try copy(DamagedTable("settings", key: "name"))
      try copy(DamagedTable("prompts", key: "prompt"), below: promptCount)
    }
    try StoredSpecification.seal(new)
    for table in ["senders", "discards", "quarantine"] {
      try copy(DamagedTable(table, key: "prompt"), below: promptCount)
    }
    try copy(DamagedTable("epochs", key: "epoch"))
    for table in ["orders", "failures", "spot_checks"] { try copy(DamagedTable(table, key: "id")) }
    try copy(DamagedTable("workers", key: "name", "incarnation"))
    _ = try DamagedTable("deltas", key: "prompt").forEachRow(in: old, below: promptCount) { row in
      guard let key = Int64.fromDatabaseValue(row["prompt"]), let prompt = inspection.salvageable[key] else { return }
      try insert(row, into: "deltas", new, setting: ("prompt", prompt.databaseValue))
    }
    for (table, condition) in AtlasInspection.rowConditions {
      try new.execute(sql: "DELETE FROM \(table) WHERE NOT (\(condition))")
      if new.changesCount > 0 { leftOut.append("\(new.changesCount) impossible rows of the table \(table)") }
    }
    if !inspection.isCardSound { try new.execute(sql: "UPDATE run SET model_card = NULL") }
    // The coordinator that opens the file then makes a new identity, and the grants of the old one are void.
    try new.execute(sql: "UPDATE run SET grant_key = NULL WHERE \(AtlasInspection.isGrantKeyDamaged)")
    // The new file continues the count of openings, so that grants of the old one are not given again.
    let missing = inspection.specification.map { $0.prompts.count - inspection.salvageable.count } ?? 0
    try new.execute(
      sql: """
        DELETE FROM senders WHERE prompt NOT IN (SELECT prompt FROM deltas);
        DELETE FROM quarantine WHERE prompt IN (SELECT prompt FROM deltas) OR prompt NOT IN (SELECT prompt FROM prompts);
        DELETE FROM failures WHERE prompt NOT IN (SELECT prompt FROM prompts);
        DELETE FROM discards WHERE prompt NOT IN (SELECT prompt FROM prompts);
        DELETE FROM spot_checks WHERE prompt NOT IN (SELECT prompt FROM deltas);
        UPDATE epochs SET closed = 1;
        """)
    // A prompt that failed, succeeded and lost its result starts anew.
    for damage in inspection.damaged {
      try new.execute(sql: "UPDATE failures SET counts = 0 WHERE prompt = ?", arguments: [damage.prompt])
    }
    let quarantined = try Int.fetchOne(new, sql: "SELECT count(*) FROM quarantine") ?? 0
    if inspection.state == nil || (inspection.state == .complete && missing > quarantined) {
      try new.execute(sql: "UPDATE run SET state = ?", arguments: [StoredRunState.unfinished.rawValue])
    }
    return leftOut
  }

  /// Returns false if the new file refuses the row, because a flipped bit gave it a value that no row can have.
  @discardableResult
  private static func insert(
    _ row: Row, into table: String, _ db: Database, setting changed: (column: String, value: DatabaseValue)? = nil
  ) throws -> Bool {
    let names = row.columnNames.map { "\"\($0)\"" }.joined(separator: ", ")
    let places = repeatElement("?", count: row.count).joined(separator: ", ")
    let values = row.map { column, value in column == changed?.column ? changed!.value : value }
    do {
      try db.cachedStatement(sql: "INSERT OR IGNORE INTO \(table) (\(names)) VALUES (\(places))")
        .execute(arguments: StatementArguments(values))
      return db.changesCount > 0
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
      return false
    }
  }

  /// A row for a run whose own row is lost. The specification fills it.
  private static func insertRun(_ db: Database, _ inspection: AtlasInspection) throws {
    try db.execute(
      sql: """
        INSERT INTO run (id, name, state, model_name, template_name, corpus_name, corpus_digest, seed, software_version,
          created_at) VALUES (1, '', ?, '', '', '', '', '', ?, 0)
        """,
      arguments: [
        (inspection.state ?? .unfinished).rawValue, inspection.softwareVersion ?? "unknown",
      ])
  }
}
