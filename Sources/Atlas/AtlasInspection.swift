// autointerp
// `AtlasInspection` says what is sound and what is damaged in a run's file.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Foundation
internal import GRDB

/// What an inspection of a run's file found. The file is only read.
package struct AtlasInspection: Sendable {
  /// Something that is wrong with one prompt's result.
  package struct Damage: Equatable, Sendable {
    package var prompt: Int32
    package var reason: String

    package init(prompt: Int32, reason: String) {
      self.prompt = prompt
      self.reason = reason
    }
  }

  /// What the check of a stored result finds.
  package enum Verdict: Sendable {
    /// The result is as it was written, for this prompt. If it is stored under another number, that number is damaged.
    case sound(prompt: Int32)
    case damaged(reason: String)
  }

  /// Nil if the specification is lost.
  package var specification: RunSpecification?
  package var softwareVersion: String?
  package var state: StoredRunState?
  /// Why prompts, settings, model or template are not as they were; nil if they are.
  package var specificationProblem: String?
  /// What SQLite finds wrong with the file's pages and tables.
  package var structure: [String] = []
  /// The prompts whose results are sound, in ascending order.
  package var sound: [Int32] = []
  package var damaged: [Damage] = []
  /// The numbers of all rows whose results are sound, with their prompts. A repair keeps them.
  var salvageable: [Int64: Int32] = [:]
  /// How many prompts the written tables cover; nil without tables.
  package var tabledPrompts: Int?
  /// True if this version wrote the tables. Those of earlier formats lack something that the results lead to.
  package var areTablesCurrent = false
  /// True if the file has a table for a finished run, or should have one.
  package var isFinished: Bool { state == .complete }
  /// Why something may be missing that was in the write-ahead log; nil if that is not likely.
  package var logProblem: String?
  /// False if the caller found that the model's card does not belong to the model. A repair leaves it out.
  package var isCardSound = true
  /// The second copy of the specification, to restore it from.
  var copy: [UInt8]?

  init() {}

  /// True if everything that was checked is as it was written.
  package var isSound: Bool {
    specification != nil && specificationProblem == nil && structure.isEmpty && damaged.isEmpty
  }
}

extension AtlasInspection {
  /// What the values of every row of these tables satisfy. A coordinator refuses a file with other rows.
  static let rowConditions: [(table: String, condition: String)] = [
    ("failures", "attempt BETWEEN 0 AND 2147483646"), ("discards", "attempt BETWEEN 0 AND 2147483646"),
    ("spot_checks", "attempt BETWEEN 0 AND 2147483646 AND length(digest) = 32"),
    ("orders", "kind IN (\(StoredOrder.Kind.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")))"),
  ]

  static let isGrantKeyDamaged =
    "grant_key IS NOT NULL AND (typeof(grant_key) != 'blob' OR length(grant_key) != 32 OR typeof(identity) != 'integer')"
}

extension AtlasReader {
  /// What results are checked against, as far as the file can be read.
  package func contractBasis() throws(AtlasError) -> (fingerprint: String?, card: [UInt8]?) {
    try surfacing(path) {
      try examine { db in
        let row = try? Row.fetchOne(db, sql: "SELECT model_fingerprint, model_card FROM run")
        return (
          row.flatMap { String.fromDatabaseValue($0["model_fingerprint"]) },
          row.flatMap { Data.fromDatabaseValue($0["model_card"]) }.map { [UInt8]($0) }
        )
      }
    }
  }

  /// Inspects the file. `check` says whether a stored delta is sound. Blocks; O(bytes of the file).
  ///
  /// - Throws: an `AtlasError` if the file cannot be read at all.
  package func inspect(_ check: (StoredDelta) -> AtlasInspection.Verdict) throws(AtlasError) -> AtlasInspection {
    let hasLog = RunAtlas.hasLog(path)
    return try surfacing(path) {
      try examine { db in
        var found = AtlasInspection()
        found.structure = Self.structureProblems(db)
        Self.inspectSpecification(db, &found)
        found.softwareVersion = try? String.fetchOne(db, sql: "SELECT software_version FROM run")
        found.state = (try? String.fetchOne(db, sql: "SELECT state FROM run")).flatMap { StoredRunState(rawValue: $0) }
        if found.state == nil { found.structure.append("the state of the run cannot be read") }
        found.tabledPrompts = try? Int.fetchOne(
          db, sql: "SELECT domain_prompts + baseline_prompts + other_prompts FROM aggregate")
        found.areTablesCurrent = (try? String.fetchOne(db, sql: "SELECT results_digest FROM aggregate")) != nil
        if !hasLog, let wasOpen = try? RunAtlas.wasLeftOpen(db), wasOpen { found.logProblem = RunAtlas.missingLog }
        found.structure += Self.impossibleRows(db)
        if found.specification != nil { try Self.inspectResults(db, &found, check) }
        return found
      }
    }
  }

  /// Checks every row of the results, also rows whose numbers are no prompts.
  private static func inspectResults(
    _ db: Database, _ found: inout AtlasInspection, _ check: (StoredDelta) -> AtlasInspection.Verdict
  ) throws {
    let prompts = Int64(0)..<Int64(found.specification?.prompts.count ?? 0)
    var unread = Set(prompts)
    var (sound, damaged) = ([Int64: Int32](), [AtlasInspection.Damage]())
    let isWhole = try DamagedTable("deltas", key: "prompt").forEachRow(in: db, below: prompts.upperBound) { row in
      let number = Int64.fromDatabaseValue(row["prompt"]) ?? -1
      unread.remove(number)
      let shown = Int32(clamping: number)
      do {
        switch check(try RunAtlas.delta(row, of: shown)) {
        case .damaged(let reason): damaged.append(.init(prompt: shown, reason: reason))
        case .sound(let prompt):
          guard prompts.contains(Int64(prompt)) else {
            damaged.append(
              .init(prompt: shown, reason: "it is the result of prompt \(prompt), which the run does not have"))
            break
          }
          sound[number] = prompt
          if Int64(prompt) != number {
            damaged.append(.init(prompt: prompt, reason: "it is stored as the result of prompt \(number)"))
          }
        }
      } catch {
        damaged.append(.init(prompt: shown, reason: "its row cannot be read (\(error))"))
      }
    }
    if !isWhole {
      // Of a prompt that cannot be reached nobody knows whether it has a result.
      let reason = "its row cannot be read"
      for number in unread.sorted() {
        do {
          _ = try Row.fetchOne(db, sql: "SELECT * FROM deltas WHERE prompt = ?", arguments: [number])
        } catch {
          damaged.append(.init(prompt: Int32(clamping: number), reason: "\(reason) (\(error))"))
        }
      }
    }
    found.salvageable = sound
    found.sound = sound.filter { $0.key == Int64($0.value) }.map(\.value).sorted()
    found.damaged = damaged.sorted { ($0.prompt, $0.reason) < ($1.prompt, $1.reason) }
  }

  private static func inspectSpecification(_ db: Database, _ found: inout AtlasInspection) {
    switch StoredSpecification.health(db) {
    case .sound: break
    case .restorable(let copy, let reason):
      (found.copy, found.specificationProblem) = (copy, reason)
    case .lost(let reason): found.specificationProblem = reason
    }
    if let copy = found.copy {
      found.specification = try? StoredSpecification.read(copy: copy)
    } else if found.specificationProblem == nil {
      found.specification = try? StoredSpecification.fetchUnverified(db)
    }
    if found.specification == nil, found.specificationProblem == nil {
      found.specificationProblem = "its prompts or settings cannot be read"
    }
  }

  /// Indices and pages by SQLite's own check, and references by a second one.
  private static func structureProblems(_ db: Database) -> [String] {
    var problems: [String] = []
    do {
      problems += try String.fetchAll(db, sql: "PRAGMA integrity_check(20)").filter { $0 != "ok" }
    } catch {
      problems.append("the pages of the file cannot be checked (\(error))")
    }
    do {
      problems += try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").prefix(20).map { row in
        "a row of \(row[0] as DatabaseValue) refers to no row of \(row[2] as DatabaseValue)"
      }
    } catch {
      problems.append("the references between its tables cannot be checked (\(error))")
    }
    return problems
  }

  /// Rows whose values a coordinator would refuse, one sentence for each table.
  private static func impossibleRows(_ db: Database) -> [String] {
    var problems: [String] = []
    for (table, condition) in AtlasInspection.rowConditions {
      do {
        guard try db.tableExists(table) else { continue }
        let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table) WHERE NOT (\(condition))") ?? 0
        if count > 0 { problems.append("\(count) rows of the table \(table) have impossible values") }
      } catch {
        problems.append("the table \(table) cannot be read (\(error))")
      }
    }
    let isDamaged = try? Bool.fetchOne(db, sql: "SELECT \(AtlasInspection.isGrantKeyDamaged) FROM run")
    if isDamaged == true { problems.append("the secret that proves grants is damaged") }
    return problems
  }

  /// The differences between the aggregate's tables here and in the file at `path`, one line for each table that differs.
  package func tableDifferences(from path: String) throws(AtlasError) -> [String] {
    try surfacing(self.path) {
      try queue.writeWithoutTransaction { db in
        try db.execute(sql: "ATTACH DATABASE ? AS rebuilt", arguments: [path])
        defer { try? db.execute(sql: "DETACH DATABASE rebuilt") }
        return AtlasSchema.aggregateColumns.compactMap { table, columns in
          do {
            let differing = try Int.fetchOne(
              db,
              sql: """
                SELECT (SELECT count(*) FROM (SELECT \(columns) FROM main.\(table) EXCEPT SELECT \(columns) FROM rebuilt.\(table)))
                  + (SELECT count(*) FROM (SELECT \(columns) FROM rebuilt.\(table) EXCEPT SELECT \(columns) FROM main.\(table)))
                """)
            return differing == 0 ? nil : "the table \(table) differs from the results in \(differing ?? 0) rows"
          } catch {
            return "the table \(table) cannot be compared (\(error))"
          }
        }
      }
    }
  }
}
