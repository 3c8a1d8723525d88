// autointerp
// `LabelFile.record` stores how well labels predict, beside the labels.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import GRDB

extension LabelFile {
  /// Adds what files of the first version lack. A label's scores go when its text changes.
  static func upgrade(_ queue: DatabaseQueue) throws {
    try queue.write { db in
      guard try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0 < 2 else { return }
      try db.execute(
        sql: """
          PRAGMA user_version = 2;
          CREATE TABLE label_score (
            label INTEGER NOT NULL REFERENCES label (id) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            scorer TEXT NOT NULL,
            value REAL NOT NULL,
            low REAL,
            high REAL,
            control REAL,
            prompts INTEGER NOT NULL,
            added_at INTEGER NOT NULL,
            PRIMARY KEY (label, kind, scorer)
          ) STRICT, WITHOUT ROWID;
          CREATE TRIGGER label_outdated AFTER UPDATE OF text ON label WHEN new.text != old.text BEGIN
            DELETE FROM label_score WHERE label = new.id;
          END;
          CREATE VIEW scores AS SELECT
            'L' || layer || '/N' || label.neuron AS neuron, source, version, text, kind, scorer, value, low, high, control,
            prompts
          FROM label_score JOIN label ON label.id = label_score.label;
          """)
    }
  }

  /// A label with its scores.
  func scored(_ row: Row, _ db: Database) throws -> NeuronLabel {
    var label = Self.label(row)
    guard hasScores else { return label }
    let statement = try db.cachedStatement(
      sql: "SELECT * FROM label_score WHERE label = ? ORDER BY kind = 'tokens' DESC, kind, scorer")
    label.scores = try Row.fetchAll(statement, arguments: [row["id"] as Int64]).compactMap { row in
      LabelScore.Kind(rawValue: row["kind"]).map { kind in
        LabelScore(
          kind: kind, scorer: row["scorer"], value: row["value"], low: row["low"], high: row["high"],
          control: row["control"], prompts: row["prompts"])
      }
    }
    return label
  }

  /// Stores scores of labels that are in the file, in one transaction; those of the same kind and scorer are replaced. `now` is
  /// in seconds since 1970.
  package func record(_ scores: [NeuronLabel.Key: [LabelScore]], now: Int64) throws(LabelError) {
    try labelErrors(path) {
      try queue.write { db in
        for (key, scores) in scores { try Self.record(scores, of: key, now, db) }
      }
    }
  }

  static func record(_ scores: [LabelScore], of key: NeuronLabel.Key, _ now: Int64, _ db: Database) throws {
    guard !scores.isEmpty,
      let id = try Int64.fetchOne(
        db, sql: "SELECT id FROM label WHERE layer = ? AND neuron = ? AND polarity = ? AND source = ? AND version = ?",
        arguments: [key.neuron.layer, key.neuron.index, key.polarity.rawValue, key.source, key.version])
    else { return }
    for score in scores {
      try db.execute(
        sql: "INSERT OR REPLACE INTO label_score VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        arguments: [
          id, score.kind.rawValue, score.scorer, score.value, score.low, score.high, score.control, score.prompts, now,
        ])
    }
  }

  /// All labels of neurons, in order of the neurons.
  package func labels(of neurons: Set<NeuronID>? = nil) throws(LabelError) -> [NeuronLabel] {
    var labels: [NeuronLabel] = []
    try forEach { if neurons?.contains($0.neuron) ?? true { labels.append($0) } }
    return labels
  }
}
