// autointerp
// `SimulatedFile` is opened, closed, damaged and repaired as a run's real file is.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol
internal import Coordinator

extension SimulatedFile {
  /// Counts the opening. Returns true if the last coordinator did not close the file and the log that belongs to it is
  /// missing, which is all that `RunAtlas` can know about a lost log.
  mutating func beginOpening() -> Bool {
    let isLogMissing = self.isLogMissing
    openings += 1
    (isClosed, hasLostLog) = (false, false)
    checkpointed = tables
    // A finished run is not read back before somebody needs its results.
    isRead = false
    return isLogMissing
  }

  /// True if the last coordinator did not close the file and its log is missing.
  var isLogMissing: Bool { hasLostLog && !isClosed }

  /// An orderly end moves everything from the log into the file.
  mutating func close() {
    isClosed = true
    checkpointed = tables
  }

  /// The prompts whose stored results are not what their digests say, or cannot be decoded, as `RunCheck` and
  /// `RebuiltRun` find them.
  func damagedPrompts() -> [Int32] {
    tables.deltas.values.filter { stored in
      guard DeltaDigest(of: stored.payload).bytes == stored.digest,
        let delta = try? ValidDelta(payload: stored.payload)
      else { return true }
      return delta.prompt != stored.prompt
    }.map(\.prompt).sorted()
  }

  /// Makes the aggregate again from the stored results, which must agree with what was merged one by one.
  mutating func read() throws {
    let again = try merged()
    guard aggregate == nil || aggregate == again else {
      throw SimulationFailure.brokenInvariant("the aggregate made again from the file differs from what was merged")
    }
    (aggregate, isRead) = (again, true)
  }

  /// Merges in parts and not in the order of the commits, as after a real restart.
  func merged() throws -> EdgeAggregate {
    var parts = [EdgeAggregate(), EdgeAggregate()]
    for prompt in tables.deltas.keys.sorted(by: >) {
      let delta = try ValidDelta(payload: tables.deltas[prompt]!.payload)
      try parts[Int(prompt) * 2 / specification.prompts.count].merge(delta)
    }
    try parts[1].merge(parts[0])
    return parts[1]
  }

  /// What a starting coordinator reads besides the results.
  func stored() -> StoredRun {
    var ledger = RunLedger()
    ledger.state = state
    ledger.digests = tables.deltas.mapValues(\.digest)
    ledger.attempts = tables.deltas.mapValues(\.attempt)
    ledger.attempts.merge(tables.voided, uniquingKeysWith: max)
    ledger.attempts.merge(tables.failedAttempts, uniquingKeysWith: max)
    ledger.authors = tables.deltas.mapValues { StoredAuthor(worker: $0.worker, key: $0.sender?.key) }
    ledger.voided = tables.voided
    ledger.failures = failures.values.joined().sorted {
      ($0.at, $0.prompt, $0.attempt) < ($1.at, $1.prompt, $1.attempt)
    }
    ledger.quarantined = quarantined.values.sorted { $0.prompt < $1.prompt }
    var specification = specification
    specification.modelFingerprint = fingerprint
    return StoredRun(specification: specification, epoch: openings, identity: identity, ledger: ledger)
  }

  // MARK: Damage

  /// The write-ahead log is gone, and with it what was not moved into the file.
  mutating func loseLog() {
    hasLostLog = true
    tables = checkpointed
    aggregate = nil
  }

  /// Flips one bit of a stored result, or of its stored digest. `place` chooses it.
  mutating func flipBit(of prompt: Int32, inDigest: Bool, place: Int) {
    guard var stored = tables.deltas[prompt] else { return }
    if inDigest {
      stored.digest[place / 8 % stored.digest.count] ^= 1 << (place % 8)
      tables.digests[prompt] = DeltaDigest(stored.digest)
    } else {
      stored.payload[place / 8 % stored.payload.count] ^= 1 << (place % 8)
    }
    tables.deltas[prompt] = stored
    checkpointed = tables
  }

  /// Makes every stored digest that of its result as it is now. For a sabotage.
  mutating func renewDigests() {
    for (prompt, stored) in tables.deltas where (try? ValidDelta(payload: stored.payload)) != nil {
      let digest = DeltaDigest(of: stored.payload)
      (tables.deltas[prompt]!.digest, tables.digests[prompt]) = (digest.bytes, digest)
    }
  }

  /// Makes a new file of what is sound, as `AtlasSalvage` does, if something is not. A run that lost results is unfinished
  /// again. Returns the prompts whose results are damaged.
  mutating func repair() -> [Int32] {
    let damaged = damagedPrompts()
    guard !damaged.isEmpty else { return [] }
    // A prompt that failed, succeeded and lost its result starts anew.
    for prompt in damaged {
      (tables.deltas[prompt], tables.digests[prompt], tables.failures[prompt]) = (nil, nil, nil)
    }
    if state == .complete, digests.count + quarantined.count < specification.prompts.count {
      tables.state = .unfinished
    }
    aggregate = nil
    hasLostLog = false
    close()
    return damaged
  }
}
