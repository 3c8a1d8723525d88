// autointerp
// `FleetMachine` decides which prompt goes to which worker: it grants, takes back and copies leases.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import DequeModule

extension FleetMachine {
  /// Gives the worker as many prompts as it has room for. If it wants more, it is put on the waiting list.
  mutating func offer(to worker: WorkerID, now: Duration) {
    while mayWork(worker, now: now), let choice = nextPrompt(for: worker, now: now) {
      grant(choice, to: worker, now: now)
    }
    if workers[worker].phase == .present, workers[worker].freeSlots > 0, !workers[worker].isWaiting {
      workers[worker].isWaiting = true
      waiting.append(worker)
    }
  }

  /// Offers work to all waiting workers, in order. O(waiting).
  mutating func offerToWaiting(now: Duration) {
    guard runs.all.contains(where: { isGranting($0) && ($0[count: .queued] > 0 || $0.checks.waitingCount > 0) }) else {
      return
    }
    for _ in 0..<waiting.count {
      guard let worker = waiting.popFirst() else { return }
      workers[worker].isWaiting = false
      offer(to: worker, now: now)
    }
  }

  /// True if the run grants leases: there is room for its deltas and its file can be written.
  func isGranting(_ run: RunProgress) -> Bool {
    run.isOpen && holdReason == nil && !run.storage.isFailing && run.pending.count < settings.maximumUncommittedDeltas
      && uncommittedBytes < settings.maximumUncommittedBytes
  }

  private func mayWork(_ worker: WorkerID, now: Duration) -> Bool {
    let record = workers[worker]
    return record.phase == .present && drainReason == nil && record.freeSlots > 0 && !record.isIsolated
      && !isUnknown(record.hello.modelFingerprint)
      && workers.held(by: record.voice) < settings.maximumPromptsPerVoice && !isSetAside(worker, now: now)
  }

  /// True if the worker failed many prompts that nobody else failed, while other workers did not. If all workers did,
  /// none is set aside: a fleet never stops itself.
  func isSetAside(_ worker: WorkerID, now: Duration) -> Bool {
    let record = workers[worker]
    let conduct = workers.conduct(of: record.voice)
    guard conduct.blameCount >= settings.promptsToSetAside, now - conduct.lastBlamed < settings.parole else {
      return false
    }
    return workers.records.values.contains {
      $0.phase == .present && $0.hello.modelFingerprint == record.hello.modelFingerprint
        && workers.conduct(of: $0.voice).blameCount < settings.promptsToSetAside
    }
  }

  /// A prompt to hand out.
  private struct Choice {
    var run: RunIndex
    var prompt: Int32
    var isAlone = false
    var isBackup = false
    var isCheck = false
  }

  /// Chooses the next prompt. Runs come in the order of submission. Within a run, prompts that need another worker's
  /// opinion come first, then fresh ones, then suspects, which only a worker without other work may take. A worker that
  /// could soon take a suspect gets nothing from later runs. Spot checks of a run come after its prompts.
  private mutating func nextPrompt(for worker: WorkerID, now: Duration) -> Choice? {
    let hello = workers[worker].hello
    for run in runs.indices where isGranting(runs[run]) && runs[run].accepts(hello) {
      runs[run].dropStalePrompts()
      guard runs[run][count: .queued] > 0, let pick = pick(for: worker, run: run, now: now) else {
        guard let prompt = nextCheck(for: worker, run: run) else { continue }
        return Choice(run: run, prompt: prompt, isCheck: true)
      }
      switch pick {
      case .suspect where !workers[worker].leases.isEmpty: return nil
      case .suspect(_, let prompt), .contested(_, let prompt), .fresh(let prompt):
        runs[run].take(pick)
        if case .suspect = pick { return Choice(run: run, prompt: prompt, isAlone: true) }
        return Choice(run: run, prompt: prompt)
      }
    }
    return nil
  }

  /// The first prompt that this worker has not failed too often, or that no other worker took in time or can compute.
  private func pick(for worker: WorkerID, run: RunIndex, now: Duration) -> PromptQueue.Pick? {
    let voice = workers[worker].voice
    return runs[run].queue.pick(runs[run].phases) { entry, forgiven in
      guard let failures = runs[run].failures[entry.prompt], now < entry.anyoneAt,
        failures.count(where: { $0.voice.holder == voice.holder }) > forgiven
      else { return true }
      // If there are other keys, another machine with a key that failed the prompt gives no other opinion.
      let isByKey = isOneOfSeveralKeys([voice], run: run)
      let own = failures.count { isByKey ? $0.voice.holder == voice.holder : $0.voice == voice }
      return own <= forgiven || (!isByKey && !hasPeers(voice, run: run))
    }
  }

  /// True if another voice could compute prompts of this run. O(workers), only needed for contested prompts.
  private func hasPeers(_ voice: Voice, run: RunIndex) -> Bool {
    workers.records.values.contains {
      $0.phase == .present && runs[run].accepts($0.hello) && $0.voice != voice
    }
  }

  /// True if all of these voices have the same holder and somebody else could compute prompts of this run too.
  /// O(workers).
  func isOneOfSeveralKeys(_ voices: Set<Voice>, run: RunIndex) -> Bool {
    let holders = Set(voices.map(\.holder))
    guard holders.count == 1 else { return false }
    return workers.records.values.contains {
      $0.phase == .present && runs[run].accepts($0.hello) && !holders.contains($0.voice.holder)
    }
  }

  /// Handles a worker that computes a prompt without a lease, after a restart of the coordinator or after it was
  /// declared dead. If nobody else has the prompt, the worker gets a new lease and nothing is computed twice.
  mutating func adopt(_ fence: Fence, run: RunIndex, worker: WorkerID, now: Duration) {
    let prompt = fence.prompt
    guard runs[run].vouches(for: fence, of: workers[worker]), runs[run][phase: prompt] == .queued,
      runs[run].failures[prompt] == nil, isGranting(runs[run]),
      workers[worker].phase == .present, drainReason == nil, !workers[worker].isIsolated,
      workers[worker].leases.count < workers[worker].hello.slots,
      runs[run].accepts(workers[worker].hello), !isUnknown(workers[worker].hello.modelFingerprint)
    else { return }
    // The worker's credit already accounts for this prompt, so compensate for the grant.
    workers[worker].countAdopted()
    grant(Choice(run: run, prompt: prompt), to: worker, now: now)
  }

  private mutating func grant(_ choice: Choice, to worker: WorkerID, now: Duration) {
    let fence = runs[choice.run].grant(
      choice.prompt, to: workers[worker], isBackup: choice.isBackup, isCheck: choice.isCheck)
    let fingerprint = workers[worker].hello.modelFingerprint
    if let card = cards[fingerprint] { runs[choice.run].learn(card, of: fingerprint) }
    let lease = leases.insert(
      LiveLease(
        fence, run: choice.run, worker: worker, isBackup: choice.isBackup, isCheck: choice.isCheck,
        lifetime: settings.lease, now: now))
    workers.take(lease, by: worker, isAlone: choice.isAlone)
    counters.leasesGranted += 1
    send(.lease(message(for: leases[lease])), to: worker)
  }

  func message(for lease: LiveLease) -> CoordinatorMessage.Lease {
    let specification = runs[lease.run].specification
    let prompt = specification.prompts[Int(lease.fence.prompt)]
    return CoordinatorMessage.Lease(
      fence: lease.fence, origin: prompt.origin, text: prompt.text, answerPrefix: prompt.answerPrefix,
      target: prompt.target, template: specification.template, settings: specification.settings,
      leaseMilliseconds: settings.lease.milliseconds)
  }

  /// Ends a lease, whatever happens to its prompt.
  @discardableResult
  mutating func release(_ id: LeaseID) -> LiveLease {
    let lease = leases.remove(id)
    workers.drop(id, of: lease.worker)
    if lease.isCheck { runs[lease.run].checks.end(lease.fence.prompt) }
    hasNews = true
    return lease
  }

  /// Ends a lease without blame. Its prompt is next in the queue unless another worker has it.
  mutating func handBack(_ id: LeaseID, now: Duration) {
    let lease = release(id)
    guard runs[lease.run][phase: lease.fence.prompt] == .leased, leases.copies(of: lease.key).isEmpty else { return }
    runs[lease.run].handBack(lease.fence.prompt, anyoneAt: now + settings.secondOpinionPatience)
  }

  /// Gives one backup copy of each straggler to workers that have nothing to do. Queued prompts need no look here: they
  /// were offered before (`offerToWaiting`) and are of another model or wait for another worker.
  mutating func copyStragglers(now: Duration) {
    guard drainReason == nil, !waiting.isEmpty else { return }
    let stragglers = leases.sorted.filter { isStraggler(leases[$0], now: now) }
    guard !stragglers.isEmpty else { return }
    var idle = waiting.filter { mayWork($0, now: now) && workers[$0].leases.isEmpty }
    for straggler in stragglers {
      let lease = leases[straggler]
      let place = idle.firstIndex {
        $0 != lease.worker && runs[lease.run].accepts(workers[$0].hello)
      }
      guard let place else { continue }
      grant(Choice(run: lease.run, prompt: lease.fence.prompt, isBackup: true), to: idle.remove(at: place), now: now)
    }
  }

  private func isStraggler(_ lease: LiveLease, now: Duration) -> Bool {
    let run = runs[lease.run]
    guard isGranting(run), run[phase: lease.fence.prompt] == .leased, leases.copies(of: lease.key).count == 1,
      // The prompt may be what kills workers, so it gets one worker at a time.
      run.failures[lease.fence.prompt] == nil
    else { return false }
    let usual = run.meanDuration.map { $0 * settings.backupFactor } ?? settings.lease / 2
    return now - lease.grantedAt >= max(usual, settings.backupAfter)
  }
}
