// autointerp
// `StoredDelta`, `StoredFailure` and `StoredQuarantine` are the rows about prompts in a run's file.
// SPDX-License-Identifier: Apache-2.0

/// One prompt's stored delta. A prompt is done if and only if its delta is stored.
package struct StoredDelta: Equatable, Sendable {
  package var prompt: Int32
  package var attempt: Int32
  package var worker: String
  package var incarnation: UInt64
  package var sender: StoredSender?
  /// The BLAS kernel that computed it.
  package var computeKernel: String
  package var computeMilliseconds: Int64
  /// Milliseconds since 1970.
  package var receivedAt: Int64
  /// A digest of the delta, chosen by the coordinator. Equal deltas have equal digests.
  package var digest: [UInt8]
  /// The encoded delta, which is not looked into here.
  package var payload: [UInt8]

  package init(
    prompt: Int32, attempt: Int32, worker: String, incarnation: UInt64, sender: StoredSender? = nil,
    computeKernel: String, computeMilliseconds: Int64, receivedAt: Int64, digest: [UInt8], payload: [UInt8]
  ) {
    self.prompt = prompt
    self.attempt = attempt
    self.worker = worker
    self.incarnation = incarnation
    self.sender = sender
    self.computeKernel = computeKernel
    self.computeMilliseconds = computeMilliseconds
    self.receivedAt = receivedAt
    self.digest = digest
    self.payload = payload
  }
}

extension StoredDelta {
  package var author: StoredAuthor {
    StoredAuthor(worker: worker, key: sender?.key, address: sender?.address, computeKernel: computeKernel)
  }
}

/// The key of a worker and the address from which it sent.
package struct StoredSender: Hashable, Sendable {
  package var key: String
  package var address: String

  package init(key: String, address: String) {
    self.key = key
    self.address = address
  }
}

/// Who did a prompt: the worker's own name, its key and address, and the BLAS kernel.
package struct StoredAuthor: Hashable, Sendable {
  package var worker: String
  /// Nil without CURVE.
  package var key: String?
  package var address: String?
  package var computeKernel: String

  package init(worker: String, key: String?, address: String? = nil, computeKernel: String = "") {
    self.worker = worker
    self.key = key
    self.address = address
    self.computeKernel = computeKernel
  }

  /// True if this worker has this key and this name, as far as they are given.
  package func matches(key: String?, worker: String?) -> Bool {
    (key != nil || worker != nil) && (key == nil || key == self.key) && (worker == nil || worker == self.worker)
  }
}

/// A prompt whose results and failures are taken back. Grants up to this attempt are void.
package struct StoredDiscard: Equatable, Sendable {
  package var prompt: Int32
  package var attempt: Int32
  /// Milliseconds since 1970.
  package var at: Int64

  package init(prompt: Int32, attempt: Int32, at: Int64) {
    self.prompt = prompt
    self.attempt = attempt
    self.at = at
  }
}

/// Tells a run's file from all others, and proves the run's grants.
package struct RunIdentity: Equatable, Sendable {
  /// Random.
  package var file: UInt64
  /// 32 random bytes that only the file and the coordinator know.
  package var key: [UInt8]

  package init(file: UInt64, key: [UInt8]) {
    self.file = file
    self.key = key
  }

  static func random() -> RunIdentity {
    RunIdentity(file: .random(in: 1 ... .max), key: (0..<32).map { _ in .random(in: 0 ... .max) })
  }
}

/// A failed attempt at a prompt.
package struct StoredFailure: Equatable, Sendable {
  package var prompt: Int32
  package var attempt: Int32
  package var worker: String
  package var incarnation: UInt64
  package var sender: StoredSender?
  /// `prompt`, `worker`, or the coordinator's name for a lost lease.
  package var kind: String
  package var error: String
  /// Milliseconds since 1970.
  package var at: Int64

  package init(
    prompt: Int32, attempt: Int32, worker: String, incarnation: UInt64, sender: StoredSender? = nil, kind: String,
    error: String, at: Int64
  ) {
    self.prompt = prompt
    self.attempt = attempt
    self.worker = worker
    self.incarnation = incarnation
    self.sender = sender
    self.kind = kind
    self.error = error
    self.at = at
  }
}

/// A prompt in quarantine, with the reason for people.
package struct StoredQuarantine: Equatable, Sendable {
  package var prompt: Int32
  package var reason: String
  /// Milliseconds since 1970.
  package var at: Int64

  package init(prompt: Int32, reason: String, at: Int64) {
    self.prompt = prompt
    self.reason = reason
    self.at = at
  }
}

/// The state of a run, as far as a restart needs it.
package enum StoredRunState: String, Sendable, CaseIterable {
  /// There is work left, or there may be.
  case unfinished
  /// Nothing is left to do. Quarantined prompts may remain.
  case complete
  case cancelled
}

/// A worker process that took part in the run, recorded as provenance.
package struct StoredWorker: Equatable, Sendable {
  package var name: String
  package var incarnation: UInt64
  package var host: String
  package var slots: Int
  package var modelName: String
  package var modelFingerprint: String
  package var softwareVersion: String
  package var computeKernel: String
  /// Milliseconds since 1970.
  package var firstSeenAt: Int64

  package init(
    name: String, incarnation: UInt64, host: String, slots: Int, modelName: String, modelFingerprint: String,
    softwareVersion: String, computeKernel: String, firstSeenAt: Int64
  ) {
    self.name = name
    self.incarnation = incarnation
    self.host = host
    self.slots = slots
    self.modelName = modelName
    self.modelFingerprint = modelFingerprint
    self.softwareVersion = softwareVersion
    self.computeKernel = computeKernel
    self.firstSeenAt = firstSeenAt
  }
}

/// What is added to the file, in the order of the fields.
package struct AtlasBatch: Equatable, Sendable {
  /// Puts quarantined prompts back into the queue. Their failures stay recorded but no longer count. If there were any,
  /// the run is `unfinished` again.
  package var releasesQuarantine = false
  /// The deltas, failures and quarantines of these prompts are deleted, and so is everything derived from them.
  package var discarded: [StoredDiscard] = []
  /// The run's model, if the client did not know it. A model other than the run's is an error.
  package var modelFingerprint: String? = nil
  /// The card of the model; its digest is part of the fingerprint.
  package var modelCard: [UInt8]? = nil
  package var orders: [StoredOrder] = []
  package var workers: [StoredWorker] = []
  package var failures: [StoredFailure] = []
  /// Has no effect on prompts that are done.
  package var quarantined: [StoredQuarantine] = []
  /// A delta takes its prompt out of quarantine. If the prompt is already done, it changes nothing else.
  package var deltas: [StoredDelta] = []
  /// Second results of prompts that are done. An empty payload means that of the result.
  package var checks: [StoredDelta] = []
  /// Results that take the place of others, which are then kept as checks. The aggregate's tables are deleted.
  package var replacements: [StoredDelta] = []
  /// The run's new state; nil keeps the state.
  package var state: StoredRunState? = nil

  package init() {}

  /// True if it has something that was decided once and cannot be found out again.
  package var isDecision: Bool {
    releasesQuarantine || !discarded.isEmpty || modelFingerprint != nil || modelCard != nil || state != nil
      || !orders.isEmpty || !replacements.isEmpty
  }
}

/// What happened to a delta of a batch.
package enum DeltaOutcome: Equatable, Sendable {
  case stored
  /// The prompt was already done, with the same digest.
  case duplicate
  /// The prompt was already done, with another digest. The stored delta stays.
  case conflicting
}

/// What a coordinator needs to continue a run, besides the deltas.
package struct RunLedger: Equatable, Sendable {
  /// The digest of the stored delta of every prompt that is done.
  package var digests: [Int32: [UInt8]] = [:]
  /// The failures that still count, oldest first. Those before the latest `retryQuarantined` do not count.
  package var failures: [StoredFailure] = []
  package var quarantined: [StoredQuarantine] = []
  /// The highest recorded attempt of each prompt.
  package var attempts: [Int32: Int32] = [:]
  package var state: StoredRunState = .unfinished
  /// Which worker did each prompt that is done.
  package var authors: [Int32: StoredAuthor] = [:]
  /// For each prompt, the last attempt whose grant is void.
  package var voided: [Int32: Int32] = [:]
  package var modelCard: [UInt8]?
  /// The second results of prompts, in the order of their arrival, without payloads.
  package var checks: [StoredDelta] = []
  /// True if the aggregate tables were written from the stored results, by a version that notes from which.
  package var isArchived = false

  package init() {}
}
