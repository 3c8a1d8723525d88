// autointerp
// `StoredSpecification` stores a run's specification in its file and compares it when a run is resumed.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import GRDB

/// Reads and writes a `RunSpecification`.
enum StoredSpecification {
  static func insert(
    _ specification: RunSpecification, softwareVersion: String, at now: Int64, into db: Database
  ) throws {
    try db.execute(
      sql: """
        INSERT INTO run (id, name, state, model_name, model_fingerprint, template_name, template_system, corpus_name,
          corpus_digest, seed, software_version, created_at)
        VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        specification.name, StoredRunState.unfinished.rawValue, specification.modelName,
        specification.modelFingerprint, specification.template.name, specification.template.system,
        specification.corpusName, specification.corpusDigest, String(specification.seed), softwareVersion, now,
      ])
    for setting in specification.settings.written {
      try db.execute(
        sql: "INSERT INTO settings (name, value) VALUES (?, ?)",
        arguments: [setting.name, setting.read(specification.settings).databaseValue])
    }
    // A row of its own only where it is on: then files of runs without spot checks are as they always were.
    if specification.spotCheckShare > 0 {
      try db.execute(
        sql: "INSERT INTO settings (name, value) VALUES (?, ?)",
        arguments: [spotCheckName, specification.spotCheckShare])
    }
    let statement = try db.makeStatement(
      sql: "INSERT INTO prompts (prompt, origin, text, answer_prefix, target) VALUES (?, ?, ?, ?, ?)")
    for (number, prompt) in specification.prompts.enumerated() {
      try statement.execute(arguments: [
        number, prompt.origin.rawValue, prompt.text, prompt.answerPrefix, prompt.target?.text,
      ])
    }
  }

  /// Reads the specification and checks it against its digest.
  static func fetch(_ db: Database) throws -> RunSpecification {
    try verify(db)
    return try fetchUnverified(db)
  }

  static func fetchUnverified(_ db: Database) throws -> RunSpecification {
    guard let row = try Row.fetchOne(db, sql: "SELECT * FROM run") else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "it has no run")
    }
    guard let seed = UInt64(try row.checked("seed") as String) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "its seed cannot be read")
    }
    var specification = RunSpecification(
      name: try row.checked("name"), modelName: try row.checked("model_name"),
      modelFingerprint: try optional(row, "model_fingerprint"),
      template: TemplateSpecification(
        name: try row.checked("template_name"), system: try optional(row, "template_system")),
      settings: try settings(db), corpusDigest: try row.checked("corpus_digest"),
      corpusName: try row.checked("corpus_name"),
      seed: seed, prompts: try prompts(db))
    specification.spotCheckShare = try spotCheckShare(db)
    return specification
  }

  private static let spotCheckName = "spot_check"

  private static func spotCheckShare(_ db: Database) throws -> Double {
    guard let row = try Row.fetchOne(db, sql: "SELECT value FROM settings WHERE name = ?", arguments: [spotCheckName])
    else { return 0 }
    let share: Double = try row.checked("value")
    guard (0...1).contains(share) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "its share of spot checks is \(share)")
    }
    return share
  }

  private static func settings(_ db: Database) throws -> AttributionSettings {
    var stored: [String: SettingValue] = [:]
    let rows = try Row.fetchCursor(db, sql: "SELECT name, value FROM settings")
    while let row = try rows.next() {
      stored[try row.checked("name")] = SettingValue(row["value"] as DatabaseValue)
    }
    return try AttributionSettings(reading: { stored[$0] }) { name, reason in
      DatabaseError(resultCode: .SQLITE_CORRUPT, message: "its setting \(name) \(reason)") as any Error
    }
  }

  private static func optional<Value: DatabaseValueConvertible>(_ row: Row, _ column: String) throws -> Value? {
    (row[column] as DatabaseValue).isNull ? nil : try row.checked(column)
  }

  /// Records the run's model if it is not known yet.
  static func adopt(fingerprint: String?, in db: Database) throws {
    guard let fingerprint else { return }
    try db.execute(
      sql: "UPDATE run SET model_fingerprint = ? WHERE model_fingerprint IS NULL", arguments: [fingerprint])
    if db.changesCount > 0 { try seal(db) }
  }

  private static func prompts(_ db: Database) throws -> [RunPrompt] {
    var prompts: [RunPrompt] = []
    let rows = try Row.fetchCursor(
      db, sql: "SELECT prompt, origin, text, answer_prefix, target FROM prompts ORDER BY prompt")
    while let row = try rows.next() {
      guard try row.checked("prompt") as Int == prompts.count,
        let origin = PromptOrigin(rawValue: try row.checked("origin"))
      else {
        throw DatabaseError(
          resultCode: .SQLITE_CORRUPT, message: "its prompts are not numbered 0, 1, 2 … or have no origin")
      }
      prompts.append(
        RunPrompt(
          origin: origin, text: try row.checked("text"), answerPrefix: try row.checked("answer_prefix"),
          target: try optional(row, "target").flatMap { PromptTarget(text: $0) }))
    }
    return prompts
  }
}

extension RunSpecification {
  /// Returns one line for every setting in which `requested` differs from this stored specification.
  ///
  /// It does not compare the name, which follows from the rest but for the share of spot checks, or a model fingerprint that
  /// one side does not know.
  package func differences(from requested: RunSpecification) -> [String] {
    var lines: [String] = []
    func compare<Value: Equatable>(_ what: String, _ stored: Value, _ asked: Value) {
      if stored != asked { lines.append("\(what): it has \(stored), asked for is \(asked)") }
    }
    // Swift's strings also equal other encodings of the same characters, which give other tokens.
    func compare(_ what: String, _ stored: String, _ asked: String) {
      if !stored.utf8.elementsEqual(asked.utf8) { lines.append("\(what): it has \(stored), asked for is \(asked)") }
    }
    if modelFingerprint == nil || requested.modelFingerprint == nil {
      compare("model", modelName, requested.modelName)
    } else if modelFingerprint != requested.modelFingerprint {
      lines.append(
        "model: it has \(modelName) (\(modelFingerprint ?? "")), "
          + "asked for is \(requested.modelName) (\(requested.modelFingerprint ?? ""))")
    }
    compare("template", template.storedText, requested.template.storedText)
    lines += settings.differences(from: requested.settings)
    compare("seed", seed, requested.seed)
    compare("share of spot checks", spotCheckShare, requested.spotCheckShare)
    compare("number of prompts", prompts.count, requested.prompts.count)
    if prompts.count == requested.prompts.count {
      if let first = prompts.indices.first(where: { prompts[$0] != requested.prompts[$0] }) {
        lines.append(
          "prompts: number \(first) is \"\(prompts[first].text.prefix(60))\", "
            + "asked for is \"\(requested.prompts[first].text.prefix(60))\"")
      } else {
        compare("corpus digest", corpusDigest, requested.corpusDigest)
      }
    }
    return lines
  }
}

extension TemplateSpecification {
  var storedText: String { system.map { "\(name) with system turn \"\($0)\"" } ?? name }
}

extension SettingValue {
  fileprivate var databaseValue: DatabaseValue {
    switch self {
    case .none: .null
    case .integer(let value): value.databaseValue
    case .number(let value): value.databaseValue
    case .text(let value): value.databaseValue
    }
  }

  /// Nil for a value that no setting can have.
  fileprivate init?(_ stored: DatabaseValue) {
    switch stored.storage {
    case .null: self = .none
    case .int64(let value): self = .integer(Int(value))
    case .double(let value): self = .number(value)
    case .string(let value): self = .text(value)
    case .blob: return nil
    }
  }
}
