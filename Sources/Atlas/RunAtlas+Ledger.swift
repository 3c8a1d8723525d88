// autointerp
// Writing and reading of deltas, failures and quarantine.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Foundation
internal import GRDB

extension RunAtlas {
  /// Writes everything in `batches`, one after the other, in one transaction: when it returns, all of it is on the disk,
  /// when it throws, none.
  ///
  /// - Returns: for each delta, in order, what became of it.
  /// - Throws: `diskFull`; `failed` when a batch names a prompt that the run does not have, or another model than its own.
  package func commit(_ batches: [AtlasBatch]) throws(AtlasError) -> [DeltaOutcome] {
    guard !batches.isEmpty else { return [] }
    return try surfacing(path) {
      try pool.write { db in try batches.flatMap { try apply($0, to: db) } }
    }
  }

  /// Writes one batch.
  package func commit(_ batch: AtlasBatch) throws(AtlasError) -> [DeltaOutcome] { try commit([batch]) }

  private func apply(_ batch: AtlasBatch, to db: Database) throws -> [DeltaOutcome] {
    if batch.releasesQuarantine { try Self.releaseQuarantine(in: db) }
    if let fingerprint = batch.modelFingerprint {
      try StoredSpecification.adopt(fingerprint: fingerprint, in: db)
      let bound = try String.fetchOne(db, sql: "SELECT model_fingerprint FROM run")
      guard bound == fingerprint else {
        throw AtlasError.failed(path: path, detail: "it is bound to model \(bound ?? "?"), not to \(fingerprint)")
      }
    }
    for worker in batch.workers { try Self.insert(worker, into: db) }
    for failure in batch.failures { try Self.insert(failure, into: db) }
    for quarantine in batch.quarantined { try Self.insert(quarantine, into: db) }
    let outcomes = try batch.deltas.map { try Self.insert($0, into: db) }
    if let state = batch.state {
      try db.execute(sql: "UPDATE run SET state = ?", arguments: [state.rawValue])
    }
    return outcomes
  }

  /// What the run is, as stored.
  package func specification() throws(AtlasError) -> RunSpecification {
    try surfacing(path) { try pool.read(StoredSpecification.fetch) }
  }

  /// The name of the run.
  package func runName() throws(AtlasError) -> String {
    try surfacing(path) { try pool.read { try String.fetchOne($0, sql: "SELECT name FROM run") ?? "" } }
  }

  /// The version of the software that began the run.
  package func softwareVersion() throws(AtlasError) -> String {
    try surfacing(path) { try pool.read { try String.fetchOne($0, sql: "SELECT software_version FROM run") ?? "" } }
  }

  /// What is done, failed and set aside, for a coordinator that starts.
  package func ledger() throws(AtlasError) -> RunLedger {
    try surfacing(path) {
      try pool.read { db in
        var ledger = RunLedger()
        let state = try String.fetchOne(db, sql: "SELECT state FROM run") ?? ""
        guard let state = StoredRunState(rawValue: state) else {
          throw AtlasError.corrupt(path: path, detail: "its state is \"\(state)\"")
        }
        ledger.state = state
        ledger.archivedPromptCount = try Int.fetchOne(
          db, sql: "SELECT domain_prompts + baseline_prompts FROM aggregate")
        let deltas = try Row.fetchCursor(db, sql: "SELECT prompt, attempt, digest FROM deltas")
        while let row = try deltas.next() {
          let prompt: Int32 = try row.checked("prompt")
          ledger.digests[prompt] = [UInt8](try row.checked("digest") as Data)
          ledger.attempts[prompt] = try row.checked("attempt")
        }
        let failures = try Row.fetchCursor(db, sql: "SELECT * FROM failures ORDER BY id")
        while let row = try failures.next() {
          let failure = StoredFailure(
            prompt: try row.checked("prompt"), attempt: try row.checked("attempt"), worker: try row.checked("worker"),
            incarnation: UInt64(bitPattern: try row.checked("incarnation")), kind: try row.checked("kind"),
            error: try row.checked("error"), at: try row.checked("at"))
          if try row.checked("counts") { ledger.failures.append(failure) }
          ledger.attempts[failure.prompt] = max(ledger.attempts[failure.prompt] ?? 0, failure.attempt)
        }
        ledger.quarantined = try Row.fetchAll(db, sql: "SELECT prompt, reason, at FROM quarantine ORDER BY prompt")
          .map {
            StoredQuarantine(
              prompt: try $0.checked("prompt"), reason: try $0.checked("reason"), at: try $0.checked("at"))
          }
        return ledger
      }
    }
  }

  /// Calls `body` with the stored deltas of `prompts`, ascending, one at a time in memory.
  ///
  /// Disjoint ranges may be read from several threads at once, for a parallel rebuild.
  ///
  /// - Throws: what `body` throws, as it is; otherwise an `AtlasError`.
  package func forEachDelta(in prompts: Range<Int32>, _ body: (StoredDelta) throws -> Void) throws {
    var thrown: (any Error)?
    try surfacing(path) {
      try pool.read { db in
        let rows = try Row.fetchCursor(
          db,
          sql: """
            SELECT prompt, attempt, worker, incarnation, compute_kernel, compute_ms, received_at, digest, payload
            FROM deltas WHERE prompt >= ? AND prompt < ? ORDER BY prompt
            """, arguments: [prompts.lowerBound, prompts.upperBound])
        while let row = try rows.next() {
          let delta = StoredDelta(
            prompt: try row.checked("prompt"), attempt: try row.checked("attempt"), worker: try row.checked("worker"),
            incarnation: UInt64(bitPattern: try row.checked("incarnation")),
            computeKernel: try row.checked("compute_kernel"), computeMilliseconds: try row.checked("compute_ms"),
            receivedAt: try row.checked("received_at"), digest: [UInt8](try row.checked("digest") as Data),
            payload: [UInt8](try row.checked("payload") as Data))
          do {
            try body(delta)
          } catch {
            thrown = error
            return
          }
        }
      }
    }
    if let thrown { throw thrown }
  }
}

extension RunAtlas {
  private static func releaseQuarantine(in db: Database) throws {
    guard try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM quarantine)") == true else { return }
    try db.execute(
      sql: """
        UPDATE failures SET counts = 0 WHERE prompt IN (SELECT prompt FROM quarantine);
        DELETE FROM quarantine;
        """)
    try db.execute(sql: "UPDATE run SET state = ?", arguments: [StoredRunState.unfinished.rawValue])
  }

  private static func insert(_ delta: StoredDelta, into db: Database) throws -> DeltaOutcome {
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO deltas
          (prompt, attempt, worker, incarnation, compute_kernel, compute_ms, received_at, digest, payload)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (prompt) DO NOTHING
        """)
    try statement.execute(arguments: [
      delta.prompt, delta.attempt, delta.worker, Int64(bitPattern: delta.incarnation), delta.computeKernel,
      delta.computeMilliseconds, delta.receivedAt, Data(delta.digest), Data(delta.payload),
    ])
    let isNew = db.changesCount == 1
    try db.cachedStatement(sql: "DELETE FROM quarantine WHERE prompt = ?").execute(arguments: [delta.prompt])
    if isNew { return .stored }
    let stored = try Data.fetchOne(
      db, sql: "SELECT digest FROM deltas WHERE prompt = ?", arguments: [delta.prompt])
    return stored == Data(delta.digest) ? .duplicate : .conflicting
  }

  private static func insert(_ failure: StoredFailure, into db: Database) throws {
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO failures (prompt, attempt, worker, incarnation, kind, error, at) VALUES (?, ?, ?, ?, ?, ?, ?)
        """)
    try statement.execute(arguments: [
      failure.prompt, failure.attempt, failure.worker, Int64(bitPattern: failure.incarnation), failure.kind,
      failure.error, failure.at,
    ])
  }

  private static func insert(_ quarantine: StoredQuarantine, into db: Database) throws {
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO quarantine (prompt, reason, at)
        SELECT ?1, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM deltas WHERE prompt = ?1)
        ON CONFLICT (prompt) DO UPDATE SET reason = excluded.reason, at = excluded.at
        """)
    try statement.execute(arguments: [quarantine.prompt, quarantine.reason, quarantine.at])
  }

  private static func insert(_ worker: StoredWorker, into db: Database) throws {
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO workers (name, incarnation, host, slots, model_name, model_fingerprint, software_version,
          compute_kernel, first_seen_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """)
    try statement.execute(arguments: [
      worker.name, Int64(bitPattern: worker.incarnation), worker.host, worker.slots, worker.modelName,
      worker.modelFingerprint, worker.softwareVersion, worker.computeKernel, worker.firstSeenAt,
    ])
  }
}
