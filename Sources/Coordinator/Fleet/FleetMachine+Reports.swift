// autointerp
// What becomes of deltas and failures.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
package import ClusterProtocol
package import ClusterTransport

extension FleetMachine {
  /// Takes a delta that was decoded and found valid. Either its ticket is discarded at once, or it comes back in a write.
  package mutating func accept(_ receipt: DeltaReceipt, from peer: PeerID, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      guard let worker = machine.hear(from: peer, now: now) else { return machine.act(.discard(receipt.ticket)) }
      machine.accept(receipt, from: worker, now: now)
    }
  }

  /// Takes a delta that cannot be used: a failure of the worker that sent it, and acknowledged, so that it does not send
  /// it again.
  package mutating func reject(_ fence: Fence, error: String, from peer: PeerID, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      machine.counters.framesRefused += 1
      guard let worker = machine.hear(from: peer, now: now) else { return }
      machine.failed(fence, .invalidDelta, error, worker: worker, now: now)
    }
  }

  private mutating func accept(_ receipt: DeltaReceipt, from worker: WorkerNumber, now: Duration) {
    let fence = receipt.fence
    guard let run = runNumbers[fence.run], runs[run].has(fence.prompt),
      fence.incarnation == workers[worker].hello.incarnation
    else {
      counters.framesRefused += 1
      act(.discard(receipt.ticket))
      return acknowledge(fence, to: worker)
    }
    let phase = runs[run][phase: fence.prompt]
    let isWanted = phase == .queued || phase == .leased || (phase == .quarantined && runs[run].isOpen)
    if isWanted, runs[run].isOpen,
      runs[run].pending.count >= 2 * settings.maximumUncommittedDeltas
        || uncommittedBytes >= 2 * settings.maximumUncommittedBytes
    {
      // No room. The worker keeps it and sends it again.
      return act(.discard(receipt.ticket))
    }
    if let lease = leases.number(of: fence, run: run), leases[lease].worker == worker { release(lease) }
    defer { offer(to: worker, now: now) }
    if let digest = runs[run].digests[fence.prompt] {
      runs[run].settle(fence.prompt)
      compare(receipt, with: digest, now: now)
      return acknowledge(fence, to: worker)
    }
    if phase == .committing {
      compare(receipt, with: runs[run].pending[fence.prompt]!.digest, now: now)
      runs[run].pending[fence.prompt]!.add(fence, of: worker)
      return
    }
    guard isWanted, runs[run].isOpen, runs[run].accepts(workers[worker].hello.modelFingerprint) else {
      act(.discard(receipt.ticket))
      return acknowledge(fence, to: worker)
    }
    take(receipt, run: run, from: worker, now: now)
  }

  /// The first valid delta of its prompt goes to the disk.
  private mutating func take(_ receipt: DeltaReceipt, run: Int, from worker: WorkerNumber, now: Duration) {
    let hello = workers[worker].hello
    let prompt = receipt.fence.prompt
    if runs[run].fingerprint == nil {
      runs[run].fingerprint = hello.modelFingerprint
      runs[run].storage.append(.model(fingerprint: hello.modelFingerprint))
    }
    if runs[run].state == .queued { runs[run].state = .active }
    runs[run].quarantine[prompt] = nil
    runs[run].move(prompt, to: .committing)
    runs[run].pending[prompt] = PendingCommit(
      digest: receipt.digest, byteCount: receipt.byteCount, waiters: [(worker, receipt.fence)])
    uncommittedBytes += receipt.byteCount
    runs[run].computeKernels.insert(hello.computeKernel)
    if runs[run].recordedWorkers.insert(WorkerProcess(name: hello.worker, incarnation: hello.incarnation)).inserted {
      runs[run].storage.append(.worker(provenance(of: hello, now: now)))
    }
    runs[run].storage.append(.delta(receipt, worker: hello.worker, computeKernel: hello.computeKernel))
    runs[run].computeMilliseconds.addSaturating(receipt.computeMilliseconds)
    runs[run].measured.count += 1
    runs[run].measured.milliseconds.addSaturating(receipt.computeMilliseconds)
    workers[worker].done += 1
    workers[worker].rate.record(at: now)
    workers[worker].blamed = []
    workers[worker].deaths = []
  }

  private func provenance(of hello: WorkerMessage.Hello, now: Duration) -> StoredWorker {
    StoredWorker(
      name: hello.worker, incarnation: hello.incarnation, host: hello.host, slots: hello.slots,
      modelName: hello.modelName, modelFingerprint: hello.modelFingerprint, softwareVersion: hello.softwareVersion,
      computeKernel: hello.computeKernel, firstSeenAt: now.milliseconds)
  }

  private mutating func compare(_ receipt: DeltaReceipt, with digest: DeltaDigest, now: Duration) {
    if receipt.digest == digest {
      counters.deltasDuplicate += 1
    } else {
      counters.deltasConflicting += 1
      record(
        "prompt \(receipt.fence.prompt) of \(receipt.fence.run): a second delta differs from the one that is kept "
          + "(workers with different BLAS kernels?)", now: now)
    }
    act(.discard(receipt.ticket))
  }

  mutating func acknowledge(_ fence: Fence, to worker: WorkerNumber) {
    guard workers.records[worker]?.isPresent == true else { return }
    send(.acknowledged(fence), to: worker)
  }

  /// `failed`: a failure with a live lease counts; one whose lease is over was counted when that ended.
  mutating func failed(_ report: WorkerMessage.FailureReport, worker: WorkerNumber, now: Duration) {
    counters.failuresReported += 1
    failed(report.fence, report.kind == .prompt ? .prompt : .worker, report.error, worker: worker, now: now)
  }

  private mutating func failed(
    _ fence: Fence, _ kind: FailureKind, _ error: String, worker: WorkerNumber, now: Duration
  ) {
    acknowledge(fence, to: worker)
    defer { offer(to: worker, now: now) }
    guard let run = runNumbers[fence.run], let lease = leases.number(of: fence, run: run),
      leases[lease].worker == worker
    else { return }
    fail(lease, kind, error, now: now)
  }

  /// Ends a lease with a failure: blames worker and prompt, and decides what becomes of the prompt.
  mutating func fail(_ number: LeaseNumber, _ kind: FailureKind, _ error: String, now: Duration) {
    let lease = release(number)
    let (run, prompt) = (lease.run, lease.fence.prompt)
    let name = workers[lease.worker].hello.worker
    let phase = runs[run][phase: prompt]
    guard phase == .leased || phase == .queued else { return }
    let failure = PromptFailure(
      worker: name, incarnation: lease.fence.incarnation, attempt: lease.fence.attempt, kind: kind,
      error: String(error.prefix(2000)))
    runs[run].failures[prompt, default: []].append(failure)
    if kind != .silent {
      runs[run].storage.append(
        .failure(
          StoredFailure(
            prompt: prompt, attempt: failure.attempt, worker: name, incarnation: failure.incarnation,
            kind: kind.rawValue, error: failure.error, at: now.milliseconds)))
    }
    workers[lease.worker].failed += 1
    blame(lease, kind, now: now)
    record("prompt \(prompt) of \(lease.fence.run) failed on \(failure.line)", now: now)
    guard leases.copies(of: lease.key).isEmpty, phase == .leased else { return }
    let failures = runs[run].failures[prompt]!
    switch retryPolicy.verdict(failures, othersCanBeAsked: othersCanBeAsked(than: failures, run: run, now: now)) {
    case .again:
      runs[run].move(prompt, to: .queued)
      requeueFailed(run, prompt, now: now)
    case .quarantine:
      quarantine(run, prompt, now: now)
    }
  }

  var retryPolicy: RetryPolicy {
    RetryPolicy(
      reportsToQuarantine: settings.reportsToQuarantine, failuresToQuarantine: settings.failuresToQuarantine)
  }

  /// Puts a queued prompt with failures into the queue that they call for.
  mutating func requeueFailed(_ run: Int, _ prompt: Int32, now: Duration) {
    if RetryPolicy.isSuspect(runs[run].failures[prompt] ?? []) {
      runs[run].suspects.append((prompt, now + settings.secondOpinionPatience))
    } else {
      runs[run].contested.append((prompt, now + settings.secondOpinionPatience))
    }
    hasNews = true
  }

  /// Whether there is a worker at work, none of those who failed the prompt, that may try it. O(workers).
  private func othersCanBeAsked(than failures: [PromptFailure], run: Int, now: Duration) -> Bool {
    workers.records.contains { number, record in
      record.phase == .present && (record.credit > 0 || !record.leases.isEmpty)
        && runs[run].accepts(record.hello.modelFingerprint)
        && !failures.contains { $0.worker == record.hello.worker } && !isSetAside(number, now: now)
    }
  }

  /// A worker is to blame for a prompt as long as no other worker fails it as well.
  private mutating func blame(_ lease: LiveLease, _ kind: FailureKind, now: Duration) {
    let names = Set(runs[lease.run].failures[lease.fence.prompt]!.map(\.worker))
    guard names.count == 1 else { return exonerate(names, of: lease.key) }
    // A death is one failing however many slots there were; see `blameForDeath`.
    guard kind != .died, kind != .silent else { return }
    workers[lease.worker].blamed.insert(lease.key)
    workers[lease.worker].lastBlamed = now
  }

  /// A death counts once against the worker, by one of the prompts that it was at and nobody else failed.
  mutating func blameForDeath(_ worker: WorkerNumber, _ executed: [PromptKey], now: Duration) {
    let name = workers[worker].hello.worker
    let key = executed.first { key in
      let failures = runs[key.run].failures[key.prompt] ?? []
      return !failures.isEmpty && failures.allSatisfy { $0.worker == name }
    }
    guard let key else { return }
    workers[worker].deaths.insert(key)
    workers[worker].lastBlamed = now
  }

  private mutating func exonerate(_ names: Set<String>, of key: PromptKey) {
    for name in names {
      guard let worker = workers.number(named: name) else { continue }
      workers[worker].blamed.remove(key)
      workers[worker].deaths.remove(key)
    }
  }

  private mutating func quarantine(_ run: Int, _ prompt: Int32, now: Duration) {
    let failures = runs[run].failures[prompt] ?? []
    let reason = failures.map(\.line).joined(separator: "\n")
    runs[run].move(prompt, to: .quarantined)
    runs[run].quarantine[prompt] = reason
    // Failures that were only suspicions until now are on record with the decision that they led to.
    runs[run].storage.append(
      .quarantine(StoredQuarantine(prompt: prompt, reason: reason, at: now.milliseconds)))
    // A lone accuser may itself be what is broken.
    let names = Set(failures.map(\.worker))
    if names.count > 1 { exonerate(names, of: PromptKey(run: run, prompt: prompt)) }
    record(
      "prompt \(prompt) of \(runs[run].specification.name) is quarantined after \(failures.count) failures", now: now)
  }
}
