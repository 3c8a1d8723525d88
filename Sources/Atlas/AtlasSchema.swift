// autointerp
// `AtlasSchema` defines the tables of a run's file and migrates older files.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB

/// The tables of a run's SQLite file. The file keeps in `user_version` how many migrations were applied to it, and in
/// `application_id` a number that no other program's files have.
enum AtlasSchema {
  /// The letters "AtIn".
  static let applicationID = 0x4174_496E

  /// The tables of the aggregate with the columns that follow from the results.
  static let aggregateColumns = [
    ("aggregate", "domain_prompts, baseline_prompts, other_prompts, tokens, neurons, edges"), ("tokens", "*"),
    ("neurons", "*"), ("edges", "*"), ("prompt_graphs", "*"), ("prompt_neurons", "*"), ("agreement", "*"),
  ]

  /// The SQL of each migration, in order. A released migration never changes: changes are new migrations at the end.
  static let migrations = [
    ledgerTables, aggregateTables, senders, settingsTable, scores, promptGroups, trust, seals, spotChecks,
  ]

  static var currentVersion: Int { migrations.count }

  /// The first format whose graphs have a rule. Graphs of earlier formats have one score that was called relp and cannot
  /// be read; a file without graphs is brought up to date.
  static let firstWithRules = 5

  /// The first format that says whether each opening ended with an orderly close.
  static let firstWithClosings = 8

  /// Applies to `db` the migrations that a file of version `version` lacks. Call it in a transaction.
  static func migrate(_ db: Database, from version: Int) throws {
    guard version < currentVersion else { return }
    for migration in migrations[version...] { try db.execute(sql: migration) }
    try db.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(currentVersion)")
  }

  /// The oldest format that can be read without being brought to the current one first.
  static let oldestReadableVersion = 6

  /// The run, its prompts, and what happened to them.
  ///
  /// A payload is the last column of its row, so that reading the other columns does not read the payload's pages. An
  /// incarnation is stored as the signed integer with the same 64 bits, a time as milliseconds since 1970.
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

  /// The index that finds the edges into a target.
  static let edgesByTarget = "CREATE INDEX edges_by_target ON edges (target);"

  /// The statistics of the merged prompts. `RunAtlas.replaceAggregate` replaces all of them at once.
  ///
  /// `source` and `target` are `Endpoint.packed` as a signed integer. The view `named_edges` shows names for people:
  /// `15_7890` is a neuron, `E_13347` an input token, `L_791` an output token. Flows and relp have the metric's unit.
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

  /// Who sent each delta and each failure, and what proves that a prompt was granted.
  ///
  /// - `identity` is a random number that tells this file from other files of the same run.
  /// - `grant_key` is the secret that proves grants. It never leaves the file.
  /// - `model_card` lists what the model's graphs may mention.
  /// - `senders` is a table of its own, so that the payload stays the last column of a delta. A worker has no key if the
  ///   fleet does not use CURVE.
  /// - `discards` makes the grants of a prompt void up to an attempt, so that a discarded result does not come back.
  private static let senders = """
    ALTER TABLE run ADD COLUMN identity INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE run ADD COLUMN grant_key BLOB;
    ALTER TABLE run ADD COLUMN model_card BLOB;
    CREATE TABLE senders (
      prompt INTEGER PRIMARY KEY REFERENCES prompts,
      worker_key TEXT NOT NULL,
      address TEXT NOT NULL
    ) STRICT;
    CREATE TABLE discards (
      prompt INTEGER PRIMARY KEY REFERENCES prompts,
      attempt INTEGER NOT NULL,
      at INTEGER NOT NULL
    ) STRICT;
    ALTER TABLE failures ADD COLUMN worker_key TEXT;
    ALTER TABLE failures ADD COLUMN address TEXT NOT NULL DEFAULT '';
    """

  /// Gives each setting a row with its name, where it had a column.
  private static let settingsTable = """
    CREATE TABLE settings (
      name TEXT PRIMARY KEY,
      value ANY
    ) STRICT, WITHOUT ROWID;
    INSERT INTO settings SELECT 'metric', metric FROM run;
    INSERT INTO settings SELECT 'position', position FROM run;
    INSERT INTO settings SELECT 'select', 'tau=' || tau FROM run;
    INSERT INTO settings SELECT 'edge_threshold', edge_threshold FROM run;
    INSERT INTO settings SELECT 'max_nodes', maximum_node_count FROM run;
    INSERT INTO settings SELECT 'max_sweep_rows', maximum_sweep_rows FROM run;
    ALTER TABLE run DROP COLUMN metric;
    ALTER TABLE run DROP COLUMN position;
    ALTER TABLE run DROP COLUMN tau;
    ALTER TABLE run DROP COLUMN edge_threshold;
    ALTER TABLE run DROP COLUMN maximum_node_count;
    ALTER TABLE run DROP COLUMN maximum_sweep_rows;
    """

  /// Adds the scores of the second rule, verified effects, and targets of single prompts. `kept_score_share` is a share of
  /// the scores by the run's rule. The metric becomes a target of edges, named `M`.
  private static let scores = """
    ALTER TABLE prompts ADD COLUMN target TEXT;
    ALTER TABLE neurons ADD COLUMN gradient_score_sum REAL NOT NULL DEFAULT 0;
    ALTER TABLE neurons ADD COLUMN absolute_gradient_score_sum REAL NOT NULL DEFAULT 0;
    ALTER TABLE neurons ADD COLUMN verified_count INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE neurons ADD COLUMN contribution_sum REAL NOT NULL DEFAULT 0;
    ALTER TABLE neurons ADD COLUMN absolute_contribution_sum REAL NOT NULL DEFAULT 0;
    ALTER TABLE prompt_graphs RENAME COLUMN kept_relp_share TO kept_score_share;
    DROP VIEW named_edges;
    CREATE VIEW named_edges AS
    SELECT
      CASE source >> 62 WHEN 0 THEN (source >> 32) || '_' || (source & 0xFFFFFFFF)
        ELSE 'E_' || (source & 0xFFFFFFFF) END AS source_name,
      CASE target >> 62 WHEN 0 THEN (target >> 32) || '_' || (target & 0xFFFFFFFF) WHEN -1 THEN 'M'
        ELSE 'L_' || (target & 0xFFFFFFFF) END AS target_name,
      source_token.text AS source_text, target_token.text AS target_text,
      edges.*, flow_sum / (domain_prompts + baseline_prompts) AS mean_flow
    FROM edges
    LEFT JOIN tokens AS source_token ON source >> 62 != 0 AND source_token.token = source & 0xFFFFFFFF
    LEFT JOIN tokens AS target_token ON target >> 62 NOT IN (0, -1) AND target_token.token = target & 0xFFFFFFFF;
    """

  /// Allows any number of groups instead of two, and counts what a neuron does at the first, the last and other positions.
  /// A prompt's `origin` is the name of its group. All groups but the domain and the baseline share the count `other`.
  private static let promptGroups = """
    ALTER TABLE aggregate ADD COLUMN other_prompts INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE neurons ADD COLUMN other_prompts INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE neurons ADD COLUMN first_position_occurrences INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE neurons ADD COLUMN first_position_absolute_relp REAL NOT NULL DEFAULT 0;
    ALTER TABLE neurons ADD COLUMN first_position_absolute_activation REAL NOT NULL DEFAULT 0;
    ALTER TABLE neurons ADD COLUMN last_position_occurrences INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE neurons ADD COLUMN last_position_absolute_relp REAL NOT NULL DEFAULT 0;
    ALTER TABLE neurons ADD COLUMN last_position_absolute_activation REAL NOT NULL DEFAULT 0;
    ALTER TABLE neurons ADD COLUMN other_position_occurrences INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE neurons ADD COLUMN other_position_absolute_relp REAL NOT NULL DEFAULT 0;
    ALTER TABLE neurons ADD COLUMN other_position_absolute_activation REAL NOT NULL DEFAULT 0;
    ALTER TABLE edges ADD COLUMN other_prompts INTEGER NOT NULL DEFAULT 0;
    DROP VIEW named_edges;
    CREATE VIEW named_edges AS
    SELECT
      CASE source >> 62 WHEN 0 THEN (source >> 32) || '_' || (source & 0xFFFFFFFF)
        ELSE 'E_' || (source & 0xFFFFFFFF) END AS source_name,
      CASE target >> 62 WHEN 0 THEN (target >> 32) || '_' || (target & 0xFFFFFFFF) WHEN -1 THEN 'M'
        ELSE 'L_' || (target & 0xFFFFFFFF) END AS target_name,
      source_token.text AS source_text, target_token.text AS target_text,
      edges.*, flow_sum / (domain_prompts + baseline_prompts + other_prompts) AS mean_flow
    FROM edges
    LEFT JOIN tokens AS source_token ON source >> 62 != 0 AND source_token.token = source & 0xFFFFFFFF
    LEFT JOIN tokens AS target_token ON target >> 62 NOT IN (0, -1) AND target_token.token = target & 0xFFFFFFFF;
    """

  /// How far scores can be trusted, by the run's own random sample: a count of positions by trust for every neuron, the
  /// agreement of scores with interventions, and a view that names the rule.
  private static let trust = """
    ALTER TABLE neurons ADD COLUMN trust TEXT NOT NULL DEFAULT 'uncalibrated';
    ALTER TABLE neurons ADD COLUMN good_count INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE neurons ADD COLUMN rough_count INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE neurons ADD COLUMN unreliable_count INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE agreement (
      rule TEXT NOT NULL,
      position TEXT NOT NULL,
      layers TEXT NOT NULL,
      nodes INTEGER NOT NULL,
      prompts INTEGER NOT NULL,
      correlation REAL, correlation_low REAL, correlation_high REAL,
      rank_correlation REAL, rank_correlation_low REAL, rank_correlation_high REAL,
      sign_agreement REAL, sign_agreement_low REAL, sign_agreement_high REAL,
      within_quarter REAL, within_quarter_low REAL, within_quarter_high REAL,
      PRIMARY KEY (rule, position, layers)
    ) STRICT, WITHOUT ROWID;
    CREATE VIEW neuron_scores AS
    SELECT layer, neuron, rule, trust, occurrences,
      score_sum, score_sum / occurrences AS score_mean, absolute_score_sum,
      verified_count, good_count, rough_count, unreliable_count,
      CASE WHEN verified_count > 0 THEN contribution_sum / verified_count END AS contribution_mean
    FROM (
      SELECT neurons.*, rule,
        CASE rule WHEN 'relp' THEN relp_sum ELSE gradient_score_sum END AS score_sum,
        CASE rule WHEN 'relp' THEN absolute_relp_sum ELSE absolute_gradient_score_sum END AS absolute_score_sum
      FROM neurons, (SELECT coalesce((SELECT value FROM settings WHERE name = 'rule'), 'relp') AS rule)
    );
    """

  /// What shows that a file is whole: a digest and a second copy of the specification, whether each opening ended with an
  /// orderly close, and from which results the aggregate's tables were made. And who gave which order.
  private static let seals = """
    ALTER TABLE run ADD COLUMN specification_digest BLOB;
    ALTER TABLE epochs ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE aggregate ADD COLUMN results_digest TEXT;
    CREATE TABLE specification_copy (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      bytes BLOB NOT NULL
    ) STRICT;
    CREATE TABLE orders (
      id INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      kind TEXT NOT NULL,
      detail TEXT NOT NULL,
      key TEXT,
      key_name TEXT NOT NULL,
      address TEXT NOT NULL
    ) STRICT;
    """

  /// Results of other keys for prompts that have a result, as spot checks. `payload` is null where another row for the
  /// prompt has it, by its digest. The view lists every result of the prompts about which keys disagree; `is_result` is 1 for what
  /// the statistics have.
  private static let spotChecks = """
    CREATE TABLE spot_checks (
      id INTEGER PRIMARY KEY,
      prompt INTEGER NOT NULL REFERENCES prompts,
      attempt INTEGER NOT NULL,
      worker TEXT NOT NULL,
      incarnation INTEGER NOT NULL,
      worker_key TEXT,
      address TEXT,
      compute_kernel TEXT NOT NULL,
      compute_ms INTEGER NOT NULL,
      received_at INTEGER NOT NULL,
      digest BLOB NOT NULL,
      payload BLOB
    ) STRICT;
    CREATE VIEW disagreements AS
    WITH disputed AS (
      SELECT DISTINCT prompt FROM spot_checks JOIN deltas USING (prompt) WHERE spot_checks.digest != deltas.digest
    )
    SELECT prompt, 1 AS is_result, worker, worker_key, address, digest, payload, received_at AS at
    FROM deltas LEFT JOIN senders USING (prompt) WHERE prompt IN disputed
    UNION ALL
    SELECT prompt, spot_checks.digest = deltas.digest, spot_checks.worker, spot_checks.worker_key, spot_checks.address,
      spot_checks.digest, CASE spot_checks.digest WHEN deltas.digest THEN deltas.payload ELSE spot_checks.payload END, spot_checks.received_at
    FROM spot_checks JOIN deltas USING (prompt) WHERE prompt IN disputed;
    """
}
