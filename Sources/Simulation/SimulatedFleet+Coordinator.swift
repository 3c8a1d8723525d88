// autointerp
// The coordinator's process: what it hears, says, and lives through.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import ClusterTransport
internal import Coordinator

extension SimulatedFleet {
  func runNumber(_ fence: Fence) -> Int { Int(fence.run.utf8.last!) - 48 }

  var tickInterval: SimulatedTime { scenario.settings.heartbeat.milliseconds * 1000 / 2 }

  // MARK: Life and death

  mutating func startCoordinator() throws {
    guard coordinator == nil else { return }
    if isDiskFull {
      trace("coordinator cannot start: the disk is full")
      count(.fullDiskAtOpening)
      return schedule(.coordinatorStarts, within: scenario.coordinatorRestart)
    }
    coordinatorGeneration += 1
    var settings = scenario.settings
    if sabotage == .makesNoBackups { settings.backupAfter = .seconds(1_000_000) }
    let epoch = sabotage == .constantEpoch ? 1 : Int64(coordinatorGeneration)
    trace("coordinator starts")
    coordinator = CoordinatorProcess(
      machine: FleetMachine(settings: settings, epoch: epoch), generation: coordinatorGeneration)
    for run in runs.indices where runs[run].file != nil { try open(run) }
    schedule(.coordinatorTicks(generation: coordinatorGeneration), after: tickInterval)
  }

  mutating func tickCoordinator(generation: Int) throws {
    guard coordinator?.generation == generation else { return }
    schedule(.coordinatorTicks(generation: generation), after: tickInterval)
    if sabotage == .blamesWorkersForOwnPause { try tickThroughPause() }
    if sabotage != .neverTicks { try coordinate { $0.tick(now: $1) } }
    if !scenario.failingWorkers.isEmpty, coordinator?.machine.workersSetAside(now: clock).isEmpty == false {
      count(.workerSetAside)
    }
    try checkStragglers()
    try leaveIfDrained()
    if coordinator != nil, !hasFaults { try seeToEnd() }
  }

  /// What a coordinator would do that takes the time in which it was stopped for silence of its workers.
  private mutating func tickThroughPause() throws {
    guard let paused = coordinator?.pausedAt else { return }
    coordinator!.pausedAt = nil
    var time = paused
    while time < now {
      try coordinate { [time] machine, _ in machine.tick(now: .microseconds(time)) }
      time += tickInterval
    }
  }

  mutating func pauseCoordinator(until end: SimulatedTime) {
    guard coordinator != nil, end > now else { return }
    trace("coordinator is stopped for \((end - now) / 1000) ms")
    count(.coordinatorPause)
    coordinator!.pausedAt = now
    coordinator!.resumesAt = max(coordinator!.resumesAt, end)
  }

  /// The process dies. A transaction that was under way is either on the disk or not.
  mutating func crashCoordinator() throws {
    guard let process = coordinator, hasFaults else { return }
    count(.coordinatorCrash)
    trace("coordinator crashes")
    // What waited at the door of a stopped process reaches its successor, late.
    for worker in workers.indices where process.resumesAt > now { touch(worker, until: process.resumesAt) }
    for (run, writes) in process.writesUnderWay.sorted(by: { $0.key < $1.key })
    where !isDiskFull && random.chance(0.5) {
      try commit(writes, run: run)
      trace("the last transaction of run \(run) is on the disk")
      count(.crashAfterCommit)
    }
    if sabotage == .losesLastTransaction {
      for run in runs.indices { runs[run].file = runs[run].fileBefore ?? runs[run].file }
    }
    endCoordinator()
  }

  private mutating func endCoordinator() {
    coordinator = nil
    for run in runs.indices { runs[run].isFailing = false }
    schedule(.coordinatorStarts, within: scenario.coordinatorRestart)
  }

  /// A coordinator that asked everybody to leave ends when they have, and what is on its way to the disk has got there.
  private mutating func leaveIfDrained() throws {
    guard let process = coordinator, process.isDraining, process.machine.isDeserted else { return }
    guard process.deltas.isEmpty && process.writesUnderWay.isEmpty || isDiskFull else { return }
    trace("coordinator leaves, as all workers have")
    endCoordinator()
  }

  // MARK: Hearing

  mutating func coordinatorReceives(_ message: WorkerMessage, from peer: PeerID, worker: Int) throws {
    // What is sent to nobody is lost.
    guard coordinator != nil else { return touch(worker) }
    trace("coordinator < \(peer.bytes): \(summary(message))")
    if runs.indices.allSatisfy({ runs[$0].file?.state == .complete }) { count(.messageAfterEnd) }
    switch message {
    case .delta(let report):
      try coordinatorReceives(report, from: peer, worker: worker)
    case .hello:
      coordinator!.leaving.remove(peer)
      if sabotage == .leasesToLeavingWorkers { coordinator!.hellos[peer] = message }
      try coordinate { $0.receive(message, from: peer, now: $1) }
    case .failed(let report):
      touched.append((runNumber(report.fence), report.fence.prompt))
      guard sabotage == .countsStaleFailures, let (fence, holder) = liveLease(insteadOf: report.fence) else {
        return try coordinate { $0.receive(message, from: peer, now: $1) }
      }
      var rewritten = report
      rewritten.fence = fence
      try coordinate { [rewritten] in $0.receive(.failed(rewritten), from: holder, now: $1) }
    case .heartbeat(let beat):
      for slot in beat.slots { touched.append((runNumber(slot.fence), slot.fence.prompt)) }
      try coordinatorReceives(beat, from: peer, worker: worker)
    case .ready, .goodbye:
      try coordinate { $0.receive(message, from: peer, now: $1) }
    }
  }

  /// As the shell does: decoded and checked, then accepted or rejected.
  private mutating func coordinatorReceives(
    _ report: WorkerMessage.DeltaReport, from peer: PeerID, worker: Int
  ) throws {
    let (run, fence) = (runNumber(report.fence), report.fence)
    touched.append((run, fence.prompt))
    let delta: CheckedDelta
    do { delta = try CheckedDelta(report, expectedOrigin: runs[run].origin(of: fence.prompt)) } catch {
      runs[run][fence]?.wasInvalid = true
      runs[run][fence]?.hadMishap = true
      if sabotage == .ignoresInvalidDeltas { return try tell(.acknowledged(fence), to: peer) }
      return try coordinate { $0.reject(fence, error: "invalid: \(error)", from: peer, now: $1) }
    }
    runs[run][fence]?.wasValid = true
    coordinator!.lastTicket += 1
    let ticket = DeltaTicket(coordinator!.lastTicket)
    let known = digestInUse(run: run, prompt: fence.prompt)
    coordinator!.deltas[ticket] = delta
    var receipt = DeltaReceipt(
      ticket: ticket, fence: fence, digest: delta.digest, computeMilliseconds: report.computeMilliseconds,
      byteCount: report.payload.count)
    if sabotage == .ignoresDigests { receipt.digest = known ?? receipt.digest }
    let before = coordinator!.machine.counters
    try coordinate { [receipt] in $0.accept(receipt, from: peer, now: $1) }
    try checkComparison(of: delta.digest, with: known, since: before)
    if coordinator!.deltas[ticket] != nil { coordinator!.accepted[run, default: [:]][fence.prompt] = delta.digest }
    if sabotage == .acknowledgesBeforeCommit { try tell(.acknowledged(fence), to: peer) }
  }

  /// The digest of the delta that the coordinator has for the prompt, on the disk or on its way there.
  private func digestInUse(run: Int, prompt: Int32) -> DeltaDigest? {
    if let stored = runs[run].file?.digests[prompt] { return stored }
    guard coordinator?.machine.standing(of: prompt, run: runs[run].name) == .committing else { return nil }
    return coordinator?.accepted[run]?[prompt]
  }

  private mutating func coordinatorReceives(
    _ beat: WorkerMessage.WorkerHeartbeat, from peer: PeerID, worker: Int
  ) throws {
    var heard = beat
    if sabotage == .adoptsNothing {
      heard.slots.removeAll { slot in
        coordinator!.machine.liveLeases(of: slot.fence.prompt, run: slot.fence.run).allSatisfy {
          $0.fence != slot.fence
        }
      }
    }
    coordinator!.beating = beat
    try coordinate { [heard] in $0.receive(.heartbeat(heard), from: peer, now: $1) }
    coordinator!.beating = nil
    try checkAdoption(after: beat, from: peer, worker: worker)
  }

  /// The lease of the same prompt that a report could be mistaken to be about, and who holds it.
  private func liveLease(insteadOf fence: Fence) -> (Fence, PeerID)? {
    let live = coordinator!.machine.liveLeases(of: fence.prompt, run: fence.run)
    guard live.allSatisfy({ $0.fence != fence }), let lease = live.first,
      let peer = workers[SimulatedWorker.number(named: lease.worker)].process?.peer
    else { return nil }
    return (lease.fence, peer)
  }

  // MARK: Speaking

  /// One event of the machine: what it wants is done, and what it promises is checked.
  mutating func coordinate(_ event: (inout FleetMachine, Duration) -> [FleetAction]) throws {
    let actions = event(&coordinator!.machine, clock)
    for action in actions {
      switch action {
      case .send(let message, let peer): try tell(message, to: peer)
      case .write(let name, let writes): try beginWrite(writes, run: Int(name.utf8.last!) - 48)
      case .discard(let ticket):
        guard coordinator!.deltas.removeValue(forKey: ticket) != nil else {
          throw SimulationFailure.brokenInvariant("a delta is let go twice")
        }
      case .finished(let name): trace("\(name) is complete")
      case .note(let text): trace("note: \(text)")
      }
    }
    try checkMachine()
  }

  private mutating func tell(_ message: CoordinatorMessage, to peer: PeerID) throws {
    let worker = SimulatedWorker.number(of: peer)
    var message = message
    if sabotage == .constantAttempt, case .lease(var lease) = message {
      lease.fence.attempt = 1
      message = .lease(lease)
    }
    trace("coordinator > \(peer.bytes): \(summary(message))")
    switch message {
    case .lease(let lease):
      try checkGrant(lease.fence, to: worker, at: peer)
    case .acknowledged(let fence):
      try checkAcknowledgement(fence)
      if sabotage == .neverAcknowledges { return }
    case .drain:
      coordinator!.leaving.insert(peer)
    case .refused:
      count(.foreignModel)
    case .welcome, .heartbeat, .unknownWorker:
      break
    }
    transmit(.toWorker(message, worker: worker, peer: peer), worker: worker)
    try undermine(message, worker: worker, peer: peer)
  }

  /// The defects that follow a message.
  private mutating func undermine(_ message: CoordinatorMessage, worker: Int, peer: PeerID) throws {
    switch (sabotage, message) {
    case (.leasesTwice, .lease(var lease)):
      let other = workers.first { $0.number != worker && $0.process != nil }
      guard let other, let process = other.process, lease.fence.incarnation != process.incarnation else { return }
      lease.fence.incarnation = process.incarnation
      try checkGrant(lease.fence, to: other.number, at: process.peer)
    case (.leasesToLeavingWorkers, .drain):
      guard let hello = coordinator?.hellos.removeValue(forKey: peer) else { return }
      try coordinate { $0.receive(hello, from: peer, now: $1) }
      try coordinate { $0.receive(.ready(credit: 1), from: peer, now: $1) }
      coordinator?.hellos[peer] = hello
    default:
      break
    }
  }
}
