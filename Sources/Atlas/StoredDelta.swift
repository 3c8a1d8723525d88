// autointerp
// What the file of a run remembers about prompts: deltas, failures, quarantine.
// SPDX-License-Identifier: Apache-2.0

/// One prompt's delta as it is stored; that it is there is the mark that the prompt is done.
package struct StoredDelta: Equatable, Sendable {
  package var prompt: Int32
  package var attempt: Int32
  package var worker: String
  package var incarnation: UInt64
  /// The BLAS kernel that computed it.
  package var computeKernel: String
  package var computeMilliseconds: Int64
  /// Milliseconds since 1970.
  package var receivedAt: Int64
  /// Digest of what the delta says, chosen by the coordinator; equal for equal deltas.
  package var digest: [UInt8]
  /// The encoded delta, opaque here.
  package var payload: [UInt8]

  package init(
    prompt: Int32, attempt: Int32, worker: String, incarnation: UInt64, computeKernel: String,
    computeMilliseconds: Int64, receivedAt: Int64, digest: [UInt8], payload: [UInt8]
  ) {
    self.prompt = prompt
    self.attempt = attempt
    self.worker = worker
    self.incarnation = incarnation
    self.computeKernel = computeKernel
    self.computeMilliseconds = computeMilliseconds
    self.receivedAt = receivedAt
    self.digest = digest
    self.payload = payload
  }
}

/// A failed attempt at a prompt.
package struct StoredFailure: Equatable, Sendable {
  package var prompt: Int32
  package var attempt: Int32
  package var worker: String
  package var incarnation: UInt64
  /// `prompt`, `worker`, or what the coordinator calls a lost lease.
  package var kind: String
  package var error: String
  /// Milliseconds since 1970.
  package var at: Int64

  package init(
    prompt: Int32, attempt: Int32, worker: String, incarnation: UInt64, kind: String, error: String, at: Int64
  ) {
    self.prompt = prompt
    self.attempt = attempt
    self.worker = worker
    self.incarnation = incarnation
    self.kind = kind
    self.error = error
    self.at = at
  }
}

/// A prompt that was set aside, with the reason for people.
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

/// Where a run stands, as far as a restart needs to know.
package enum StoredRunState: String, Sendable, CaseIterable {
  /// There is work left, or there may be.
  case unfinished
  /// Nothing left to do; quarantined prompts may remain.
  case complete
  case cancelled
}

/// A worker process that took part, kept for provenance.
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
package struct AtlasBatch: Sendable {
  /// Makes quarantined prompts eligible again: their failures stay on record but count no more. The run is `unfinished`
  /// again if there are any.
  package var releasesQuarantine = false
  /// The model that the run is about, when the client did not know it; another one than the run's is an error.
  package var modelFingerprint: String? = nil
  package var workers: [StoredWorker] = []
  package var failures: [StoredFailure] = []
  /// Without effect on prompts that are done.
  package var quarantined: [StoredQuarantine] = []
  /// A delta takes its prompt out of quarantine. One for a prompt that is done already changes nothing else.
  package var deltas: [StoredDelta] = []
  /// The run's new state, nil to leave it.
  package var state: StoredRunState? = nil

  package init() {}
}

/// What became of a delta of a batch.
package enum DeltaOutcome: Equatable, Sendable {
  case stored
  /// The prompt was done already, with the same digest.
  case duplicate
  /// The prompt was done already, with another digest; the stored delta stays.
  case conflicting
}

/// What a coordinator needs to know to go on with a run, besides the deltas themselves.
package struct RunLedger: Equatable, Sendable {
  /// Digest of the stored delta of every prompt that is done.
  package var digests: [Int32: [UInt8]] = [:]
  /// Failures that still count, oldest first: those before the latest `retryQuarantined` do not.
  package var failures: [StoredFailure] = []
  package var quarantined: [StoredQuarantine] = []
  /// The highest attempt on record of each prompt that has any.
  package var attempts: [Int32: Int32] = [:]
  package var state: StoredRunState = .unfinished
  /// Prompts that are in the aggregate tables; nil when these were never written.
  package var archivedPromptCount: Int?

  package init() {}
}
