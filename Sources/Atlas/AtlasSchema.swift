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
  static let migrations = [ledgerTables, aggregateTables]

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

  static let edgesByTarget = "CREATE INDEX edges_by_target ON edges (target);"

  /// What was learned, replaced as a whole by `RunAtlas.replaceAggregate`. Node numbers are `Endpoint.packed` as a signed
  /// integer; the views show names (`15_7890`, `E_13347`, `L_791`) for people. Flows and relp are in logits.
  private static let aggregateTables = """
    CREATE TABLE aggregate (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      domain_prompts INTEGER NOT NULL,
      baseline_prompts INTEGER NOT NULL,
      tokens INTEGER NOT NULL,
      neurons INTEGER NOT NULL,
      edges INTEGER NOT NULL,
      written_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE tokens (
      token INTEGER PRIMARY KEY,
      text TEXT NOT NULL
    ) STRICT;
    CREATE TABLE neurons (
      layer INTEGER NOT NULL,
      neuron INTEGER NOT NULL,
      domain_prompts INTEGER NOT NULL,
      baseline_prompts INTEGER NOT NULL,
      occurrences INTEGER NOT NULL,
      positive_relp INTEGER NOT NULL,
      negative_relp INTEGER NOT NULL,
      positive_activation INTEGER NOT NULL,
      negative_activation INTEGER NOT NULL,
      relp_sum REAL NOT NULL,
      absolute_relp_sum REAL NOT NULL,
      activation_sum REAL NOT NULL,
      PRIMARY KEY (layer, neuron)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE edges (
      source INTEGER NOT NULL,
      target INTEGER NOT NULL,
      domain_prompts INTEGER NOT NULL,
      baseline_prompts INTEGER NOT NULL,
      occurrences INTEGER NOT NULL,
      flow_sum REAL NOT NULL,
      absolute_flow_sum REAL NOT NULL,
      square_flow_sum REAL NOT NULL,
      minimum_flow REAL NOT NULL,
      maximum_flow REAL NOT NULL,
      PRIMARY KEY (source, target)
    ) STRICT, WITHOUT ROWID;
    \(edgesByTarget)
    CREATE TABLE prompt_graphs (
      prompt INTEGER PRIMARY KEY REFERENCES prompts,
      tokens INTEGER NOT NULL,
      nodes INTEGER NOT NULL,
      edges INTEGER NOT NULL,
      candidate_neurons INTEGER NOT NULL,
      candidate_edges INTEGER NOT NULL,
      truncated INTEGER NOT NULL,
      kept_relp_share REAL NOT NULL,
      kept_flow_share REAL NOT NULL,
      node_total_residual REAL NOT NULL,
      layer_cut_residual REAL NOT NULL,
      direct_effects_residual REAL NOT NULL
    ) STRICT;
    CREATE TABLE prompt_neurons (
      layer INTEGER NOT NULL,
      neuron INTEGER NOT NULL,
      prompt INTEGER NOT NULL REFERENCES prompts,
      PRIMARY KEY (layer, neuron, prompt)
    ) STRICT, WITHOUT ROWID;
    CREATE VIEW named_edges AS
    SELECT
      CASE source >> 62 WHEN 0 THEN (source >> 32) || '_' || (source & 0xFFFFFFFF)
        ELSE 'E_' || (source & 0xFFFFFFFF) END AS source_name,
      CASE target >> 62 WHEN 0 THEN (target >> 32) || '_' || (target & 0xFFFFFFFF)
        ELSE 'L_' || (target & 0xFFFFFFFF) END AS target_name,
      source_token.text AS source_text, target_token.text AS target_text,
      edges.*, flow_sum / (domain_prompts + baseline_prompts) AS mean_flow
    FROM edges
    LEFT JOIN tokens AS source_token ON source >> 62 != 0 AND source_token.token = source & 0xFFFFFFFF
    LEFT JOIN tokens AS target_token ON target >> 62 != 0 AND target_token.token = target & 0xFFFFFFFF;
    """
}
