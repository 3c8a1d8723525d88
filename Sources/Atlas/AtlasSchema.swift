// autointerp
// The tables of the file of a run, and how older files are brought up to date.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB

/// The format of the file. `user_version` is the number of migrations applied, `application_id` tells the file from
/// other databases.
enum AtlasSchema {
  /// "AtIn".
  static let applicationID = 0x4174_496E

  /// Applied in order; never edited once released, only appended to.
  static let migrations = [ledgerTables]

  static var currentVersion: Int { migrations.count }

  /// Brings `db` from `version` to `currentVersion`; to be called in a transaction.
  static func migrate(_ db: Database, from version: Int) throws {
    guard version < currentVersion else { return }
    for migration in migrations[version...] { try db.execute(sql: migration) }
    try db.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(currentVersion)")
  }

  /// Payloads come last in their row, so that a scan of the other columns does not touch their pages.
  /// 64-bit incarnations are stored as the signed integer with the same bits, times as milliseconds since 1970.
  private static let ledgerTables = """
    CREATE TABLE run (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      name TEXT NOT NULL,
      state TEXT NOT NULL,
      model_name TEXT NOT NULL,
      model_fingerprint TEXT,
      template_name TEXT NOT NULL,
      template_system TEXT,
      metric TEXT NOT NULL,
      position INTEGER,
      tau REAL NOT NULL,
      edge_threshold REAL NOT NULL,
      maximum_node_count INTEGER NOT NULL,
      maximum_sweep_rows INTEGER NOT NULL,
      corpus_name TEXT NOT NULL,
      corpus_digest TEXT NOT NULL,
      seed TEXT NOT NULL,
      software_version TEXT NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE epochs (
      epoch INTEGER PRIMARY KEY AUTOINCREMENT,
      software_version TEXT NOT NULL,
      started_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE prompts (
      prompt INTEGER PRIMARY KEY,
      origin TEXT NOT NULL,
      text TEXT NOT NULL,
      answer_prefix TEXT NOT NULL
    ) STRICT;
    CREATE TABLE deltas (
      prompt INTEGER PRIMARY KEY REFERENCES prompts,
      attempt INTEGER NOT NULL,
      worker TEXT NOT NULL,
      incarnation INTEGER NOT NULL,
      compute_kernel TEXT NOT NULL,
      compute_ms INTEGER NOT NULL,
      received_at INTEGER NOT NULL,
      digest BLOB NOT NULL,
      payload BLOB NOT NULL
    ) STRICT;
    CREATE TABLE failures (
      id INTEGER PRIMARY KEY,
      prompt INTEGER NOT NULL REFERENCES prompts,
      attempt INTEGER NOT NULL,
      worker TEXT NOT NULL,
      incarnation INTEGER NOT NULL,
      kind TEXT NOT NULL,
      error TEXT NOT NULL,
      at INTEGER NOT NULL,
      counts INTEGER NOT NULL DEFAULT 1
    ) STRICT;
    CREATE TABLE quarantine (
      prompt INTEGER PRIMARY KEY REFERENCES prompts,
      reason TEXT NOT NULL,
      at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE workers (
      name TEXT NOT NULL,
      incarnation INTEGER NOT NULL,
      host TEXT NOT NULL,
      slots INTEGER NOT NULL,
      model_name TEXT NOT NULL,
      model_fingerprint TEXT NOT NULL,
      software_version TEXT NOT NULL,
      compute_kernel TEXT NOT NULL,
      first_seen_at INTEGER NOT NULL,
      PRIMARY KEY (name, incarnation)
    ) STRICT, WITHOUT ROWID;
    """
}
