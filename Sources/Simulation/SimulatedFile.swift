// autointerp
// `SimulatedFile` stands in for a run's file: it holds what is committed and survives every crash.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import Coordinator

/// What is committed of one run. It survives every crash, and nothing else does. Writes are applied in the real file's
/// order, and the run's real aggregate is kept as the vault does.
struct SimulatedFile {
  let specification: RunSpecification
  let identity: RunIdentity
  private(set) var fingerprint: String?
  private(set) var state = StoredRunState.unfinished
  private(set) var digests: [Int32: DeltaDigest] = [:]
  private(set) var attempts: [Int32: Int32] = [:]
  /// The failures that count, by prompt.
  private(set) var failures: [Int32: [StoredFailure]] = [:]
  private(set) var quarantined: [Int32: StoredQuarantine] = [:]
  private(set) var openings: Int64 = 0
  private(set) var aggregate = EdgeAggregate()
  /// Used by `Sabotage.altersMerges`.
  var altersMerges = false

  init(_ specification: RunSpecification, _ identity: RunIdentity) {
    self.specification = specification
    self.identity = identity
    fingerprint = specification.modelFingerprint
  }

  /// Returns what a starting coordinator reads. `delta` returns the delta of a prompt with the given digest.
  mutating func open(delta: (Int32, DeltaDigest) throws -> EdgeDelta) throws -> StoredRun {
    openings += 1
    // Merge in parts and not in the order of the commits, as after a real restart.
    var parts = [EdgeAggregate(), EdgeAggregate()]
    for prompt in digests.keys.sorted(by: >) {
      try parts[Int(prompt) * 2 / specification.prompts.count].merge(delta(prompt, digests[prompt]!))
    }
    try parts[1].merge(parts[0])
    guard parts[1] == aggregate else {
      throw SimulationFailure.brokenInvariant("the aggregate made again from the file differs from what was merged")
    }
    aggregate = parts[1]
    var ledger = RunLedger()
    ledger.state = state
    ledger.digests = digests.mapValues(\.bytes)
    ledger.attempts = attempts
    ledger.failures = failures.values.joined().sorted {
      ($0.at, $0.prompt, $0.attempt) < ($1.at, $1.prompt, $1.attempt)
    }
    ledger.quarantined = quarantined.values.sorted { $0.prompt < $1.prompt }
    var specification = specification
    specification.modelFingerprint = fingerprint
    return StoredRun(specification: specification, epoch: openings, identity: identity, ledger: ledger)
  }

  /// Commits one transaction.
  mutating func commit(_ writes: [RunWrite]) throws {
    var deltas = writes.deltas.makeIterator()
    for batch in AtlasBatch.batches(of: writes, at: 0) {
      if batch.releasesQuarantine, !quarantined.isEmpty {
        for prompt in quarantined.keys { failures[prompt] = nil }
        quarantined = [:]
        state = .unfinished
      }
      if let model = batch.modelFingerprint {
        fingerprint = fingerprint ?? model
        guard fingerprint == model else {
          throw SimulationFailure.brokenInvariant("a run of \(fingerprint ?? "") is bound to \(model) as well")
        }
      }
      for failure in batch.failures {
        failures[failure.prompt, default: []].append(failure)
        attempts[failure.prompt] = max(attempts[failure.prompt] ?? 0, failure.attempt)
      }
      for quarantine in batch.quarantined where digests[quarantine.prompt] == nil {
        quarantined[quarantine.prompt] = quarantine
      }
      for stored in batch.deltas {
        let prompt = stored.prompt
        guard digests[prompt] == nil else {
          throw SimulationFailure.brokenInvariant("prompt \(prompt) is merged a second time")
        }
        guard let delta = deltas.next(), delta.delta.prompt == prompt, delta.digest.bytes == stored.digest else {
          throw SimulationFailure.brokenInvariant("prompt \(prompt) gets the delta of another")
        }
        digests[prompt] = delta.digest
        attempts[prompt] = stored.attempt
        quarantined[prompt] = nil
        guard altersMerges else {
          try aggregate.merge(delta.valid)
          continue
        }
        var merged = delta.delta
        merged.graph.edges.flow[0] = merged.graph.edges.flow[0].nextUp
        try aggregate.merge(merged)
      }
      state = batch.state ?? state
    }
  }
}
