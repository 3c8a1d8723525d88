// autointerp
// `SimulatedFleet` simulates the coordinator's process: start, crash, pause, messages and actions.
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

  /// Does what a coordinator would do that mistakes its own pause for silence of its workers.
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

  /// Kills the process. A transaction in progress is either on disk or not.
  mutating func crashCoordinator() throws {
    guard let process = coordinator, hasFaults else { return }
    count(.coordinatorCrash)
    trace("coordinator crashes")
    // Messages that waited for the stopped process reach its successor late.
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

  /// Ends a coordinator that has asked all workers to leave, once they have left and its writes are on disk.
  private mutating func leaveIfDrained() throws {
    guard let process = coordinator, process.isDraining, process.machine.isDeserted else { return }
    guard process.machine.uncommittedCount == 0 && process.writesUnderWay.isEmpty || isDiskFull else { return }
    trace("coordinator leaves, as all workers have")
    endCoordinator()
  }

  // MARK: Hearing

  private mutating func hearAgain(_ worker: Int) {
    if workers[worker].heardAt < workers[worker].touchedAt { workers[worker].heardAgainAt = now }
    workers[worker].heardAt = now
  }

  mutating func coordinatorReceives(_ message: WorkerMessage, from peer: PeerID, worker: Int) throws {
    // Messages to a coordinator that does not run are lost.
    guard coordinator != nil else { return touch(worker) }
    // A message of an earlier process, or over a closed connection, says nothing about the present one.
    if workers[worker].process?.peer == peer { hearAgain(worker) }
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
      failureUnderWay = report.fence
      defer { failureUnderWay = nil }
      guard sabotage == .countsStaleFailures, let (fence, holder) = liveLease(insteadOf: report.fence) else {
        return try coordinate { $0.receive(message, from: peer, now: $1) }
      }
      var rewritten = report
      rewritten.fence = fence
      try coordinate { [rewritten] in $0.receive(.failed(rewritten), from: holder, now: $1) }
    case .heartbeat(let beat):
      for slot in beat.slots { touched.append((runNumber(slot.fence), slot.fence.prompt)) }
      try coordinatorReceives(beat, from: peer, worker: worker)
    case .ready, .goodbye, .model:
      try coordinate { $0.receive(message, from: peer, now: $1) }
    }
  }

  /// Decodes and checks the delta, then accepts or rejects it, as the shell does.
  private mutating func coordinatorReceives(
    _ report: WorkerMessage.DeltaReport, from peer: PeerID, worker: Int
  ) throws {
    let (run, fence) = (runNumber(report.fence), report.fence)
    touched.append((run, fence.prompt))
    var delta: CheckedDelta
    do { delta = try CheckedDelta(report, DeltaContract(origin: runs[run].origin(of: fence.prompt))) } catch {
      runs[run][fence]?.wasInvalid = true
      runs[run][fence]?.hadMishap = true
      if sabotage == .ignoresInvalidDeltas { return try tell(.acknowledged(fence), to: peer) }
      return try coordinate { $0.reject(fence, error: "invalid: \(error)", from: peer, now: $1) }
    }
    runs[run][fence]?.wasValid = true
    let (digest, known) = (delta.digest, digestInUse(run: run, prompt: fence.prompt))
    if sabotage == .ignoresDigests, let known { delta.digest = known }
    let (before, uncommitted) = (coordinator!.machine.counters, coordinator!.machine.uncommittedCount)
    try coordinate { [delta] in $0.accept(delta, from: peer, now: $1) }
    try checkComparison(of: digest, with: known, since: before)
    if coordinator!.machine.uncommittedCount > uncommitted {
      coordinator!.accepted[run, default: [:]][fence.prompt] = digest
    }
    if sabotage == .acknowledgesBeforeCommit { try tell(.acknowledged(fence), to: peer) }
  }

  /// The digest of the coordinator's delta for the prompt, on disk or on its way there.
  private func digestInUse(run: Int, prompt: Int32) -> DeltaDigest? {
    if let stored = runs[run].file?.digests[prompt] { return stored }
    guard coordinator?.machine.phase(of: prompt, run: runs[run].name) == .committing else { return nil }
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

  /// The lease of the same prompt that a report could be mistaken for, and its holder.
  private func liveLease(insteadOf fence: Fence) -> (Fence, PeerID)? {
    let live = coordinator!.machine.liveLeases(of: fence.prompt, run: fence.run)
    guard live.allSatisfy({ $0.fence != fence }), let lease = live.first,
      let peer = workers[SimulatedWorker.number(named: lease.worker)].process?.peer
    else { return nil }
    return (lease.fence, peer)
  }

  // MARK: Speaking

  /// Passes one event to the machine, carries out its actions and checks its promises.
  mutating func coordinate(_ event: (inout FleetMachine, Duration) -> [FleetAction]) throws {
    let actions = event(&coordinator!.machine, clock)
    for action in actions {
      switch action {
      case .send(let message, let peer): try tell(message, to: peer)
      case .write(let name, let writes): try beginWrite(writes, run: Int(name.utf8.last!) - 48)
      case .finished(let name): trace("\(name) is complete")
      case .strike(let peer, let reason): trace("strike against \(peer.bytes): \(reason)")
      case .note(let text, _):
        trace("note: \(text)")
        try checkLoss(text)
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
    case .welcome, .heartbeat, .unknownWorker, .describeModel:
      break
    }
    transmit(.toWorker(message, worker: worker, peer: peer), worker: worker)
    try undermine(message, worker: worker, peer: peer)
  }

  /// Adds the sabotage that follows a message.
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
