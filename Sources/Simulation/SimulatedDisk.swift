// autointerp
// A run's file without a file.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import Coordinator

/// What is committed: it survives every crash, and nothing else does.
struct SimulatedDisk {
  let specification: RunSpecification
  private(set) var fingerprint: String?
  private(set) var ledger = RunLedger()
  private var failures: [(failure: StoredFailure, counts: Bool)] = []
  private(set) var openings: Int64 = 0
  /// Commits of each prompt: more than one is a broken promise.
  private(set) var mergeCounts: [Int32: Int] = [:]
  /// Present in the seeds that use real deltas.
  private(set) var aggregate: EdgeAggregate?

  init(_ specification: RunSpecification, usesRealDeltas: Bool) {
    self.specification = specification
    aggregate = usesRealDeltas ? EdgeAggregate() : nil
  }

  /// What a coordinator that starts reads.
  mutating func open() throws -> StoredRun {
    openings += 1
    var specification = specification
    specification.modelFingerprint = fingerprint
    var ledger = ledger
    ledger.failures = failures.filter(\.counts).map(\.failure)
    for (failure, _) in failures {
      ledger.attempts[failure.prompt] = max(ledger.attempts[failure.prompt] ?? 0, failure.attempt)
    }
    if aggregate != nil {
      // The order of a rebuild is not that of the commits.
      var rebuilt = EdgeAggregate()
      for prompt in ledger.digests.keys.sorted(by: >) {
        try rebuilt.merge(SyntheticGraph.delta(prompt: prompt, origin: specification.prompts[Int(prompt)].origin))
      }
      aggregate = rebuilt
    }
    return StoredRun(specification: specification, epoch: openings, ledger: ledger)
  }

  func holds(_ prompt: Int32) -> Bool { ledger.digests[prompt] != nil }

  /// One transaction.
  mutating func commit(_ writes: [RunWrite]) throws {
    for write in writes {
      switch write {
      case .delta(let receipt, _, _):
        let prompt = receipt.fence.prompt
        mergeCounts[prompt, default: 0] += 1
        ledger.digests[prompt] = receipt.digest.bytes
        ledger.attempts[prompt] = receipt.fence.attempt
        ledger.quarantined.removeAll { $0.prompt == prompt }
        try aggregate?.merge(
          SyntheticGraph.delta(prompt: prompt, origin: specification.prompts[Int(prompt)].origin))
      case .failure(let failure):
        failures.append((failure, true))
      case .quarantine(let quarantine):
        ledger.quarantined.removeAll { $0.prompt == quarantine.prompt }
        ledger.quarantined.append(quarantine)
      case .release:
        let released = Set(ledger.quarantined.map(\.prompt))
        for i in failures.indices where released.contains(failures[i].failure.prompt) { failures[i].counts = false }
        ledger.quarantined = []
        ledger.state = .unfinished
      case .model(let fingerprint):
        self.fingerprint = self.fingerprint ?? fingerprint
      case .worker:
        break
      case .state(let state):
        ledger.state = state
      }
    }
  }
}
