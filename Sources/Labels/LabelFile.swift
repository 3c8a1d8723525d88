// autointerp
// `LabelFile` keeps the labels of neurons in an SQLite file beside a run's file, with an index of their words.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Foundation
internal import GRDB

/// The labels that go with a run: `RUN.sqlite-labels`.
///
/// They are in a file of their own. The run's file belongs to its coordinator, which may be writing, and is a function of
/// corpus, model and settings; its index is thrown away whenever the run goes on; labels are neither. One person's labels can
/// be copied to the next run of the same model by copying the file.
package final class LabelFile: Sendable {
  /// "AtLb".
  private static let applicationID = 0x4174_4C62

  package let path: String
  let queue: DatabaseQueue
  /// False of files of the first version that are read, or tried.
  let hasScores: Bool

  /// The file of labels of the run whose file is at `path`.
  package static func path(ofRun path: String) -> String {
    URL(filePath: path).resolvingSymlinksInPath().path + "-labels"
  }

  /// Opens a file to read it; nil if there is none.
  package static func reading(_ path: String) throws(LabelError) -> LabelFile? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    return try LabelFile(path, isReadOnly: true)
  }

  /// Opens a file to add labels, and creates it if there is none. For a trial, none is created.
  package static func writing(_ path: String, isTrial: Bool = false) throws(LabelError) -> LabelFile {
    let isNew = !FileManager.default.fileExists(atPath: path)
    return try LabelFile(path, isReadOnly: false, isInMemory: isTrial && isNew, upgrades: !isTrial || isNew)
  }

  private init(_ path: String, isReadOnly: Bool, isInMemory: Bool = false, upgrades: Bool = false) throws(LabelError) {
    self.path = path
    (queue, hasScores) = try labelErrors(path) {
      let queue = try Self.queue(path, isReadOnly: isReadOnly, isInMemory: isInMemory)
      if upgrades { try Self.upgrade(queue) }
      return (queue, try queue.read { try $0.tableExists("label_score") })
    }
  }

  private static func queue(_ path: String, isReadOnly: Bool, isInMemory: Bool) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.readonly = isReadOnly
    configuration.busyMode = .timeout(10)
    let queue =
      isInMemory
      ? try DatabaseQueue(configuration: configuration) : try DatabaseQueue(path: path, configuration: configuration)
    let application = try queue.read { try Int.fetchOne($0, sql: "PRAGMA application_id") ?? 0 }
    if application != applicationID {
      let isEmpty = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_master") == 0 }
      guard !isReadOnly, isEmpty, application == 0 else {
        throw LabelError.failed(path: path, reason: "this is no file of labels; move it away")
      }
      try queue.write { try $0.execute(sql: schema) }
    }
    return queue
  }

  private static let schema = """
    PRAGMA application_id = \(applicationID);
    PRAGMA user_version = 1;
    CREATE TABLE label (
      id INTEGER PRIMARY KEY,
      layer INTEGER NOT NULL,
      neuron INTEGER NOT NULL,
      polarity INTEGER NOT NULL,
      source TEXT NOT NULL,
      version TEXT NOT NULL,
      text TEXT NOT NULL,
      score REAL,
      added_at INTEGER NOT NULL,
      UNIQUE (layer, neuron, polarity, source, version)
    ) STRICT;
    CREATE VIRTUAL TABLE label_text USING fts5 (text, content = 'label', content_rowid = 'id', tokenize = 'porter');
    CREATE TRIGGER label_added AFTER INSERT ON label BEGIN
      INSERT INTO label_text (rowid, text) VALUES (new.id, new.text);
    END;
    CREATE TRIGGER label_removed AFTER DELETE ON label BEGIN
      INSERT INTO label_text (label_text, rowid, text) VALUES ('delete', old.id, old.text);
    END;
    CREATE TRIGGER label_changed AFTER UPDATE ON label BEGIN
      INSERT INTO label_text (label_text, rowid, text) VALUES ('delete', old.id, old.text);
      INSERT INTO label_text (rowid, text) VALUES (new.id, new.text);
    END;
    CREATE VIEW labels AS SELECT
      'L' || layer || '/N' || label.neuron AS neuron, layer, label.neuron AS "index",
      CASE polarity WHEN 1 THEN 'positive' WHEN -1 THEN 'negative' ELSE 'both' END AS polarity, text, source, version, score
    FROM label;
    """

  // MARK: Reading

  /// All labels of a neuron: people's first, then those of other sources by their scores, then machine-made ones.
  package func labels(of neuron: NeuronID) throws(LabelError) -> [NeuronLabel] {
    try labelErrors(path) {
      try queue.read { db in
        try Row.fetchAll(
          db, sql: "SELECT * FROM label WHERE layer = ? AND neuron = ? \(Self.order)",
          arguments: [neuron.layer, neuron.index]
        ).map { try scored($0, db) }
      }
    }
  }

  /// Scores of different sources mean different things, so that the kinds of sources come first.
  private static let order = """
    ORDER BY source != '\(NeuronLabel.people)', source = '\(NeuronLabel.machine)', source = '\(NeuronLabel.languageModel)',
      score IS NULL, score DESC, polarity DESC, source, version
    """

  /// The labels that have all the words, the best first. Words of any language, and no operators: what a person or a model
  /// types is never a query that fails.
  package func search(_ words: String, limit: Int) throws(LabelError) -> [NeuronLabel] {
    let terms = words.split { !$0.isLetter && !$0.isNumber }.map { "\"\($0)\"" }
    guard !terms.isEmpty else { return [] }
    return try labelErrors(path) {
      try queue.read { db in
        try Row.fetchAll(
          db,
          sql: """
            SELECT label.* FROM label_text JOIN label ON label.id = label_text.rowid
            WHERE label_text MATCH ? ORDER BY bm25(label_text), label.id LIMIT ?
            """, arguments: [terms.joined(separator: " "), limit]
        ).map { try scored($0, db) }
      }
    }
  }

  package func forEach(_ body: (NeuronLabel) throws -> Void) throws(LabelError) {
    try labelErrors(path) {
      try queue.read { db in
        let rows = try Row.fetchCursor(
          db, sql: "SELECT * FROM label ORDER BY layer, neuron, polarity, source, version")
        while let row = try rows.next() { try body(scored(row, db)) }
      }
    }
  }

  // MARK: Writing

  /// What adding labels would do, or did.
  package struct Changes: Equatable, Sendable {
    package var added: [NeuronLabel] = []
    /// The same text was there already.
    package var unchanged = 0
    /// There is another text under the same neuron, polarity, source and version.
    package var conflicts: [Conflict] = []
  }

  package struct Conflict: Equatable, Sendable {
    package var stored: NeuronLabel
    package var offered: NeuronLabel
  }

  /// Adds labels, in one transaction. Nothing is overwritten unless `replaces` says so: conflicts are returned. A trial changes
  /// nothing. `now` is in seconds since 1970.
  package func add(
    _ labels: [NeuronLabel], replaces: Bool = false, isTrial: Bool = false, now: Int64
  ) throws(LabelError) -> Changes {
    try labelErrors(path) {
      var changes = Changes()
      try queue.inDatabase { db in
        try db.inTransaction {
          changes = try apply(labels, replaces, now, db)
          return isTrial ? .rollback : .commit
        }
      }
      return changes
    }
  }

  private func apply(_ labels: [NeuronLabel], _ replaces: Bool, _ now: Int64, _ db: Database) throws -> Changes {
    var changes = Changes()
    let find = try db.makeStatement(
      sql: "SELECT * FROM label WHERE layer = ? AND neuron = ? AND polarity = ? AND source = ? AND version = ?")
    let insert = try db.makeStatement(
      sql: """
        INSERT INTO label (layer, neuron, polarity, source, version, text, score, added_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET text = excluded.text, score = excluded.score, added_at = excluded.added_at
        """)
    for label in labels {
      let stored = try Row.fetchOne(
        find,
        arguments: [
          label.neuron.layer, label.neuron.index, label.polarity.rawValue, label.source, label.version,
        ]
      ).map(Self.label)
      if let stored {
        if stored.text.utf8.elementsEqual(label.text.utf8), stored.score == label.score {
          changes.unchanged += 1
          continue
        }
        changes.conflicts.append(Conflict(stored: stored, offered: label))
        guard replaces else { continue }
      } else {
        changes.added.append(label)
      }
      try insert.execute(arguments: [
        label.neuron.layer, label.neuron.index, label.polarity.rawValue, label.source, label.version, label.text,
        label.score, now,
      ])
      if hasScores { try Self.record(label.scores, of: label.key, now, db) }
    }
    return changes
  }

  static func label(_ row: Row) -> NeuronLabel {
    NeuronLabel(
      neuron: NeuronID(layer: row["layer"], index: row["neuron"]),
      polarity: NeuronLabel.Polarity(rawValue: row["polarity"]) ?? .both, text: row["text"], source: row["source"],
      version: row["version"], score: row["score"])
  }
}

/// Runs `body` and turns its errors into a `LabelError` about `path`.
func labelErrors<T>(_ path: String, _ body: () throws -> T) throws(LabelError) -> T {
  do {
    return try body()
  } catch let error as LabelError {
    throw error
  } catch let error as DatabaseError {
    throw .failed(path: path, reason: error.message ?? "SQLite error \(error.extendedResultCode.rawValue)")
  } catch {
    throw .failed(path: path, reason: "\(error)")
  }
}
