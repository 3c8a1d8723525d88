// autointerp
// `FleetMachine` has a second key compute some prompts, compares, and lets a third decide where they differ.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import ClusterProtocol
internal import Platform

extension FleetMachine {
  /// How many disagreements a status lists.
  private static let disagreementsInStatus = 20

  /// A prompt of the run that the worker may check; nil if there is none.
  mutating func nextCheck(for worker: WorkerID, run: RunIndex) -> Int32? {
    guard runs[run].checks.waitingCount > 0 else { return nil }
    let author = workers[worker].author
    if let prompt = runs[run].checks.next(for: author, isSoleKey: false) { return prompt }
    guard author.key != nil, let prompt = runs[run].checks.next(for: author, isSoleKey: true),
      isSoleKey(author.key, run: run)
    else { return nil }
    return prompt
  }

  /// True if no worker that could compute the run has another key. One that is silent may come back: a key must not be able
  /// to confirm itself while the others are away. O(workers)
  private func isSoleKey(_ key: String?, run: RunIndex) -> Bool {
    !workers.records.values.contains {
      $0.phase != .departed && $0.peer.publicKey?.text != key && runs[run].accepts($0.hello)
    }
  }

  /// True if a delta of the worker is a check of this prompt, whether or not the lease still lives.
  func mayCheck(_ prompt: Int32, run: RunIndex, worker: WorkerID) -> Bool {
    guard runs[run].isOpen, runs[run][phase: prompt] == .done, let votes = runs[run].checks[prompt],
      runs[run].accepts(workers[worker].hello)
    else { return false }
    let author = workers[worker].author
    return votes.admits(author, isSoleKey: false)
      || (votes.admits(author, isSoleKey: true) && isSoleKey(author.key, run: run))
  }

  /// Takes the delta of a check: it is compared and written, and then acknowledged.
  mutating func check(_ delta: CheckedDelta, from worker: WorkerID, run: RunIndex, now: Duration) {
    let prompt = delta.fence.prompt
    let former = runs[run].digests[prompt]
    let verdict = runs[run].check(delta, of: workers[worker], worker, now: now)
    uncommittedBytes += delta.payload.count
    workers[worker].succeed(now: now)
    if delta.digest != former { counters.deltasConflicting += 1 }
    guard let votes = runs[run].checks[prompt] else { return }
    let subject = NoteSubject(
      run: runs[run].name, prompt: prompt, worker: workers[worker].name, key: workers[worker].peer.publicKey?.text)
    // Nobody needs to go on with a check that is made.
    for copy in votes.isOpen ? [] : leases.copies(of: PromptKey(run: run, prompt: prompt)) {
      let lease = release(copy)
      acknowledge(lease.fence, to: lease.worker)
    }
    let what = "prompt \(prompt) of \(runs[run].name)"
    switch verdict {
    case .unchecked: break
    case .agreed: workers.judge(workers[worker].voice) { $0.succeed() }
    case .undecided:
      record(
        "a spot check disagrees on \(what): \(votes.votes.map(\.author.text).joined(separator: " and ")) have different "
          + "results. All are kept, and another key decides", about: subject, now: now)
    case .decided(let winner):
      let (supporters, losers) = (votes.supporters(of: winner), votes.opponents(of: winner))
      record(
        "\(what): \(supporters.map(\.text).joined(separator: " and ")) agree against "
          + "\(losers.map(\.text).joined(separator: " and ")). "
          + (former == winner ? "The first result stays" : "The first result was wrong and is replaced")
          + "; `autointerp discard --key` takes back all that a key did", about: subject, now: now)
    }
  }

  /// A check ended without a result. The prompt has one, so nobody is blamed and nothing is quarantined.
  mutating func failedCheck(_ lease: LiveLease, _ error: String, now: Duration) {
    runs[lease.run].checks.fail(lease.fence.prompt, workers[lease.worker].voice)
    workers[lease.worker].fail()
    record(
      "the spot check of prompt \(lease.fence.prompt) of \(lease.fence.run) failed on "
        + "\(workers[lease.worker].name): \(String(error.prefix(500)))", now: now)
  }

  /// Lets runs end whose open checks nobody can make.
  mutating func giveUpChecks(now: Duration) {
    for run in runs.indices where runs[run].isOpen && !runs[run].checks.isOff {
      let isIdle =
        runs[run].unsettled == 0 && isGranting(runs[run]) && drainReason == nil && !isCheckerBusy(run)
      guard runs[run].checks.giveUp(ifIdle: isIdle, for: settings.spotCheckPatience, now: now),
        let checks = spotCheckStatus(of: runs[run])
      else { continue }
      for line in checks.shortcomings { record("run \(runs[run].name): \(line)", now: now) }
    }
  }

  /// True if a worker that could make a check of the run is at work on another run. O(workers)
  private func isCheckerBusy(_ run: RunIndex) -> Bool {
    runs[run].checks.waitingCount > 0
      && workers.records.values.contains {
        $0.phase == .present && !$0.leases.isEmpty && runs[run].accepts($0.hello)
          && runs[run].checks.hasWork(for: $0.author)
      }
  }

  /// One sentence if the run waits only for a key that could make its checks.
  func idleChecks(of run: RunProgress) -> String? {
    guard run.isOpen, run.checks.isIdle else { return nil }
    return "run \(run.name) waits for a worker with another key: \(run.checks.waitingCount) spot checks are due"
  }

  /// Nil if the run has no spot checks.
  func spotCheckStatus(of run: RunProgress) -> SpotCheckStatus? {
    let checks = run.checks
    guard checks.share > 0 else { return nil }
    var status = SpotCheckStatus(
      share: checks.share, chosen: checks.chosenCount, promptCount: run.specification.prompts.count)
    (status.agreed, status.disagreed) = (checks.agreedCount, checks.disagreed.count)
    (status.undecided, status.underWay) = (checks.undecided.count, checks.underWayCount)
    if checks.hasGivenUp {
      status.unmade = checks.openCount - checks.undecided.count
    } else {
      status.due = checks.waitingCount
    }
    status.computations = checks.extra.count
    status.computeMilliseconds = checks.extra.milliseconds
    let shown = checks.disagreed.sorted().prefix(Self.disagreementsInStatus)
    status.disagreements = shown.compactMap { prompt in checks[prompt].map { disagreement($0, about: prompt) } }
    return status
  }

  private func disagreement(_ votes: SpotCheckVotes, about prompt: Int32) -> SpotCheckStatus.Disagreement {
    var isDecided = false
    if case .decided = votes.verdict { isDecided = true }
    return SpotCheckStatus.Disagreement(
      prompt: prompt, isDecided: isDecided,
      results: votes.votes.map { vote in
        .init(
          worker: vote.author.worker, key: vote.author.key, address: vote.author.address,
          digest: vote.digest.bytes.prefix(8).map { $0 }.hexadecimal, isResult: vote.digest == votes.result)
      })
  }
}
