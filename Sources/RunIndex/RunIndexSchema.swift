// autointerp
// `RunIndexSchema` defines the tables of a run's index, and the views that people and notebooks query.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

/// The index is made anew whenever the run has other deltas or the program has another format, so that it has no
/// migrations.
///
/// Tables have singular names and packed node numbers (`Endpoint.packed` as a signed integer); views have plural names and
/// spell everything out: a neuron is always `L29/N729`.
enum RunIndexSchema {
  /// Part of what makes an index stale: increase it with every change of the tables or of what is computed into them.
  static let format = 6

  static let tables = """
    CREATE TABLE info (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
    CREATE TABLE prompt (
      prompt INTEGER PRIMARY KEY,
      group_name TEXT NOT NULL,
      text TEXT NOT NULL,
      answer_prefix TEXT NOT NULL,
      is_merged INTEGER NOT NULL,
      metric_position INTEGER,
      metric_value REAL
    ) STRICT;
    CREATE TABLE token (token INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
    CREATE TABLE prompt_token (
      prompt INTEGER NOT NULL, position INTEGER NOT NULL, token INTEGER NOT NULL, PRIMARY KEY (prompt, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE prediction (
      prompt INTEGER NOT NULL, rank INTEGER NOT NULL, token INTEGER NOT NULL, logit REAL NOT NULL,
      probability REAL NOT NULL, weight REAL NOT NULL, PRIMARY KEY (prompt, rank)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE neuron (
      node INTEGER PRIMARY KEY,
      layer INTEGER NOT NULL,
      neuron INTEGER NOT NULL,
      prompts INTEGER NOT NULL,
      domain_prompts INTEGER NOT NULL,
      baseline_prompts INTEGER NOT NULL,
      other_prompts INTEGER NOT NULL,
      occurrences INTEGER NOT NULL,
      activation_sum REAL NOT NULL,
      relp_sum REAL NOT NULL,
      absolute_relp_sum REAL NOT NULL,
      gradient_score_sum REAL NOT NULL,
      absolute_gradient_score_sum REAL NOT NULL,
      verified_count INTEGER NOT NULL,
      contribution_sum REAL NOT NULL,
      absolute_contribution_sum REAL NOT NULL,
      first_occurrences INTEGER NOT NULL,
      last_occurrences INTEGER NOT NULL,
      role TEXT NOT NULL,
      role_score REAL NOT NULL,
      role_is_stable INTEGER NOT NULL,
      is_sink INTEGER NOT NULL,
      numbers BLOB NOT NULL
    ) STRICT;
    CREATE TABLE neuron_group (
      node INTEGER NOT NULL, group_name TEXT NOT NULL, prompts INTEGER NOT NULL, PRIMARY KEY (node, group_name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE sink (
      node INTEGER PRIMARY KEY, smallest_rate REAL NOT NULL, activation_ratio REAL NOT NULL,
      first_position_share REAL NOT NULL
    ) STRICT;
    CREATE TABLE comparison (
      comparison INTEGER PRIMARY KEY,
      first TEXT NOT NULL,
      second TEXT NOT NULL,
      basis TEXT NOT NULL,
      is_stratified INTEGER NOT NULL,
      tests INTEGER NOT NULL,
      findings INTEGER NOT NULL,
      null_findings TEXT NOT NULL,
      level REAL NOT NULL,
      fewest_against_none INTEGER,
      rate_against_tenth REAL
    ) STRICT;
    CREATE TABLE finding (
      comparison INTEGER NOT NULL,
      node INTEGER NOT NULL,
      first_count INTEGER NOT NULL,
      first_total INTEGER NOT NULL,
      second_count INTEGER NOT NULL,
      second_total INTEGER NOT NULL,
      class TEXT NOT NULL,
      q_value REAL,
      p_value REAL,
      log_odds REAL NOT NULL,
      log_odds_low REAL,
      log_odds_high REAL,
      shrunken_log_odds REAL NOT NULL,
      is_stratified INTEGER NOT NULL,
      crude_p REAL,
      crude_q REAL,
      crude_log_odds REAL,
      crude_error REAL,
      stratified_p REAL,
      stratified_q REAL,
      stratified_log_odds REAL,
      stratified_error REAL,
      PRIMARY KEY (comparison, node)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE agreement (
      place TEXT PRIMARY KEY,
      nodes INTEGER NOT NULL,
      prompts INTEGER NOT NULL,
      correlation REAL,
      correlation_low REAL,
      correlation_high REAL,
      signs REAL,
      signs_low REAL,
      signs_high REAL,
      within_quarter REAL,
      within_quarter_low REAL,
      within_quarter_high REAL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE edge (
      source INTEGER NOT NULL,
      target INTEGER NOT NULL,
      domain_prompts INTEGER NOT NULL,
      baseline_prompts INTEGER NOT NULL,
      other_prompts INTEGER NOT NULL,
      occurrences INTEGER NOT NULL,
      flow_sum REAL NOT NULL,
      absolute_flow_sum REAL NOT NULL,
      square_flow_sum REAL NOT NULL,
      minimum_flow REAL NOT NULL,
      maximum_flow REAL NOT NULL,
      PRIMARY KEY (source, target)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE occurrence (
      node INTEGER NOT NULL,
      prompt INTEGER NOT NULL,
      position INTEGER NOT NULL,
      activation REAL NOT NULL,
      relp REAL NOT NULL,
      gradient_score REAL,
      stream_share REAL,
      removal REAL,
      sampled INTEGER,
      PRIMARY KEY (node, prompt, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE peak (
      node INTEGER NOT NULL, prompt INTEGER NOT NULL, position INTEGER NOT NULL, activation REAL NOT NULL,
      PRIMARY KEY (node, prompt, position)
    ) STRICT, WITHOUT ROWID;
    """

  /// Made last, which is several times faster.
  static let indexes = """
    CREATE INDEX edge_by_target ON edge (target, source);
    CREATE INDEX occurrence_by_prompt ON occurrence (prompt, node);
    CREATE INDEX occurrence_sampled ON occurrence (sampled) WHERE sampled;
    CREATE INDEX prompt_token_by_token ON prompt_token (token);
    CREATE INDEX finding_by_effect ON finding (comparison, shrunken_log_odds);
    """

  /// The spelling of a node, as SQL over a column.
  private static func name(_ column: String) -> String {
    """
    CASE \(column) >> 62 WHEN 0 THEN 'L' || (\(column) >> 32) || '/N' || (\(column) & 0xFFFFFFFF) \
    WHEN 1 THEN 'E_' || (\(column) & 0xFFFFFFFF) WHEN -1 THEN 'M' ELSE 'L_' || (\(column) & 0xFFFFFFFF) END
    """
  }

  private static func kind(_ column: String) -> String {
    "CASE \(column) >> 62 WHEN 0 THEN 'neuron' WHEN 1 THEN 'token' WHEN -1 THEN 'metric' ELSE 'logit' END"
  }

  private static func text(_ column: String) -> String {
    """
    CASE WHEN \(column) >> 62 IN (1, -2) THEN (SELECT text FROM token WHERE token = \(column) & 0xFFFFFFFF) END
    """
  }

  /// `score` is that of the run's rule.
  static func views(rule: AttributionRule) -> String {
    let score = rule == .relp ? "relp" : "gradient_score"
    return """
      CREATE VIEW profiles AS SELECT
        'L' || layer || '/N' || neuron.neuron AS neuron, layer, neuron.neuron AS "index", prompts, domain_prompts,
        baseline_prompts, other_prompts, class, q_value, p_value, log_odds, log_odds_low, log_odds_high,
        shrunken_log_odds, role, role_score, role_is_stable, is_sink, occurrences AS positions,
        first_occurrences AS first_positions, last_occurrences AS last_positions,
        activation_sum / occurrences AS mean_activation,
        \(score)_sum / occurrences AS mean_score, absolute_\(score)_sum / occurrences AS mean_absolute_score,
        absolute_\(score)_sum AS total_absolute_score,
        verified_count AS removals, contribution_sum / nullif(verified_count, 0) AS mean_contribution,
        absolute_contribution_sum / nullif(verified_count, 0) AS mean_absolute_contribution
      FROM neuron LEFT JOIN finding ON finding.node = neuron.node AND comparison = 0;
      CREATE VIEW specificity AS SELECT
        \(name("node")) AS neuron, first AS first_group, second AS second_group, basis, first_count, first_total, second_count,
        second_total, class, q_value, p_value, log_odds, log_odds_low, log_odds_high, shrunken_log_odds,
        CASE WHEN finding.is_stratified THEN 'stratified' ELSE 'fisher' END AS test, crude_q, stratified_q
      FROM finding JOIN comparison USING (comparison);
      CREATE VIEW edges AS SELECT
        \(kind("source")) AS source_kind, \(name("source")) AS source, \(text("source")) AS source_text,
        \(kind("target")) AS target_kind, \(name("target")) AS target, \(text("target")) AS target_text,
        domain_prompts + baseline_prompts + other_prompts AS prompts, domain_prompts, baseline_prompts, other_prompts,
        occurrences, flow_sum / (domain_prompts + baseline_prompts + other_prompts) AS mean_flow, flow_sum,
        absolute_flow_sum, square_flow_sum, minimum_flow, maximum_flow
      FROM edge;
      CREATE VIEW evidence AS SELECT
        \(name("node")) AS neuron, node >> 32 AS layer, node & 0xFFFFFFFF AS "index", occurrence.prompt, group_name,
        position, prompt_token.token, token.text AS token_text, activation, \(score) AS score, relp, gradient_score,
        stream_share, -removal AS contribution, sampled
      FROM occurrence JOIN prompt USING (prompt)
        LEFT JOIN prompt_token USING (prompt, position) LEFT JOIN token USING (token);
      CREATE VIEW peaks AS SELECT
        \(name("node")) AS neuron, node >> 32 AS layer, node & 0xFFFFFFFF AS "index", peak.prompt, group_name,
        position, prompt_token.token, token.text AS token_text, activation
      FROM peak JOIN prompt USING (prompt)
        LEFT JOIN prompt_token USING (prompt, position) LEFT JOIN token USING (token);
      CREATE VIEW prompts AS SELECT
        prompt, group_name, text, answer_prefix, is_merged, metric_value,
        (SELECT count(*) FROM prompt_token WHERE prompt_token.prompt = prompt.prompt) AS tokens,
        (SELECT text FROM token JOIN prediction USING (token)
          WHERE prediction.prompt = prompt.prompt ORDER BY probability DESC, rank LIMIT 1) AS prediction
      FROM prompt;
      CREATE VIEW tokens AS SELECT prompt, position, token, text FROM prompt_token LEFT JOIN token USING (token);
      CREATE VIEW predictions AS SELECT prompt, rank, token, text, logit, probability
        FROM prediction LEFT JOIN token USING (token);
      """
  }
}
