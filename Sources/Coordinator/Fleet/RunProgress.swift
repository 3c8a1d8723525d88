// autointerp
// `RunProgress` tracks, inside the fleet machine, what has happened to each prompt of a run.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol

/// The state of one prompt.
package enum PromptPhase: Int, Sendable, CaseIterable {
  case queued
  case leased
  /// Its delta has arrived but is not on disk yet.
  case committing
  case done
  case quarantined
}

/// A delta that is being written, and the workers that wait for its acknowledgement.
struct PendingCommit: Sendable {
  let digest: DeltaDigest
  let byteCount: Int
  /// The fences to acknowledge afterwards, each once, with their workers.
  fileprivate(set) var waiters: [(worker: WorkerID, fence: Fence)]
}

/// One run: the phases of its prompts, its queue, failures and writes. Its state changes only through its methods.
struct RunProgress: Sendable {
  let specification: RunSpecification
  let epoch: Int64
  private let identity: RunIdentity
  private(set) var fingerprint: String?
  /// True once the model's card is in the file or is being written.
  private var hasCard: Bool
  private(set) var state = RunState.queued
  /// True if the last write, which marks the run complete, is on its way.
  private var isClosing = false
  private(set) var phases: [PromptPhase]
  private var counts: [Int]
  private var attempts: [Int32]
  private(set) var digests: [Int32: DeltaDigest] = [:]
  /// Which worker did each prompt that is done or being committed.
  private var authors: [Int32: StoredAuthor]
  /// For each prompt, the last attempt whose grant is void.
  private var voided: [Int32: Int32]
  private(set) var pending: [Int32: PendingCommit] = [:]
  private(set) var failures: [Int32: [PromptFailure]] = [:]
  private(set) var quarantine: [Int32: String] = [:]
  private(set) var queue = PromptQueue()
  var storage = StorageQueue()
  var checks: SpotChecks
  private(set) var meter = RateMeter()
  private(set) var computeKernels: Set<String>
  /// The kernel of the workers that compute prompts of the run while it has no results.
  private var kernelUnderWay: String?
  private let mixesKernels: Bool
  /// The workers whose results are being discarded, by key and name.
  private var barred: [(key: String?, worker: String?)] = []
  /// The processes in the file's table of workers that this coordinator wrote, as incarnations by name.
  private var recordedWorkers: [String: Set<UInt64>] = [:]
  private(set) var computeMilliseconds: Int64
  /// The deltas accepted since this coordinator started, and their compute time.
  private var measured: (count: Int64, milliseconds: Int64) = (0, 0)

  init(_ stored: StoredRun, mixesKernels: Bool = false) {
    self.mixesKernels = mixesKernels
    specification = stored.specification
    epoch = stored.epoch
    identity = stored.identity
    fingerprint = stored.specification.modelFingerprint
    hasCard = stored.ledger.modelCard != nil
    let promptCount = stored.specification.prompts.count
    phases = Array(repeating: .queued, count: promptCount)
    counts = PromptPhase.allCases.map { $0 == .queued ? promptCount : 0 }
    attempts = Array(repeating: 0, count: promptCount)
    computeKernels = stored.computeKernels
    computeMilliseconds = stored.computeMilliseconds
    (authors, voided) = (stored.ledger.authors, stored.ledger.voided)
    checks = Self.checks(stored)
    for (prompt, attempt) in stored.ledger.attempts { attempts[Int(prompt)] = attempt }
    for (prompt, digest) in stored.ledger.digests {
      digests[prompt] = DeltaDigest(digest)
      move(prompt, to: .done)
    }
    // As before the restart, earlier failures of a prompt that is done no longer matter.
    for failure in stored.ledger.failures where digests[failure.prompt] == nil {
      failures[failure.prompt, default: []].append(PromptFailure(failure))
    }
    // Done prompts stay done: files of earlier versions may have both a delta and a quarantine for a prompt.
    for quarantined in stored.ledger.quarantined where digests[quarantined.prompt] == nil {
      quarantine[quarantined.prompt] = quarantined.reason
      move(quarantined.prompt, to: .quarantined)
    }
    switch stored.ledger.state {
    case .unfinished: state = .queued
    case .complete: state = unsettled == 0 ? .complete : .queued
    case .cancelled: state = .cancelled
    }
    // What could not be checked before stays so until the run goes on for another reason.
    if state == .complete { checks.giveUp() }
    refillQueue()
  }

  var name: String { specification.name }
  /// True if the run's prompts may be handed out.
  var isOpen: Bool { (state == .queued || state == .active) && !isClosing }
  /// The number of prompts that are neither done nor quarantined.
  var unsettled: Int { self[count: .queued] + self[count: .leased] + self[count: .committing] }
  /// The bytes of its results that are not on the disk yet.
  var uncommittedBytes: Int {
    pending.values.reduce(0) { $0 + $1.byteCount } + checks.writing.values.reduce(0) { $0 + $1.byteCount }
  }
  /// The mean time of a prompt; nil before the first.
  var meanDuration: Duration? {
    measured.count == 0 ? nil : .milliseconds(measured.milliseconds / measured.count)
  }

  /// The kernel that a worker must have. Only results decide for good: a worker that was granted prompts and delivered
  /// nothing does not. A run that has mixed kernels already goes on with any of them.
  private var kernel: String? {
    computeKernels.isEmpty ? kernelUnderWay : computeKernels.count == 1 ? computeKernels.first : nil
  }

  subscript(count phase: PromptPhase) -> Int { counts[phase.rawValue] }
  subscript(phase prompt: Int32) -> PromptPhase { phases[Int(prompt)] }

  func has(_ prompt: Int32) -> Bool { phases.indices.contains(Int(prompt)) }

  /// True if the worker has the run's model, and its kernel unless the run may mix kernels. A run that does not know its
  /// model takes the first worker whose model has the name that was asked for.
  func accepts(_ hello: WorkerMessage.Hello) -> Bool { refusal(of: hello) == nil }

  /// Why the worker cannot take part in the run; nil if it can.
  func refusal(of hello: WorkerMessage.Hello) -> String? {
    if let fingerprint {
      guard fingerprint == hello.modelFingerprint else {
        return "needs the model \(specification.modelName) (\(fingerprint))"
      }
    } else if !specification.modelName.isEmpty, specification.modelName != hello.modelName {
      return "needs a model named \(specification.modelName)"
    }
    if let kernel, kernel != hello.computeKernel, !mixesKernels {
      return "is computed with the BLAS kernel \(kernel), and another one gives other rounding; set worker.kernel = "
        + "\"\(kernel)\", or start the coordinator with --allow-mixed-kernels"
    }
    return nil
  }

  private mutating func move(_ prompt: Int32, to phase: PromptPhase) {
    counts[phases[Int(prompt)].rawValue] -= 1
    phases[Int(prompt)] = phase
    counts[phase.rawValue] += 1
    if self[count: .leased] == 0 { kernelUnderWay = nil }
  }

  /// Rebuilds the queue from the phases, after a start, a cancellation or a retry.
  private mutating func refillQueue() {
    queue = PromptQueue()
    for prompt in phases.indices.map(Int32.init) where self[phase: prompt] == .queued {
      queue.add(prompt, failures: failures[prompt], anyoneAt: .zero)
    }
  }

  // MARK: Work

  /// Stores the card of the run's model, if this is its model.
  mutating func learn(_ card: [UInt8], of fingerprint: String) {
    guard self.fingerprint == fingerprint, !hasCard else { return }
    hasCard = true
    storage.append(.card(card))
  }

  mutating func dropStalePrompts() { queue.dropStale(phases) }

  mutating func take(_ pick: PromptQueue.Pick) { queue.remove(pick) }

  /// Grants the prompt to a worker and returns the grant's fence.
  mutating func grant(_ prompt: Int32, to worker: WorkerRecord, isBackup: Bool, isCheck: Bool) -> Fence {
    begin(worker.hello)
    attempts[Int(prompt)] += 1
    if isCheck { checks.begin(prompt) } else if !isBackup { move(prompt, to: .leased) }
    return identity.fence(
      run: name, prompt: prompt, attempt: attempts[Int(prompt)], incarnation: worker.hello.incarnation, epoch: epoch,
      for: worker.peer.publicKey)
  }

  /// True if this run's coordinator gave the grant to this worker and can still use its result.
  func vouches(for fence: Fence, of worker: WorkerRecord) -> Bool {
    has(fence.prompt) && fence.attempt > voided[fence.prompt] ?? 0 && fence.incarnation == worker.hello.incarnation
      && identity.vouches(for: fence, of: worker.peer.publicKey)
  }

  /// Starts the run. If it had no model, it gets this worker's model.
  private mutating func begin(_ hello: WorkerMessage.Hello) {
    if fingerprint == nil {
      fingerprint = hello.modelFingerprint
      storage.append(.model(fingerprint: hello.modelFingerprint))
    }
    if kernel == nil { kernelUnderWay = hello.computeKernel }
    if state == .queued { state = .active }
  }

  /// Queues a prompt whose lease ended without blame: first, unless it has failures that call for another order.
  mutating func handBack(_ prompt: Int32, anyoneAt: Duration) {
    guard failures[prompt] == nil else { return requeue(prompt, anyoneAt: anyoneAt) }
    move(prompt, to: .queued)
    queue.addFirst(prompt)
  }

  /// Puts a failed prompt into the queue that fits its failures.
  mutating func requeue(_ prompt: Int32, anyoneAt: Duration) {
    move(prompt, to: .queued)
    queue.add(prompt, failures: failures[prompt] ?? [], anyoneAt: anyoneAt)
  }

  /// Sends the first valid delta of a prompt to disk.
  mutating func accept(_ delta: CheckedDelta, of worker: WorkerRecord, _ id: WorkerID, now: Duration) {
    let hello = worker.hello
    begin(hello)
    let prompt = delta.fence.prompt
    quarantine[prompt] = nil
    move(prompt, to: .committing)
    authors[prompt] = worker.author
    pending[prompt] = PendingCommit(
      digest: delta.digest, byteCount: delta.payload.count, waiters: [(id, delta.fence)])
    computeKernels.insert(hello.computeKernel)
    introduce(hello, now: now)
    storage.append(
      .delta(
        delta, worker: hello.worker, sender: StoredSender(worker.peer), computeKernel: hello.computeKernel))
    computeMilliseconds.addSaturating(delta.computeMilliseconds)
    measured.count += 1
    measured.milliseconds.addSaturating(delta.computeMilliseconds)
  }

  /// Writes down who takes part in the run.
  mutating func introduce(_ hello: WorkerMessage.Hello, now: Duration) {
    if recordedWorkers[hello.worker, default: []].insert(hello.incarnation).inserted {
      storage.append(.worker(StoredWorker(hello, firstSeenAt: now.milliseconds)))
    }
  }

  /// From now on, this is the result of a prompt that is done.
  mutating func replace(_ delta: CheckedDelta, by author: StoredAuthor) {
    (digests[delta.fence.prompt], authors[delta.fence.prompt]) = (delta.digest, author)
    checks.setResult(delta.digest, of: delta.fence.prompt)
  }

  /// Adds a waiter for a prompt whose first delta is being written. A waiting worker may send its delta many times.
  mutating func await(_ fence: Fence, of worker: WorkerID) {
    if pending[fence.prompt]?.waiters.contains(where: { $0 == (worker, fence) }) == false {
      pending[fence.prompt]!.waiters.append((worker, fence))
    }
  }

  // MARK: Failures

  /// Records a failed attempt. A failure by silence is only a suspicion: it is written only together with its
  /// consequences.
  mutating func fail(_ prompt: Int32, _ failure: PromptFailure, now: Duration) {
    failures[prompt, default: []].append(failure)
    if failure.kind != .silent { storage.append(.failure(failure.stored(prompt, at: now.milliseconds))) }
  }

  /// Withdraws the suspicion, because the process that fell silent is back.
  mutating func withdrawSilence(of prompt: Int32, incarnation: UInt64) {
    failures[prompt]?.removeAll { $0.kind == .silent && $0.incarnation == incarnation }
    if failures[prompt]?.isEmpty == true { failures[prompt] = nil }
  }

  /// Stops trying the prompt. Failures that were only suspicions are written together with this decision.
  mutating func quarantine(_ prompt: Int32, now: Duration) {
    let reason = (failures[prompt] ?? []).map(\.line).joined(separator: "\n")
    move(prompt, to: .quarantined)
    quarantine[prompt] = reason
    storage.append(.quarantine(StoredQuarantine(prompt: prompt, reason: reason, at: now.milliseconds)))
  }

  // MARK: The run as a whole

  /// Writes down who asked for what.
  mutating func note(_ order: StoredOrder) { storage.append(.order(order)) }

  /// Ends the run at its present state.
  mutating func cancel() {
    state = .cancelled
    storage.append(.state(.cancelled))
  }

  mutating func reopen() {
    isClosing = false
    state = .queued
    checks.resume()
    refillQueue()
    storage.append(.state(.unfinished))
  }

  mutating func bar(key: String?, worker: String?) { barred.append((key, worker)) }

  mutating func unbar(key: String?, worker: String?) {
    if let place = barred.firstIndex(where: { $0 == (key, worker) }) { barred.remove(at: place) }
  }

  /// True while results of this worker are being discarded.
  func isBarred(_ worker: WorkerRecord) -> Bool {
    guard !barred.isEmpty else { return false }
    let author = worker.author
    return barred.contains { author.matches(key: $0.key, worker: $0.worker) }
  }

  /// Prompts that the matching workers did, checked or failed and whose deltas are not being written.
  func prompts(by isMeant: (StoredAuthor) -> Bool) -> [Int32] {
    let done = authors.filter { digests[$0.key] != nil && isMeant($0.value) }.map(\.key)
    let failed = failures.filter { $0.value.contains { isMeant(StoredAuthor(worker: $0.worker, key: $0.sender?.key)) } }
    // A delta that is being written cannot be taken back, and outdoes the failures of its prompt.
    return Set(done).union(failed.keys).union(checks.prompts(by: isMeant)).filter { pending[$0] == nil }.sorted()
  }

  /// True while a delta of a matching worker is being written.
  func isCommitting(by isMeant: (StoredAuthor) -> Bool) -> Bool {
    pending.keys.contains { authors[$0].map(isMeant) ?? false }
  }

  /// Earlier starts of the coordinator gave grants, and perhaps discarded, without leaving a trace in the file. A discard
  /// makes these grants void too: it passes over their numbers, of which each start has used fewer than this.
  private var numbersOfEarlierStarts: Int32 { Int32(min(epoch, 1_000_000)) * 1000 }

  /// Forgets these prompts. Those that no worker is computing are queued as if they were new.
  mutating func discard(_ prompts: [Int32], now: Duration) {
    for prompt in prompts {
      attempts[Int(prompt)] = max(attempts[Int(prompt)], numbersOfEarlierStarts)
      voided[prompt] = attempts[Int(prompt)]
      (digests[prompt], authors[prompt], failures[prompt], quarantine[prompt]) = (nil, nil, nil, nil)
      checks.forget(prompt)
      if self[phase: prompt] == .done || self[phase: prompt] == .quarantined { move(prompt, to: .queued) }
    }
    if digests.isEmpty, pending.isEmpty { computeKernels = [] }
    let discards = prompts.map { StoredDiscard(prompt: $0, attempt: attempts[Int($0)], at: now.milliseconds) }
    storage.append(.discard(discards))
    reopen()
  }

  /// Queues the quarantined prompts again, without their failures.
  mutating func retryQuarantined() {
    for prompt in quarantine.keys.sorted() {
      failures[prompt] = nil
      move(prompt, to: .queued)
    }
    quarantine = [:]
    storage.append(.release)
    reopen()
  }

  /// If no prompt and no check is left, writes that the run is complete.
  mutating func closeIfSettled() {
    guard isOpen, unsettled == 0, checks.isSettled else { return }
    isClosing = true
    storage.append(.state(.complete))
  }

  // MARK: The disk

  mutating func nextBatch(limit: Int, now: Duration) -> [RunWrite]? { storage.nextBatch(limit: limit, now: now) }

  mutating func written() -> [RunWrite] { storage.succeeded() }

  mutating func writeFailed(_ error: String, firstPause: Duration, longestPause: Duration, now: Duration) {
    storage.failed(error, firstPause: firstPause, longestPause: longestPause, now: now)
  }

  /// Notes that the prompt's delta is durable. Returns the workers that wait for that.
  mutating func commit(_ prompt: Int32, now: Duration) -> PendingCommit {
    guard let commit = pending.removeValue(forKey: prompt) else {
      preconditionFailure("prompt \(prompt) was committed without being pending")
    }
    digests[prompt] = commit.digest
    if let author = authors[prompt] { checks.store(commit.digest, of: prompt, by: author) }
    // Earlier failures of the prompt no longer matter.
    failures[prompt] = nil
    quarantine[prompt] = nil
    move(prompt, to: .done)
    meter.record(at: now)
    return commit
  }

  /// Notes that the end of the run is durable. Returns false if prompts were queued meanwhile.
  mutating func complete() -> Bool {
    isClosing = false
    if unsettled == 0, checks.isSettled { state = .complete }
    return state == .complete
  }
}
