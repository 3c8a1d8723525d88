// autointerp
// `AtlasReader` reads the deltas of chosen prompts, and the workers that took part.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB

extension AtlasReader {
  /// Calls `body` with the stored deltas of these prompts, in ascending order, one at a time in memory. What is committed
  /// meanwhile is not seen.
  ///
  /// - Throws: the error that `body` throws, unchanged; `olderFormat`, because only files of this format say who sent a
  ///   delta; other errors of the file.
  package func forEachDelta(of prompts: Set<Int32>, _ body: (StoredDelta) throws -> Void) throws {
    try surfacingVisits(path) {
      try queue.read { db in
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard version == AtlasSchema.currentVersion else { throw AtlasError.olderFormat(path: path, found: version) }
        let statement = try db.makeStatement(sql: "\(RunAtlas.storedDeltas) WHERE prompt = ?")
        for prompt in prompts.sorted() {
          guard let row = try Row.fetchOne(statement, arguments: [prompt]) else { continue }
          let delta = try RunAtlas.delta(row)
          try visiting { try body(delta) }
        }
      }
    }
  }

  /// The prompts that have results, and the kernels that computed them.
  package func finished() throws(AtlasError) -> (prompts: [Int32], kernels: Set<String>) {
    try surfacing(path) {
      try queue.read { db in
        let rows = try Row.fetchAll(db, sql: "SELECT prompt, compute_kernel FROM deltas ORDER BY prompt")
        return (try rows.map { try $0.checked("prompt") }, Set(try rows.map { try $0.checked("compute_kernel") }))
      }
    }
  }

  /// The worker processes that took part, in the order in which they came.
  package func workers() throws(AtlasError) -> [StoredWorker] {
    try surfacing(path) {
      try queue.read { db in
        try Row.fetchAll(db, sql: "SELECT * FROM workers ORDER BY first_seen_at, name, incarnation").map { row in
          StoredWorker(
            name: try row.checked("name"), incarnation: UInt64(bitPattern: try row.checked("incarnation")),
            host: try row.checked("host"), slots: try row.checked("slots"), modelName: try row.checked("model_name"),
            modelFingerprint: try row.checked("model_fingerprint"),
            softwareVersion: try row.checked("software_version"), computeKernel: try row.checked("compute_kernel"),
            firstSeenAt: try row.checked("first_seen_at"))
        }
      }
    }
  }
}
