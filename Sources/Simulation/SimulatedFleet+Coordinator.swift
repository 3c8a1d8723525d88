// autointerp
// `SimulatedFleet` simulates the coordinator's process: start, crash, pause, messages and actions.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import ClusterTransport
internal import Coordinator

extension SimulatedFleet {
  func runNumber(_ fence: Fence) -> Int { Int(fence.run.utf8.last!) - 48 }

  /// True if there is such a prompt. Only a Byzantine worker mentions others.
  func isKnown(_ fence: Fence) -> Bool {
    let run = runNumber(fence)
    return runs.indices.contains(run) && runs[run].name == fence.run && runs[run].file != nil
      && runs[run].tracks.indices.contains(Int(fence.prompt))
  }

  /// The grant with this fence; nil if there was none.
  func grant(_ fence: Fence) -> Grant? { isKnown(fence) ? runs[runNumber(fence)][fence] : nil }

  mutating func touchPrompt(of fence: Fence) {
    if isKnown(fence) { touched.append((runNumber(fence), fence.prompt)) }
  }

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
      machine: FleetMachine(settings: settings, epoch: epoch), generation: coordinatorGeneration, startedAt: now)
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
      guard try commitLast(writes, run: run) else { continue }
      trace("the last transaction of run \(run) is on the disk")
      count(.crashAfterCommit)
    }
    if sabotage == .losesLastTransaction {
      for run in runs.indices { runs[run].file = runs[run].fileBefore ?? runs[run].file }
    }
    damageFiles()
    endCoordinator()
  }

  /// Ends the process in an orderly way, which closes its files. Writes that are not on disk are lost.
  mutating func stopCoordinator() {
    trace("coordinator is stopped for good")
    touchEverybody()
    closeFiles()
    endCoordinator()
  }

  private mutating func closeFiles() {
    // A full disk keeps a file from being closed. It then looks as if it had been left open.
    guard !isDiskFull else { return }
    for run in runs.indices { runs[run].file?.close() }
  }

  private mutating func endCoordinator() {
    coordinator = nil
    for run in runs.indices { runs[run].isFailing = false }
    schedule(.coordinatorStarts, within: scenario.coordinatorRestart)
  }

  /// Ends a coordinator that has asked all workers to leave, once they have left and its writes are on disk.
  private mutating func leaveIfDrained() throws {
    guard let process = coordinator, process.isDraining else { return }
    // A Byzantine worker does not leave, so an operator loses patience.
    let isOverdue = byzantine != nil && now - (process.drainsSince ?? now) > .seconds(20)
    if isOverdue { return stopCoordinator() }
    guard process.machine.isDeserted else { return }
    guard process.machine.uncommittedCount == 0 && process.writesUnderWay.isEmpty || isDiskFull else { return }
    trace("coordinator leaves, as all workers have")
    closeFiles()
    endCoordinator()
  }

  // MARK: Hearing

  private mutating func hearAgain(_ worker: Int) {
    if workers[worker].heardAt < workers[worker].touchedAt { workers[worker].heardAgainAt = now }
    workers[worker].heardAt = now
  }

  mutating func coordinatorReceives(_ message: WorkerMessage, from peer: PeerID, worker: Int) throws {
    // Messages to a coordinator that does not run are lost.
    guard coordinator != nil, admits(peer, worker: worker) else { return touch(worker) }
    let isSplit = sabotage == .countsNames && workers[worker].isByzantine
    let peer =
      isSplit ? PeerID(bytes: peer.bytes, publicKey: SimulatedWorker.key(1000 + worker), address: peer.address) : peer
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
      touchPrompt(of: report.fence)
      failureUnderWay = report.fence
      defer { failureUnderWay = nil }
      if sabotage == .countsFailuresOfOthers, workers[worker].isByzantine, let grant = grant(report.fence),
        let holder = workers[grant.worker].process?.peer
      {
        return try coordinate { $0.receive(message, from: holder, now: $1) }
      }
      guard sabotage == .countsStaleFailures, let (fence, holder) = liveLease(insteadOf: report.fence) else {
        return try coordinate { $0.receive(message, from: peer, now: $1) }
      }
      var rewritten = report
      rewritten.fence = fence
      try coordinate { [rewritten] in $0.receive(.failed(rewritten), from: holder, now: $1) }
    case .heartbeat(let beat):
      for slot in beat.slots { touchPrompt(of: slot.fence) }
      try coordinatorReceives(beat, from: peer, worker: worker)
    case .ready, .goodbye, .model:
      try coordinate { $0.receive(message, from: peer, now: $1) }
    }
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
    if !workers[worker].isByzantine { try checkAdoption(after: beat, from: peer, worker: worker) }
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
      case .strike(let peer, let reason):
        trace("strike against \(peer.bytes): \(reason)")
        try strike(peer)
      case .note(let text, _):
        trace("note: \(text)")
        try checkLoss(text)
      }
    }
    try checkMachine()
  }

  mutating func tell(_ message: CoordinatorMessage, to peer: PeerID) throws {
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
      try checkAcknowledgement(fence, to: worker)
      if sabotage == .neverAcknowledges { return }
    case .drain:
      coordinator!.leaving.insert(peer)
    case .refused where workers[worker].isForeign:
      count(.foreignModel)
    case .welcome, .refused, .heartbeat, .unknownWorker, .describeModel:
      break
    }
    transmit(.toWorker(message, worker: worker, peer: peer), worker: worker)
    try undermine(message, worker: worker, peer: peer)
  }
}
