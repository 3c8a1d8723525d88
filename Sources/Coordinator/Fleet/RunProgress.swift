// autointerp
// One run inside the machine: where each of its prompts stands.
// SPDX-License-Identifier: Apache-2.0

package import Atlas
package import Circuits
internal import ClusterProtocol
internal import DequeModule

/// Where one prompt stands.
enum PromptPhase: UInt8, Sendable, CaseIterable {
  case queued
  case leased
  /// Its delta is here and not on the disk yet.
  case committing
  case done
  case quarantined
}

/// A delta that is being made durable, and who waits for it.
struct PendingCommit: Sendable {
  var digest: DeltaDigest
  var byteCount: Int
  /// Fences to acknowledge afterwards, each once, with their workers.
  var waiters: [(worker: WorkerNumber, fence: Fence)]

  /// A worker that has to wait sends its delta again and again.
  mutating func add(_ fence: Fence, of worker: WorkerNumber) {
    if !waiters.contains(where: { $0 == (worker, fence) }) { waiters.append((worker, fence)) }
  }
}

/// One start of a worker's process.
struct WorkerProcess: Hashable, Sendable {
  var name: String
  var incarnation: UInt64
}

/// One run: the phases of its prompts, its queues, failures and writes.
struct RunProgress: Sendable {
  let specification: RunSpecification
  let epoch: Int64
  var fingerprint: String?
  var state = RunState.queued
  /// The last write, the one that says complete, is on its way.
  var isClosing = false
  private(set) var phases: [PromptPhase]
  private var counts: [Int]
  var attempts: [Int32]
  var digests: [Int32: DeltaDigest]
  var pending: [Int32: PendingCommit] = [:]
  var failures: [Int32: [PromptFailure]] = [:]
  var quarantine: [Int32: String] = [:]

  // The queues hold every queued prompt once, and may hold prompts that are not queued any more.
  /// Never failed.
  var fresh: Deque<Int32> = []
  /// Failed by report: for another worker, from the given time on for any.
  var contested: Deque<(prompt: Int32, anyoneAt: Duration)> = []
  /// Suspected of a death: for a worker with nothing else to do; for one that failed it again and again, from the given
  /// time on.
  var suspects: Deque<(prompt: Int32, anyoneAt: Duration)> = []

  var storage = StorageQueue()
  var meter = RateMeter()
  var computeKernels: Set<String> = []
  /// Processes that are in the file's table of workers, as far as this coordinator wrote them.
  var recordedWorkers: Set<WorkerProcess> = []
  var computeMilliseconds: Int64 = 0
  /// Deltas accepted since this coordinator started, and the time they took.
  var measured: (count: Int64, milliseconds: Int64) = (0, 0)

  init(_ stored: StoredRun) {
    specification = stored.specification
    epoch = stored.epoch
    fingerprint = stored.specification.modelFingerprint
    let promptCount = stored.specification.prompts.count
    phases = Array(repeating: .queued, count: promptCount)
    counts = PromptPhase.allCases.map { $0 == .queued ? promptCount : 0 }
    attempts = Array(repeating: 0, count: promptCount)
    digests = [:]
    for (prompt, attempt) in stored.ledger.attempts { attempts[Int(prompt)] = attempt }
    for (prompt, digest) in stored.ledger.digests {
      digests[prompt] = DeltaDigest(digest)
      move(prompt, to: .done)
    }
    for failure in stored.ledger.failures {
      failures[failure.prompt, default: []].append(
        PromptFailure(
          worker: failure.worker, incarnation: failure.incarnation, attempt: failure.attempt,
          kind: FailureKind(rawValue: failure.kind) ?? .worker, error: failure.error))
    }
    // Done is done: files of earlier versions may have a delta and a quarantine of the same prompt.
    for quarantined in stored.ledger.quarantined where digests[quarantined.prompt] == nil {
      quarantine[quarantined.prompt] = quarantined.reason
      move(quarantined.prompt, to: .quarantined)
    }
    computeKernels = stored.computeKernels
    computeMilliseconds = stored.computeMilliseconds
    switch stored.ledger.state {
    case .unfinished: state = .queued
    case .complete: state = unsettled == 0 ? .complete : .queued
    case .cancelled: state = .cancelled
    }
    refillQueues()
  }

  /// Takes part in the handing out of work.
  var isOpen: Bool { (state == .queued || state == .active) && !isClosing }
  /// Prompts that are neither done nor quarantined.
  var unsettled: Int { self[count: .queued] + self[count: .leased] + self[count: .committing] }

  subscript(count phase: PromptPhase) -> Int { counts[Int(phase.rawValue)] }

  subscript(phase prompt: Int32) -> PromptPhase { phases[Int(prompt)] }

  func has(_ prompt: Int32) -> Bool { phases.indices.contains(Int(prompt)) }

  func accepts(_ fingerprint: String) -> Bool { self.fingerprint == nil || self.fingerprint == fingerprint }

  mutating func move(_ prompt: Int32, to phase: PromptPhase) {
    counts[Int(phases[Int(prompt)].rawValue)] -= 1
    phases[Int(prompt)] = phase
    counts[Int(phase.rawValue)] += 1
  }

  /// The prompt's delta is on the disk: it is done, whatever was thought of it before.
  mutating func settle(_ prompt: Int32) {
    failures[prompt] = nil
    quarantine[prompt] = nil
    if self[phase: prompt] != .done { move(prompt, to: .done) }
  }

  /// Makes the queues anew from the phases: after a start, a cancellation, a retry.
  mutating func refillQueues() {
    fresh = []
    contested = []
    suspects = []
    for prompt in phases.indices.map(Int32.init) where self[phase: prompt] == .queued {
      switch failures[prompt] {
      case nil: fresh.append(prompt)
      case let failures? where RetryPolicy.isSuspect(failures): suspects.append((prompt, .zero))
      case _?: contested.append((prompt, .zero))
      }
    }
  }

  /// The mean time of a prompt, nil before the first.
  var meanDuration: Duration? {
    measured.count == 0 ? nil : .milliseconds(measured.milliseconds / measured.count)
  }
}

extension Int64 {
  /// For sums of what peers say: the largest number stands for anything beyond it.
  mutating func addSaturating(_ other: Int64) {
    let (sum, overflow) = addingReportingOverflow(other)
    self = overflow ? (other < 0 ? .min : .max) : sum
  }
}

extension RunLedger {
  /// Whether everything in it is about prompts that there are, and digests are digests; a damaged file may say anything.
  func isSound(promptCount: Int) -> Bool {
    let prompts = Int32(0)..<Int32(clamping: promptCount)
    return digests.allSatisfy { prompts.contains($0.key) && $0.value.count == 32 }
      && attempts.allSatisfy { prompts.contains($0.key) && $0.value >= 0 && $0.value < .max }
      && failures.allSatisfy { prompts.contains($0.prompt) } && quarantined.allSatisfy { prompts.contains($0.prompt) }
  }
}

/// What a restart knows of a run: all of it was committed.
package struct StoredRun: Sendable {
  package var specification: RunSpecification
  package var epoch: Int64
  package var ledger: RunLedger
  package var computeKernels: Set<String>
  package var computeMilliseconds: Int64

  package init(
    specification: RunSpecification, epoch: Int64, ledger: RunLedger = RunLedger(), computeKernels: Set<String> = [],
    computeMilliseconds: Int64 = 0
  ) {
    self.specification = specification
    self.epoch = epoch
    self.ledger = ledger
    self.computeKernels = computeKernels
    self.computeMilliseconds = computeMilliseconds
  }
}
