// autointerp
// `SimulatedFleet` plays the operators' actions, such as cancelling a run, and decides when a history is over.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import ClusterProtocol
internal import Coordinator

extension SimulatedFleet {
  mutating func beginPhase(_ number: Int) {
    phase = number
    phaseStart = now
    retriesInCalm = 0
    deadline = now + faults.length + scenario.patience
    trace("phase \(number) of faults begins, for \(faults.length / 1000) ms")
    for time in faults.coordinatorCrashes { schedule(.coordinatorCrashes, after: time) }
    for pause in faults.coordinatorPauses {
      schedule(.coordinatorPauses(until: now + pause.end), after: pause.start)
    }
    byzantine?.isListed = true
    for (time, action) in faults.actions { schedule(.operatorActs(action), after: time) }
  }

  mutating func act(_ action: OperatorAction) throws {
    if case .submit(let run) = action { return try submit(run) }
    // An operator who finds no coordinator gives up for now.
    guard coordinator != nil else { return }
    switch action {
    case .submit: break
    case .cancel(let run): try cancel(run)
    case .resume(let run): try resume(run)
    case .retry(let run): try retry(run)
    case .discard(let run, let worker): try discard(run, of: worker)
    case .drainFleet:
      trace("operator drains the fleet")
      count(.fleetDrain)
      touchEverybody()
      coordinator!.isDraining = true
      coordinator!.drainsSince = coordinator!.drainsSince ?? now
      try coordinate { $0.drainFleet(reason: "the coordinator leaves", now: $1) }
    }
  }

  private mutating func submit(_ run: Int) throws {
    runs[run].wish = runs[run].wish ?? .complete
    guard runs[run].file == nil else { return }
    guard coordinator != nil, !isDiskFull else {
      if coordinator != nil { count(.fullDiskAtSubmission) }
      return schedule(.operatorActs(.submit(run: run)), after: .seconds(0.7))
    }
    trace("operator submits \(runs[run].name)")
    if run > 0 { count(.secondRun) }
    runs[run].file = SimulatedFile(
      runs[run].specification, RunIdentity(file: UInt64(run + 1), key: [UInt8](repeating: UInt8(run + 1), count: 32)))
    runs[run].file!.altersMerges = sabotage == .altersMerges
    try open(run)
  }

  private mutating func cancel(_ run: Int) throws {
    let name = runs[run].name
    guard runs[run].file != nil, coordinator!.machine.state(of: name) != .complete else { return }
    trace("operator cancels \(name)")
    runs[run].endGrants()
    try coordinate { $0.cancel(name, now: $1) }
    // A run whose last write is on its way becomes complete anyway.
    guard coordinator!.machine.state(of: name) == .cancelled else { return }
    count(.cancellation)
    runs[run].wish = .cancelled
  }

  private mutating func resume(_ run: Int) throws {
    guard runs[run].wish == .cancelled else { return }
    let name = runs[run].name
    trace("operator resumes \(name)")
    count(.resumption)
    runs[run].wish = .complete
    try coordinate { $0.resume(name, now: $1) }
  }

  private mutating func retry(_ run: Int) throws {
    let name = runs[run].name
    let prompts = coordinator!.machine.quarantinedPrompts(of: name)
    guard !prompts.isEmpty, coordinator!.machine.state(of: name) != .cancelled else { return }
    trace("operator retries \(name)")
    count(.retry)
    runs[run].releases += 1
    runs[run].forgetGrants(of: prompts)
    try coordinate { $0.retry(name, now: $1) }
  }

  // MARK: The calm

  /// Once the faults are over: repeats wishes that a crash swallowed, retries prompts that were quarantined by bad
  /// luck, and starts the next phase when nothing is left to do.
  mutating func seeToEnd() throws {
    for run in runs.indices where runs[run].file != nil {
      let state = coordinator!.machine.state(of: runs[run].name)
      switch runs[run].wish {
      case .complete where state == .cancelled: try repeatWish(.resume(run: run))
      // A crash swallowed the wish, so the run was completed.
      case .cancelled where state == .complete: runs[run].wish = .complete
      case .cancelled where state == .queued || state == .active: try repeatWish(.cancel(run: run))
      default: break
      }
    }
    guard isQuiet, !awaitsRepair else { return }
    if try takeBackByzantineResults() || sendForRepairIfDamaged() {
      deadline = now + scenario.patience
      return
    }
    var hasRetried = false
    for run in runs.indices where runs[run].wish == .complete {
      let wrongly = coordinator!.machine.quarantinedPrompts(of: runs[run].name).filter {
        runs[run].nature(of: $0) == .ordinary
      }
      guard !wrongly.isEmpty else { continue }
      for _ in wrongly { count(.wrongQuarantine) }
      trace("prompts \(wrongly) of \(runs[run].name) were quarantined by bad luck")
      try retry(run)
      hasRetried = true
    }
    if hasRetried {
      retriesInCalm += 1
      // There are no faults any more, so nobody may have bad luck again.
      guard retriesInCalm == 1 else {
        throw SimulationFailure.brokenInvariant("prompts are quarantined for no reason, after the faults")
      }
      deadline = now + scenario.patience
      return
    }
    try endPhase()
  }

  private mutating func repeatWish(_ action: OperatorAction) throws {
    if case .resume(let run) = action { runs[run].wish = .cancelled }
    try act(action)
  }

  /// True if every wish is fulfilled, also on disk, and nobody holds anything.
  private var isQuiet: Bool {
    guard let process = coordinator, !process.isDraining, process.machine.uncommittedCount == 0,
      process.writesUnderWay.isEmpty,
      process.machine.liveLeaseCount == 0
    else { return false }
    for run in runs {
      guard let wish = run.wish else { continue }
      let state = process.machine.state(of: run.name)
      guard state == (wish == .complete ? .complete : .cancelled),
        run.file?.state == (wish == .complete ? .complete : .cancelled)
      else { return false }
    }
    return workers.allSatisfy {
      $0.process.map { $0.machine.executingCount == 0 && $0.machine.reportCount == 0 } ?? true
    }
  }

  private mutating func endPhase() throws {
    let calm = max(0, phaseTime - faults.length)
    trace("all is done, \(calm / 1000) ms after the faults")
    statistics.longestCalm = max(statistics.longestCalm, calm)
    for run in runs { try checkResult(of: run) }
    if phase + 1 < scenario.phases.count { beginPhase(phase + 1) } else { isOver = true }
  }
}
