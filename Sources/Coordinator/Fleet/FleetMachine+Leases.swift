// autointerp
// Which prompt goes to which worker, and how leases end.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol
internal import DequeModule

extension FleetMachine {
  /// `ready`: the worker pulls.
  mutating func ready(_ worker: WorkerNumber, credit: Int, now: Duration) {
    workers[worker].credit = max(0, credit)
    offer(to: worker, now: now)
  }

  /// Gives the worker what it has room for; if that is not all it wants, it waits.
  mutating func offer(to worker: WorkerNumber, now: Duration) {
    while mayWork(worker, now: now), let choice = nextPrompt(for: worker, now: now) {
      grant(choice, to: worker, now: now)
    }
    if workers[worker].phase == .present, workers[worker].freeSlots > 0, !workers[worker].isWaiting {
      workers[worker].isWaiting = true
      waiting.append(worker)
    }
  }

  /// Goes through those who wait, in order. O(waiting).
  mutating func offerToWaiting(now: Duration) {
    guard runs.contains(where: { isGranting($0) && $0[count: .queued] > 0 }) else { return }
    for _ in 0..<waiting.count {
      guard let worker = waiting.popFirst() else { return }
      workers[worker].isWaiting = false
      offer(to: worker, now: now)
    }
  }

  /// Hands out leases: there is room for its deltas, and the disk takes them.
  func isGranting(_ run: RunProgress) -> Bool {
    run.isOpen && !run.storage.isFailing && run.pending.count < settings.maximumUncommittedDeltas
      && uncommittedBytes < settings.maximumUncommittedBytes
  }

  private func mayWork(_ worker: WorkerNumber, now: Duration) -> Bool {
    let record = workers[worker]
    return record.phase == .present && drainReason == nil && record.freeSlots > 0 && !record.isIsolated
      && !isSetAside(worker, now: now)
  }

  /// Failed many prompts that nobody else failed, while there are workers that did not. When all of them did, all go on:
  /// a fleet never sets itself aside as a whole.
  func isSetAside(_ worker: WorkerNumber, now: Duration) -> Bool {
    let record = workers[worker]
    guard record.blameCount >= settings.promptsToSetAside, now - record.lastBlamed < settings.parole else {
      return false
    }
    return workers.records.values.contains {
      $0.phase == .present && $0.hello.modelFingerprint == record.hello.modelFingerprint
        && $0.blameCount < settings.promptsToSetAside
    }
  }

  /// A prompt to hand out.
  private struct Choice {
    var run: Int
    var prompt: Int32
    var isAlone = false
    var isBackup = false
  }

  /// Runs in order of submission; in a run first the prompts that want another worker's opinion, then fresh ones, then
  /// suspects, which only a worker without other work takes. A worker that could soon be such a one is kept from later
  /// runs.
  private mutating func nextPrompt(for worker: WorkerNumber, now: Duration) -> Choice? {
    let fingerprint = workers[worker].hello.modelFingerprint
    for run in runs.indices where isGranting(runs[run]) && runs[run].accepts(fingerprint) {
      guard runs[run][count: .queued] > 0 else { continue }
      if let prompt = takeContested(run, for: worker, now: now) { return Choice(run: run, prompt: prompt) }
      while let prompt = runs[run].fresh.popFirst() {
        if runs[run][phase: prompt] == .queued { return Choice(run: run, prompt: prompt) }
      }
      while let first = runs[run].suspects.first, runs[run][phase: first.prompt] != .queued {
        runs[run].suspects.removeFirst()
      }
      if let place = place(in: runs[run].suspects, run: run, for: worker, forgiven: 1, now: now) {
        guard workers[worker].leases.isEmpty else { return nil }
        return Choice(run: run, prompt: runs[run].suspects.remove(at: place).prompt, isAlone: true)
      }
    }
    return nil
  }

  /// The first of the contested prompts that this worker may try.
  private mutating func takeContested(_ run: Int, for worker: WorkerNumber, now: Duration) -> Int32? {
    while let first = runs[run].contested.first, runs[run][phase: first.prompt] != .queued {
      runs[run].contested.removeFirst()
    }
    return place(in: runs[run].contested, run: run, for: worker, forgiven: 0, now: now)
      .map { runs[run].contested.remove(at: $0).prompt }
  }

  /// The place of the first prompt (of 64 at most) that the worker failed no more than `forgiven` times, or that nobody
  /// else came for in time, or could.
  private func place(
    in queue: Deque<(prompt: Int32, anyoneAt: Duration)>, run: Int, for worker: WorkerNumber, forgiven: Int,
    now: Duration
  ) -> Int? {
    let name = workers[worker].hello.worker
    for (place, entry) in queue.prefix(64).enumerated() where runs[run][phase: entry.prompt] == .queued {
      let failures = runs[run].failures[entry.prompt]?.count { $0.worker == name } ?? 0
      if failures <= forgiven || now >= entry.anyoneAt || !hasPeers(worker, run: run) { return place }
    }
    return nil
  }

  /// Whether another worker could do prompts of this run. O(workers), for contested prompts only.
  private func hasPeers(_ worker: WorkerNumber, run: Int) -> Bool {
    workers.records.contains {
      $0.key != worker && $0.value.phase == .present && runs[run].accepts($0.value.hello.modelFingerprint)
    }
  }

  /// A worker is at work on a prompt without a lease: after a restart of the coordinator, or when it had been given up.
  /// If nobody else has it, it goes on with a new lease, and nothing is computed twice.
  mutating func adopt(_ prompt: Int32, run: Int, worker: WorkerNumber, now: Duration) {
    guard runs[run][phase: prompt] == .queued, runs[run].failures[prompt] == nil, isGranting(runs[run]),
      workers[worker].phase == .present, drainReason == nil, !workers[worker].isIsolated,
      workers[worker].leases.count < workers[worker].hello.slots,
      runs[run].accepts(workers[worker].hello.modelFingerprint)
    else { return }
    // The worker counts it already, so its credit stays what it is.
    workers[worker].credit += 1
    grant(Choice(run: run, prompt: prompt), to: worker, now: now)
  }

  private mutating func grant(_ choice: Choice, to worker: WorkerNumber, now: Duration) {
    let hello = workers[worker].hello
    if runs[choice.run].fingerprint == nil {
      runs[choice.run].fingerprint = hello.modelFingerprint
      runs[choice.run].storage.append(.model(fingerprint: hello.modelFingerprint))
    }
    if runs[choice.run].state == .queued { runs[choice.run].state = .active }
    runs[choice.run].attempts[Int(choice.prompt)] += 1
    let fence = Fence(
      run: runs[choice.run].specification.name, prompt: choice.prompt,
      attempt: runs[choice.run].attempts[Int(choice.prompt)], incarnation: hello.incarnation,
      epoch: runs[choice.run].epoch)
    let number = leases.insert(
      LiveLease(
        fence: fence, run: choice.run, worker: worker, isBackup: choice.isBackup, grantedAt: now, sentAt: now,
        deadline: now + settings.lease, progressAt: now))
    workers[worker].leases.append(number)
    workers[worker].credit -= 1
    workers[worker].isIsolated = choice.isAlone
    if !choice.isBackup { runs[choice.run].move(choice.prompt, to: .leased) }
    counters.leasesGranted += 1
    send(.lease(message(for: leases[number])), to: worker)
  }

  func message(for lease: LiveLease) -> CoordinatorMessage.Lease {
    let specification = runs[lease.run].specification
    let prompt = specification.prompts[Int(lease.fence.prompt)]
    return CoordinatorMessage.Lease(
      fence: lease.fence, origin: prompt.origin, text: prompt.text, answerPrefix: prompt.answerPrefix,
      template: specification.template, settings: specification.settings,
      leaseMilliseconds: settings.lease.milliseconds)
  }

  /// Ends a lease, whatever becomes of its prompt.
  @discardableResult
  mutating func release(_ number: LeaseNumber) -> LiveLease {
    let lease = leases.remove(number)
    workers[lease.worker].leases.removeAll { $0 == number }
    workers[lease.worker].isIsolated = false
    hasNews = true
    return lease
  }

  /// Ends a lease without blame; its prompt is next in the queue unless someone else has it.
  mutating func handBack(_ number: LeaseNumber, now: Duration) {
    let lease = release(number)
    let (run, prompt) = (lease.run, lease.fence.prompt)
    guard runs[run][phase: prompt] == .leased, leases.copies(of: lease.key).isEmpty else { return }
    runs[run].move(prompt, to: .queued)
    if runs[run].failures[prompt] == nil {
      runs[run].fresh.prepend(prompt)
    } else {
      requeueFailed(run, prompt, now: now)
    }
  }

  /// Gives one copy of each straggler to workers that wait with nothing to do. What is queued is not for them: it was
  /// offered to them before (`offerToWaiting`), and is of another model, or waits for somebody else.
  mutating func copyStragglers(now: Duration) {
    guard drainReason == nil, !waiting.isEmpty else { return }
    let stragglers = leases.sortedNumbers.filter { isStraggler(leases[$0], now: now) }
    guard !stragglers.isEmpty else { return }
    var idle = waiting.filter { mayWork($0, now: now) && workers[$0].leases.isEmpty }
    for straggler in stragglers {
      let lease = leases[straggler]
      let place = idle.firstIndex {
        $0 != lease.worker && runs[lease.run].accepts(workers[$0].hello.modelFingerprint)
      }
      guard let place else { continue }
      grant(Choice(run: lease.run, prompt: lease.fence.prompt, isBackup: true), to: idle.remove(at: place), now: now)
    }
  }

  private func isStraggler(_ lease: LiveLease, now: Duration) -> Bool {
    let run = runs[lease.run]
    guard isGranting(run), run[phase: lease.fence.prompt] == .leased, leases.copies(of: lease.key).count == 1,
      // The prompt may be what kills workers: it gets one at a time.
      run.failures[lease.fence.prompt] == nil
    else { return false }
    let usual = run.meanDuration.map { $0 * settings.backupFactor } ?? settings.lease / 2
    return now - lease.grantedAt >= max(usual, settings.backupAfter)
  }
}
