// autointerp
// `FleetMachine` handles deltas and failures: storing, comparing, retrying, blaming and quarantining.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
package import ClusterProtocol
package import ClusterTransport
internal import Platform

extension FleetMachine {
  /// Takes a decoded and valid delta. It returns in a write, unless it is not needed.
  package mutating func accept(_ delta: CheckedDelta, from peer: PeerID, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      guard let worker = machine.hear(from: peer, now: now) else { return }
      machine.accept(delta, from: worker, now: now)
    }
  }

  /// Handles a delta whose fence was never given to the peer. It is acknowledged so that the worker stops sending it:
  /// an honest worker may hold one from a run that was deleted and started again.
  package mutating func refuse(_ fence: Fence, from peer: PeerID, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      // It costs as much if its sender never said hello.
      machine.strike(peer, for: fence)
      guard let worker = machine.hear(from: peer, now: now) else { return }
      machine.acknowledge(fence, to: worker)
    }
  }

  private mutating func refuse(_ fence: Fence, of worker: WorkerID) {
    strike(workers[worker].peer, for: fence)
    acknowledge(fence, to: worker)
  }

  private mutating func strike(_ peer: PeerID, for fence: Fence) {
    counters.framesRefused += 1
    act(.strike(peer, reason: "a delta of \(fence.run.harmless) without a lease of it"))
  }

  /// Handles an unusable delta: it counts as a failure of its worker, and is acknowledged so that the worker does not
  /// send it again.
  package mutating func reject(_ fence: Fence, error: String, from peer: PeerID, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      machine.counters.framesRefused += 1
      machine.act(.strike(peer, reason: "an invalid delta: \(error)"))
      guard let worker = machine.hear(from: peer, now: now) else { return }
      machine.failed(fence, .invalidDelta, error, worker: worker, now: now)
    }
  }

  private mutating func accept(_ delta: CheckedDelta, from worker: WorkerID, now: Duration) {
    let fence = delta.fence
    guard let run = runs[fence.run], runs[run].vouches(for: fence, of: workers[worker]) else {
      return refuse(fence, of: worker)
    }
    let phase = runs[run][phase: fence.prompt]
    let isWanted = phase == .queued || phase == .leased || (phase == .quarantined && runs[run].isOpen)
    let isCheck = mayCheck(fence.prompt, run: run, worker: worker)
    if isWanted || isCheck, runs[run].isOpen {
      // The worker keeps a delta that is not acknowledged, and sends it again.
      let hasRoom =
        runs[run].pending.count < 2 * settings.maximumUncommittedDeltas
        && uncommittedBytes < 2 * settings.maximumUncommittedBytes
      guard hasRoom, !runs[run].isBarred(workers[worker]) else { return }
      guard isChecked(delta, run: run, worker: worker) else { return askForModel(worker) }
    }
    if let lease = leases.id(of: fence, run: run), leases[lease].worker == worker {
      leaseToDelta.record(now - leases[lease].grantedAt)
      release(lease)
    }
    defer { offer(to: worker, now: now) }
    if isCheck { return check(delta, from: worker, run: run, now: now) }
    // It is acknowledged once it is on the disk.
    if runs[run].checks.isWriting(fence) { return }
    if let digest = runs[run].digests[fence.prompt] {
      compare(delta, with: digest, of: worker, now: now)
      return acknowledge(fence, to: worker)
    }
    if let first = runs[run].pending[fence.prompt] {
      compare(delta, with: first.digest, of: worker, now: now)
      return runs[run].await(fence, of: worker)
    }
    guard isWanted, runs[run].isOpen, runs[run].accepts(workers[worker].hello) else {
      return acknowledge(fence, to: worker)
    }
    runs[run].accept(delta, of: workers[worker], worker, now: now)
    uncommittedBytes += delta.payload.count
    workers[worker].succeed(now: now)
    workers.judge(workers[worker].voice) { $0.succeed() }
  }

  private mutating func compare(_ delta: CheckedDelta, with digest: DeltaDigest, of worker: WorkerID, now: Duration) {
    guard delta.digest != digest else { return counters.deltasDuplicate += 1 }
    counters.deltasConflicting += 1
    record(
      "prompt \(delta.fence.prompt) of \(delta.fence.run): a second delta differs from the stored one "
        + "(workers with different BLAS kernels?)",
      about: NoteSubject(
        run: delta.fence.run, prompt: delta.fence.prompt, worker: workers[worker].name,
        key: workers[worker].peer.publicKey?.text), now: now)
  }

  mutating func acknowledge(_ fence: Fence, to worker: WorkerID) {
    guard workers.records[worker]?.isPresent == true else { return }
    send(.acknowledged(fence), to: worker)
  }

  /// Handles `failed`. A failure counts if its lease is live; otherwise it was counted when the lease ended.
  mutating func failed(_ report: WorkerMessage.FailureReport, worker: WorkerID, now: Duration) {
    counters.failuresReported += 1
    failed(report.fence, report.kind == .prompt ? .prompt : .worker, report.error, worker: worker, now: now)
  }

  private mutating func failed(
    _ fence: Fence, _ kind: FailureKind, _ error: String, worker: WorkerID, now: Duration
  ) {
    acknowledge(fence, to: worker)
    defer { offer(to: worker, now: now) }
    guard let run = runs[fence.run], let lease = leases.id(of: fence, run: run),
      leases[lease].worker == worker
    else { return }
    fail(lease, kind, error, now: now)
  }

  /// Ends a lease with a failure: blames worker and prompt, and decides what happens to the prompt.
  mutating func fail(_ id: LeaseID, _ kind: FailureKind, _ error: String, now: Duration) {
    let lease = release(id)
    if lease.isCheck { return failedCheck(lease, error, now: now) }
    let (run, prompt) = (lease.run, lease.fence.prompt)
    let phase = runs[run][phase: prompt]
    guard phase == .leased || phase == .queued else { return }
    let failure = PromptFailure(
      worker: workers[lease.worker].name, sender: StoredSender(workers[lease.worker].peer),
      incarnation: lease.fence.incarnation, attempt: lease.fence.attempt, kind: kind, error: String(error.prefix(2000)))
    runs[run].fail(prompt, failure, now: now)
    workers[lease.worker].fail()
    blame(lease, kind, now: now)
    record(
      "prompt \(prompt) of \(lease.fence.run) failed on \(failure.line)",
      about: NoteSubject(
        run: lease.fence.run, prompt: prompt, worker: failure.worker, key: failure.sender?.key), now: now)
    guard leases.copies(of: lease.key).isEmpty, phase == .leased else { return }
    let failures = runs[run].failures[prompt]!
    switch retryPolicy.verdict(failures, others: otherOpinions(than: failures, run: run, now: now)) {
    case .again:
      runs[run].requeue(prompt, anyoneAt: now + settings.secondOpinionPatience)
      hasNews = true
    case .quarantine:
      quarantine(lease.key, failures, now: now)
    }
  }

  var retryPolicy: RetryPolicy {
    RetryPolicy(
      reportsToQuarantine: settings.reportsToQuarantine, failuresToQuarantine: settings.failuresToQuarantine)
  }

  /// Which working workers that have not failed the prompt may try it. O(workers).
  private func otherOpinions(than failures: [PromptFailure], run: RunIndex, now: Duration) -> OtherOpinions {
    let (voices, holders) = (Set(failures.map(\.voice)), Set(failures.map(\.voice.holder)))
    var others = OtherOpinions.none
    for (worker, record) in workers.records where !voices.contains(record.voice) {
      guard record.phase == .present, record.credit > 0 || !record.leases.isEmpty, runs[run].accepts(record.hello),
        !isSetAside(worker, now: now)
      else { continue }
      if !holders.contains(record.voice.holder) { return .ofOtherKeys }
      others = .ofTheSameKeys
    }
    return others
  }

  /// While nobody else has failed the prompt, its one voice is to blame. Voices of one key do not confirm each other if
  /// there are other keys.
  private mutating func blame(_ lease: LiveLease, _ kind: FailureKind, now: Duration) {
    let voices = Set(runs[lease.run].failures[lease.fence.prompt]!.map(\.voice))
    let isAlone = voices.count == 1 || isOneOfSeveralKeys(voices, run: lease.run)
    guard isAlone else { return exonerate(voices, of: lease.key) }
    // A death counts once, however many slots the worker had; see `blameForDeath`.
    guard kind != .died, kind != .silent else { return }
    workers.judge(workers[lease.worker].voice) { $0.blame(lease.key, now: now) }
  }

  /// Counts a death once against the worker, for one of its prompts that nobody else failed.
  mutating func blameForDeath(_ worker: WorkerID, _ executed: [PromptKey], now: Duration) {
    let voice = workers[worker].voice
    let key = executed.first { key in
      let failures = runs[key.run].failures[key.prompt] ?? []
      return !failures.isEmpty && failures.allSatisfy { $0.voice == voice }
    }
    if let key { workers.judge(voice) { $0.blameForDeath(key, now: now) } }
  }

  private mutating func exonerate(_ voices: Set<Voice>, of key: PromptKey) {
    for voice in voices { workers.judge(voice) { $0.exonerate(of: key) } }
  }

  private mutating func quarantine(_ key: PromptKey, _ failures: [PromptFailure], now: Duration) {
    runs[key.run].quarantine(key.prompt, now: now)
    // If only one worker failed the prompt, the worker may be what is broken.
    let voices = Set(failures.map(\.voice))
    if voices.count > 1, !isOneOfSeveralKeys(voices, run: key.run) { exonerate(voices, of: key) }
    record(
      "prompt \(key.prompt) of \(runs[key.run].name) is quarantined after \(failures.count) failures",
      about: NoteSubject(run: runs[key.run].name, prompt: key.prompt), now: now)
  }
}
