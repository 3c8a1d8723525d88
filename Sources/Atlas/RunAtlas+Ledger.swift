// autointerp
// `RunAtlas` writes deltas, failures and quarantined prompts into a run's file and reads them back.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Foundation
internal import GRDB

extension RunAtlas {
  /// Writes all `batches` in order, in one transaction. When it returns, everything is on disk; if it throws, nothing
  /// is.
  ///
  /// - Returns: the outcome of each delta, in order.
  /// - Throws: `diskFull`; `failed` if a batch names a prompt that the run does not have, or another model than the
  ///   run's.
  package func commit(_ batches: [AtlasBatch]) throws(AtlasError) -> [DeltaOutcome] {
    try timedCommit(batches).outcomes
  }

  /// Writes all `batches` as `commit` does, and measures how long that took.
  package func timedCommit(
    _ batches: [AtlasBatch]
  ) throws(AtlasError) -> (outcomes: [DeltaOutcome], times: CommitTimes) {
    guard !batches.isEmpty else { return ([], CommitTimes()) }
    return try surfacing(path) {
      let start = ContinuousClock.now
      var (outcomes, written) = ([DeltaOutcome](), start)
      try pool.write { db in
        outcomes = try batches.flatMap { try apply($0, to: db) }
        written = .now
      }
      let times = CommitTimes(whole: .now - start, sync: .now - written)
      if let model = batches.lazy.compactMap(\.modelFingerprint).first {
        verified.withLock { $0.modelFingerprint = $0.modelFingerprint ?? model }
      }
      // What cannot be computed again should not be lost with the log.
      if batches.contains(where: \.isDecision) { _ = try? pool.writeWithoutTransaction(Self.checkpoint) }
      return (outcomes, times)
    }
  }

  /// Writes one batch.
  package func commit(_ batch: AtlasBatch) throws(AtlasError) -> [DeltaOutcome] { try commit([batch]) }

  private func apply(_ batch: AtlasBatch, to db: Database) throws -> [DeltaOutcome] {
    if batch.releasesQuarantine { try Self.releaseQuarantine(in: db) }
    if !batch.discarded.isEmpty { try Self.discard(batch.discarded, in: db) }
    if let fingerprint = batch.modelFingerprint {
      try StoredSpecification.adopt(fingerprint: fingerprint, in: db)
      let bound = try String.fetchOne(db, sql: "SELECT model_fingerprint FROM run")
      guard bound == fingerprint else {
        throw AtlasError.failed(path: path, detail: "the run is for model \(bound ?? "?"), not for \(fingerprint)")
      }
    }
    if let card = batch.modelCard {
      try db.execute(sql: "UPDATE run SET model_card = ? WHERE model_card IS NULL", arguments: [Data(card)])
    }
    for order in batch.orders { try Self.insert(order, into: db) }
    for worker in batch.workers { try Self.insert(worker, into: db) }
    for failure in batch.failures { try Self.insert(failure, into: db) }
    for quarantine in batch.quarantined { try Self.insert(quarantine, into: db) }
    let outcomes = try batch.deltas.map { try Self.insert($0, into: db) }
    for check in batch.checks { try Self.insert(check: check, into: db) }
    for replacement in batch.replacements { try Self.replace(with: replacement, in: db) }
    if let state = batch.state {
      try db.execute(sql: "UPDATE run SET state = ?", arguments: [state.rawValue])
    }
    return outcomes
  }

  /// The stored specification of the run, which was checked when the file was opened.
  package func specification() -> RunSpecification { verified.withLock { $0 } }

  /// The version of the software that started the run.
  package func softwareVersion() throws(AtlasError) -> String {
    try surfacing(path) { try pool.read { try String.fetchOne($0, sql: "SELECT software_version FROM run") ?? "" } }
  }

  /// What is done, failed and quarantined, for a coordinator that starts.
  package func ledger() throws(AtlasError) -> RunLedger {
    try surfacing(path) {
      try pool.read { db in
        var ledger = RunLedger()
        let state = try String.fetchOne(db, sql: "SELECT state FROM run") ?? ""
        guard let state = StoredRunState(rawValue: state) else {
          throw AtlasError.corrupt(path: path, detail: "its state is \"\(state)\"")
        }
        ledger.state = state
        ledger.modelCard = try Data.fetchOne(db, sql: "SELECT model_card FROM run").map { [UInt8]($0) }
        let deltas = try Row.fetchCursor(
          db,
          sql: """
            SELECT prompt, attempt, digest, worker, compute_kernel, worker_key, address
            FROM deltas LEFT JOIN senders USING (prompt)
            """)
        while let row = try deltas.next() {
          let prompt: Int32 = try row.checked("prompt")
          ledger.digests[prompt] = [UInt8](try row.checked("digest") as Data)
          ledger.attempts[prompt] = try row.checked("attempt")
          let sender = try Self.sender(row)
          ledger.authors[prompt] = StoredAuthor(
            worker: try row.checked("worker"), key: sender?.key, address: sender?.address,
            computeKernel: try row.checked("compute_kernel"))
        }
        ledger.checks = try Self.checks(in: db)
        for check in ledger.checks {
          ledger.attempts[check.prompt] = max(ledger.attempts[check.prompt] ?? 0, check.attempt)
        }
        for row in try Row.fetchAll(db, sql: "SELECT prompt, attempt FROM discards") {
          let prompt: Int32 = try row.checked("prompt")
          ledger.voided[prompt] = try row.checked("attempt")
          ledger.attempts[prompt] = max(ledger.attempts[prompt] ?? 0, ledger.voided[prompt]!)
        }
        let failures = try Row.fetchCursor(db, sql: "SELECT * FROM failures ORDER BY id")
        while let row = try failures.next() {
          let failure = StoredFailure(
            prompt: try row.checked("prompt"), attempt: try row.checked("attempt"), worker: try row.checked("worker"),
            incarnation: UInt64(bitPattern: try row.checked("incarnation")), sender: try Self.sender(row),
            kind: try row.checked("kind"), error: try row.checked("error"), at: try row.checked("at"))
          if try row.checked("counts") { ledger.failures.append(failure) }
          ledger.attempts[failure.prompt] = max(ledger.attempts[failure.prompt] ?? 0, failure.attempt)
        }
        ledger.quarantined = try Row.fetchAll(db, sql: "SELECT prompt, reason, at FROM quarantine ORDER BY prompt")
          .map {
            StoredQuarantine(
              prompt: try $0.checked("prompt"), reason: try $0.checked("reason"), at: try $0.checked("at"))
          }
        let tabledPrompts = try Int.fetchOne(
          db, sql: "SELECT domain_prompts + baseline_prompts + other_prompts FROM aggregate")
        if tabledPrompts == ledger.digests.count {
          let tabled = try String.fetchOne(db, sql: "SELECT results_digest FROM aggregate")
          ledger.isArchived = tabled == ResultSetDigest(ledger.digests).text
        }
        return ledger
      }
    }
  }

  /// Calls `body` with the stored deltas of `prompts`, in ascending order, one at a time in memory.
  ///
  /// Several threads may read disjoint ranges at once, for a parallel rebuild.
  ///
  /// - Throws: the error that `body` throws, unchanged; otherwise an `AtlasError`.
  package func forEachDelta(in prompts: Range<Int32>, _ body: (StoredDelta) throws -> Void) throws {
    try surfacingVisits(path) {
      try pool.read { db in
        let rows = try Row.fetchCursor(
          db, sql: "\(Self.storedDeltas) WHERE prompt >= ? AND prompt < ? ORDER BY prompt",
          arguments: [prompts.lowerBound, prompts.upperBound])
        while let row = try rows.next() {
          let delta = try Self.delta(row)
          try visiting { try body(delta) }
        }
      }
    }
  }
}

extension RunAtlas {
  static let storedDeltas = """
    SELECT prompt, attempt, worker, incarnation, worker_key, address, compute_kernel, compute_ms, received_at, digest, payload
    FROM deltas LEFT JOIN senders USING (prompt)
    """

  static func delta(_ row: Row) throws -> StoredDelta {
    StoredDelta(
      prompt: try row.checked("prompt"), attempt: try row.checked("attempt"), worker: try row.checked("worker"),
      incarnation: UInt64(bitPattern: try row.checked("incarnation")), sender: try Self.sender(row),
      computeKernel: try row.checked("compute_kernel"), computeMilliseconds: try row.checked("compute_ms"),
      receivedAt: try row.checked("received_at"), digest: [UInt8](try row.checked("digest") as Data),
      payload: [UInt8](try row.checked("payload") as Data))
  }

  /// Reads a row of `deltas` alone, which may be damaged, as a delta of this prompt. Who sent it stays unknown.
  static func delta(_ row: Row, of prompt: Int32) throws -> StoredDelta {
    let attempt: Int32 = try row.checked("attempt")
    guard attempt >= 0, attempt < .max else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a row has \(attempt) as its attempt")
    }
    return StoredDelta(
      prompt: prompt, attempt: attempt, worker: try row.checked("worker"),
      incarnation: UInt64(bitPattern: try row.checked("incarnation")), computeKernel: try row.checked("compute_kernel"),
      computeMilliseconds: try row.checked("compute_ms"), receivedAt: try row.checked("received_at"),
      digest: [UInt8](try row.checked("digest") as Data), payload: [UInt8](try row.checked("payload") as Data))
  }

  /// Nil if the worker had no key.
  static func sender(_ row: Row) throws -> StoredSender? {
    guard !(row["worker_key"] as DatabaseValue).isNull else { return nil }
    return StoredSender(key: try row.checked("worker_key"), address: try row.checked("address"))
  }

  private static func discard(_ discards: [StoredDiscard], in db: Database) throws {
    for discard in discards {
      for table in ["deltas", "senders", "quarantine", "spot_checks"] {
        try db.cachedStatement(sql: "DELETE FROM \(table) WHERE prompt = ?").execute(arguments: [discard.prompt])
      }
      try db.cachedStatement(sql: "UPDATE failures SET counts = 0 WHERE prompt = ?").execute(
        arguments: [discard.prompt])
      try db.cachedStatement(sql: "INSERT OR REPLACE INTO discards (prompt, attempt, at) VALUES (?, ?, ?)").execute(
        arguments: [discard.prompt, discard.attempt, discard.at])
    }
    try deleteAggregate(in: db)
    try db.execute(sql: "UPDATE run SET state = ?", arguments: [StoredRunState.unfinished.rawValue])
  }

  private static func releaseQuarantine(in db: Database) throws {
    guard try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM quarantine)") == true else { return }
    try db.execute(
      sql: """
        UPDATE failures SET counts = 0 WHERE prompt IN (SELECT prompt FROM quarantine);
        DELETE FROM quarantine;
        """)
    try db.execute(sql: "UPDATE run SET state = ?", arguments: [StoredRunState.unfinished.rawValue])
  }

  static func insert(_ delta: StoredDelta, into db: Database) throws -> DeltaOutcome {
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
    if isNew, let sender = delta.sender {
      try db.cachedStatement(sql: "INSERT OR REPLACE INTO senders (prompt, worker_key, address) VALUES (?, ?, ?)")
        .execute(arguments: [delta.prompt, sender.key, sender.address])
    }
    try db.cachedStatement(sql: "DELETE FROM quarantine WHERE prompt = ?").execute(arguments: [delta.prompt])
    if isNew { return .stored }
    let stored = try Data.fetchOne(
      db, sql: "SELECT digest FROM deltas WHERE prompt = ?", arguments: [delta.prompt])
    return stored == Data(delta.digest) ? .duplicate : .conflicting
  }

  private static func insert(_ failure: StoredFailure, into db: Database) throws {
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO failures (prompt, attempt, worker, incarnation, kind, error, at, worker_key, address)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    try statement.execute(arguments: [
      failure.prompt, failure.attempt, failure.worker, Int64(bitPattern: failure.incarnation), failure.kind,
      failure.error, failure.at, failure.sender?.key, failure.sender?.address ?? "",
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
