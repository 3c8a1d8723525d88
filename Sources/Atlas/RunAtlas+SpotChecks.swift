// autointerp
// `RunAtlas` stores second results of prompts and exchanges a result for another; `AtlasReader` lists disagreements.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB

extension RunAtlas {
  static func insert(check: StoredDelta, into db: Database) throws {
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO spot_checks
          (prompt, attempt, worker, incarnation, worker_key, address, compute_kernel, compute_ms, received_at, digest, payload)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    try statement.execute(arguments: [
      check.prompt, check.attempt, check.worker, Int64(bitPattern: check.incarnation), check.sender?.key,
      check.sender?.address, check.computeKernel, check.computeMilliseconds, check.receivedAt, Data(check.digest),
      check.payload.isEmpty ? nil : Data(check.payload),
    ])
  }

  /// Puts a result into the place of another, which becomes a check. What was derived from the other is deleted.
  static func replace(with delta: StoredDelta, in db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO spot_checks
          (prompt, attempt, worker, incarnation, worker_key, address, compute_kernel, compute_ms, received_at, digest, payload)
        SELECT prompt, attempt, worker, incarnation, worker_key, address, compute_kernel, compute_ms, received_at, digest, payload
        FROM deltas LEFT JOIN senders USING (prompt) WHERE prompt = ?
        """, arguments: [delta.prompt])
    for table in ["deltas", "senders"] {
      try db.execute(sql: "DELETE FROM \(table) WHERE prompt = ?", arguments: [delta.prompt])
    }
    _ = try insert(delta, into: db)
    try db.execute(
      sql: "UPDATE spot_checks SET payload = NULL WHERE prompt = ? AND digest = ?",
      arguments: [delta.prompt, Data(delta.digest)])
    try deleteAggregate(in: db)
  }

  static func checks(in db: Database) throws -> [StoredDelta] {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT prompt, attempt, worker, incarnation, worker_key, address, compute_kernel, compute_ms, received_at, digest
        FROM spot_checks ORDER BY id
        """)
    var checks: [StoredDelta] = []
    while let row = try rows.next() {
      checks.append(
        StoredDelta(
          prompt: try row.checked("prompt"), attempt: try row.checked("attempt"), worker: try row.checked("worker"),
          incarnation: UInt64(bitPattern: try row.checked("incarnation")), sender: try sender(row),
          computeKernel: try row.checked("compute_kernel"), computeMilliseconds: try row.checked("compute_ms"),
          receivedAt: try row.checked("received_at"), digest: [UInt8](try row.checked("digest") as Data), payload: []))
    }
    return checks
  }
}

/// One of the results of a prompt about which keys disagree.
package struct StoredOpinion: Equatable, Sendable {
  package var prompt: Int32
  package var author: String
  /// True if the statistics have this result.
  package var isResult: Bool
}

extension AtlasReader {
  /// Every result of the prompts about which keys disagree, in the order of the prompts. Files of formats before 9 have
  /// none.
  package func disagreements() throws(AtlasError) -> [StoredOpinion] {
    try surfacing(path) {
      try queue.read { db in
        guard try db.tableExists("spot_checks") else { return [] }
        return try Row.fetchAll(
          db, sql: "SELECT prompt, worker, worker_key, is_result FROM disagreements ORDER BY prompt, is_result DESC, at"
        ).map { row in
          let worker: String = try row.checked("worker")
          let key = String.fromDatabaseValue(row["worker_key"])
          return StoredOpinion(
            prompt: try row.checked("prompt"), author: key.map { "\(worker) (key \($0))" } ?? worker,
            isResult: try row.checked("is_result"))
        }
      }
    }
  }
}
