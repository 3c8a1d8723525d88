// autointerp
// `SimulatedFile` stands in for a run's file: it holds what is committed, with the aggregate that the vault keeps of it.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol
internal import Coordinator

/// What is committed of one run. It survives every crash, unless its write-ahead log gets lost or a bit flips. Writes are
/// applied in the real file's order, and the run's real aggregate is kept as the vault does.
struct SimulatedFile {
  /// What the tables hold.
  struct Tables {
    var fingerprint: String?
    var state = StoredRunState.unfinished
    var deltas: [Int32: StoredDelta] = [:]
    var digests: [Int32: DeltaDigest] = [:]
    /// The failures that count, by prompt.
    var failures: [Int32: [StoredFailure]] = [:]
    /// The highest attempt among all failures, also those that do not count any more.
    var failedAttempts: [Int32: Int32] = [:]
    var quarantined: [Int32: StoredQuarantine] = [:]
    /// For each prompt that was discarded, the last attempt whose grant is void.
    var voided: [Int32: Int32] = [:]
  }

  let specification: RunSpecification
  let identity: RunIdentity
  var tables = Tables()
  /// What the file alone has, without its write-ahead log.
  var checkpointed = Tables()
  var openings: Int64 = 0
  /// False from an opening to an orderly end.
  var isClosed = true
  /// True if the write-ahead log was lost since the last opening.
  var hasLostLog = false
  /// False for a finished run whose results nobody has read since it was opened.
  var isRead = true
  /// Nil if it must be made again.
  var aggregate: EdgeAggregate? = EdgeAggregate()
  /// Used by `Sabotage.altersMerges`.
  var altersMerges = false

  init(_ specification: RunSpecification, _ identity: RunIdentity) {
    self.specification = specification
    self.identity = identity
    tables.fingerprint = specification.modelFingerprint
    checkpointed = tables
  }

  var fingerprint: String? { tables.fingerprint }
  var state: StoredRunState { tables.state }
  var digests: [Int32: DeltaDigest] { tables.digests }
  var failures: [Int32: [StoredFailure]] { tables.failures }
  var quarantined: [Int32: StoredQuarantine] { tables.quarantined }

  /// Commits one transaction. What was decided is then moved from the log into the file.
  mutating func commit(_ writes: [RunWrite]) throws {
    var deltas = writes.deltas.makeIterator()
    let batches = AtlasBatch.batches(of: writes, at: 0)
    for batch in batches {
      if batch.releasesQuarantine { releaseQuarantine() }
      if !batch.discarded.isEmpty { try discard(batch.discarded) }
      if let model = batch.modelFingerprint {
        tables.fingerprint = fingerprint ?? model
        guard fingerprint == model else {
          throw SimulationFailure.brokenInvariant("a run of \(fingerprint ?? "") is bound to \(model) as well")
        }
      }
      for failure in batch.failures {
        tables.failures[failure.prompt, default: []].append(failure)
        tables.failedAttempts[failure.prompt] = max(tables.failedAttempts[failure.prompt] ?? 0, failure.attempt)
      }
      for quarantine in batch.quarantined where digests[quarantine.prompt] == nil {
        tables.quarantined[quarantine.prompt] = quarantine
      }
      for stored in batch.deltas {
        guard let delta = deltas.next(), delta.delta.prompt == stored.prompt, delta.digest.bytes == stored.digest else {
          throw SimulationFailure.brokenInvariant("prompt \(stored.prompt) gets the delta of another")
        }
        try insert(stored, delta)
      }
      tables.state = batch.state ?? state
    }
    if batches.contains(where: \.isDecision) { checkpointed = tables }
  }

  private mutating func insert(_ stored: StoredDelta, _ delta: CheckedDelta) throws {
    let prompt = stored.prompt
    guard digests[prompt] == nil else {
      throw SimulationFailure.brokenInvariant("prompt \(prompt) is merged a second time")
    }
    tables.deltas[prompt] = stored
    tables.digests[prompt] = delta.digest
    tables.quarantined[prompt] = nil
    guard altersMerges else {
      try aggregate?.merge(delta.valid)
      return
    }
    var merged = delta.delta
    merged.graph.edges.flow[0] = merged.graph.edges.flow[0].nextUp
    try aggregate?.merge(merged)
  }

  private mutating func releaseQuarantine() {
    guard !quarantined.isEmpty else { return }
    for prompt in quarantined.keys { tables.failures[prompt] = nil }
    tables.quarantined = [:]
    tables.state = .unfinished
  }

  /// A merged delta cannot be subtracted, so the aggregate is made again.
  private mutating func discard(_ discards: [StoredDiscard]) throws {
    for discard in discards {
      let prompt = discard.prompt
      (tables.deltas[prompt], tables.digests[prompt]) = (nil, nil)
      (tables.failures[prompt], tables.quarantined[prompt]) = (nil, nil)
      tables.voided[prompt] = discard.attempt
    }
    tables.state = .unfinished
    aggregate = nil
    if isRead { aggregate = try merged() }
  }
}
