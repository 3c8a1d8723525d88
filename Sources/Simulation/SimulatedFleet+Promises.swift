// autointerp
// `SimulatedFleet` checks each lease against what the coordinator promises.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import ClusterProtocol
internal import ClusterTransport
internal import Coordinator

extension SimulatedFleet {
  private func broken(_ text: String) -> SimulationFailure { .brokenInvariant(text) }

  /// True if something that happened explains why the coordinator took the lease away: it failed, its process died or
  /// hangs, or a fault came between worker and coordinator. A pause of the coordinator itself is no reason.
  func hasCause(_ grant: Grant) -> Bool {
    if workers[grant.worker].isByzantine { return true }
    guard workers[grant.worker].process?.incarnation == grant.fence.incarnation else { return true }
    // The last heartbeat before the grant may still be on its way.
    let margin = 2 * scenario.settings.heartbeat.milliseconds * 1000
    return grant.hadMishap || workers[grant.worker].process?.hanging.isEmpty == false
      || workers[grant.worker].touchedAt + margin >= grant.at
      // After a fault, a worker may wait for seconds before it says hello again.
      || workers[grant.worker].heardAt < workers[grant.worker].touchedAt
      // And what was granted before it said hello may have been lost with it.
      || workers[grant.worker].heardAgainAt >= grant.at
  }

  /// Checks that no worker is called lost for a silence that is not its own: with a fault between it and the coordinator, or
  /// when its process ended.
  func checkLoss(_ note: String) throws {
    let (head, tail) = ("lost worker ", ": nothing heard")
    guard note.hasPrefix(head), let end = note.firstRange(of: tail) else { return }
    let name = note[note.index(note.startIndex, offsetBy: head.count)..<end.lowerBound]
    let worker = workers[SimulatedWorker.number(named: String(name))]
    guard worker.process != nil, worker.heardAt >= worker.touchedAt else { return }
    let margin = (scenario.settings.deadAfter + scenario.settings.heartbeat * 2).milliseconds * 1000
    guard worker.touchedAt + margin < now else { return }
    throw broken("\(worker.name) is called lost although nothing happened to it")
  }

  // MARK: Leases

  /// Checks a lease that is sent. A prompt has no second live lease, except one backup copy. No lease equals an earlier
  /// one. None goes to a worker that leaves, for a prompt that is done or quarantined, or while the disk is full. No
  /// prompt is granted again unless something happened to it.
  mutating func checkGrant(_ fence: Fence, to worker: Int, at peer: PeerID) throws {
    let run = runNumber(fence)
    touched.append((run, fence.prompt))
    let live = coordinator!.machine.liveLeases(of: fence.prompt, run: fence.run)
    guard let own = live.first(where: { $0.fence == fence }) else {
      throw broken("a lease of prompt \(fence.prompt) is sent that is not live")
    }
    if let known = runs[run][fence] {
      guard known.worker == worker else { throw broken("the lease of prompt \(fence.prompt) is sent to two workers") }
      return count(.leaseRepeated)
    }
    let track = runs[run].tracks[Int(fence.prompt)]
    if let last = track.grants.last?.fence, (fence.epoch, fence.attempt) <= (last.epoch, last.attempt) {
      throw broken("a lease of prompt \(fence.prompt) looks no newer than an earlier one")
    }
    guard live.count <= 2, Set(live.map(\.worker)).count == live.count, live.count < 2 || own.isBackup else {
      throw broken("prompt \(fence.prompt) has \(live.count) live leases")
    }
    try checkMayWork(on: fence, worker: worker, peer: peer)
    let ended = track.grants[track.liveFrom...].filter { grant in
      grant.fence.epoch == fence.epoch && live.allSatisfy { $0.fence != grant.fence }
    }
    if let innocent = ended.first(where: { !hasCause($0) }) {
      throw broken(
        "prompt \(fence.prompt) is given out again although nothing happened to \(workers[innocent.worker].name)")
    }
    if own.isBackup {
      count(.backup)
    } else if track.grants.count > track.countsFrom {
      count(.regrant)
    }
    if coordinator!.beating?.slots.contains(where: {
      $0.phase == .executing && $0.fence.prompt == fence.prompt && $0.fence.run == fence.run
    }) == true {
      count(.adoption)
    }
    var grant = Grant(fence: fence, worker: worker, at: now, isBackup: own.isBackup)
    // An execution that continues under a new lease is as slow as under the old one.
    if track.grants.contains(where: {
      $0.worker == worker && $0.fence.incarnation == fence.incarnation && $0.isSlow
    }) {
      (grant.isSlow, grant.hadMishap) = (true, true)
    }
    runs[run].tracks[Int(fence.prompt)].grants.append(grant)
  }

  private func checkMayWork(on fence: Fence, worker: Int, peer: PeerID) throws {
    let run = runs[runNumber(fence)]
    guard let file = run.file, !run.isStored(fence.prompt) else {
      throw broken("prompt \(fence.prompt) is given out although it is done")
    }
    if coordinator!.leaving.contains(peer) {
      throw broken("\(workers[worker].name) gets prompt \(fence.prompt) although it was asked to leave")
    }
    if run.isFailing { throw broken("prompt \(fence.prompt) is given out although the disk is full") }
    let state = coordinator!.machine.state(of: run.name)
    guard state == .active || state == .queued else { throw broken("a prompt of a closed run is given out") }
    if let model = file.fingerprint, model != workers[worker].model {
      throw broken("\(workers[worker].name) gets a prompt for another model")
    }
    // Across restarts the machine knows what the disk knows. A retry on its way is ahead of the disk.
    if run.isReleasing { return }
    if file.quarantined[fence.prompt] != nil { throw broken("prompt \(fence.prompt) is quarantined and given out") }
    let failures = file.failures[fence.prompt] ?? []
    let voices = failures.map { workers[SimulatedWorker.number(named: $0.worker)].voice }
    let reporters = Set(zip(failures, voices).filter { $0.0.kind == FailureKind.prompt.rawValue }.map(\.1))
    // For a while one worker counts as one opinion.
    let isOneVoice = Set(voices).count == 1
    let limit = scenario.settings.failuresToQuarantine * (isOneVoice ? 4 : 1)
    if reporters.count >= scenario.settings.reportsToQuarantine || failures.count >= limit {
      throw broken("prompt \(fence.prompt) is given out although it failed \(failures.count) times")
    }
  }

  /// Checks a computation that starts: a lease is computed once, and only by its worker.
  mutating func checkExecution(_ fence: Fence, worker: Int) throws {
    statistics.executions += 1
    guard var grant = runs[runNumber(fence)][fence], grant.worker == worker else {
      throw broken("\(workers[worker].name) executes prompt \(fence.prompt) without a lease")
    }
    grant.executions += 1
    guard grant.executions == 1 else { throw broken("a lease of prompt \(fence.prompt) is executed twice") }
    runs[runNumber(fence)][fence] = grant
  }

  /// Checks that a computation for which nobody has a lease is adopted when the coordinator hears of it.
  func checkAdoption(after beat: WorkerMessage.WorkerHeartbeat, from peer: PeerID, worker: Int) throws {
    for slot in beat.slots where slot.phase == .executing {
      let fence = slot.fence
      let run = runs[runNumber(fence)]
      guard !isVoid(fence) else { continue }
      guard coordinator!.machine.phase(of: fence.prompt, run: fence.run) == .queued,
        coordinator!.machine.isGranting(fence.run), !coordinator!.machine.hasFailures(fence.prompt, run: fence.run),
        coordinator!.machine.hasRoom(at: peer), run.file?.fingerprint == workers[worker].model
      else { continue }
      throw broken("prompt \(fence.prompt), which \(workers[worker].name) executes, is left in the queue")
    }
  }

  /// Checks once per tick that idle workers get copies of prompts that take too long.
  mutating func checkStragglers() throws {
    guard let process = coordinator else { return }
    let idle = process.machine.idleWorkers(now: clock)
    let idleBefore = process.idle
    coordinator!.idle = Set(idle.map(\.name))
    guard !idle.isEmpty else { return }
    let settings = scenario.settings
    let limit = max(settings.backupAfter, settings.lease / 2) + settings.heartbeat * 2
    for lease in process.machine.liveLeases where clock - lease.grantedAt > limit {
      let (prompt, run) = (lease.fence.prompt, lease.fence.run)
      guard process.machine.isGranting(run), process.machine.phase(of: prompt, run: run) == .leased,
        !process.machine.hasFailures(prompt, run: run),
        process.machine.liveLeases(of: prompt, run: run).count == 1,
        let model = runs[runNumber(lease.fence)].file?.fingerprint
      else { continue }
      let helper = idle.first {
        $0.name != lease.worker && $0.modelFingerprint == model && idleBefore.contains($0.name)
      }
      if let helper { throw broken("\(helper.name) is idle while prompt \(prompt) takes too long on \(lease.worker)") }
    }
  }
}
