// autointerp
// `SimulatedFleet` simulates the workers' processes.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import ClusterTransport
internal import TestSupport
internal import Worker

extension SimulatedFleet {
  mutating func startWorker(_ number: Int) throws {
    guard workers[number].process == nil else { return }
    let worker = workers[number]
    let incarnation = random.next()
    let hello = WorkerMessage.Hello(
      worker: worker.name, incarnation: incarnation, host: "host \(number)", slots: worker.slots,
      modelName: worker.model, modelFingerprint: worker.model, softwareVersion: "simulated",
      computeKernel: "\(worker.kernel)")
    trace("\(worker.name) starts")
    var machine = WorkerMachine(hello: hello, settings: scenario.workerSettings)
    let actions = machine.start(at: clock)
    let peer = workers[number].connect()
    workers[number].process = SimulatedWorker.Process(machine: machine, incarnation: incarnation, peer: peer)
    try perform(actions, worker: number)
    schedule(.workerIsTried(number, incarnation: incarnation), after: .seconds(1))
  }

  mutating func tickWorker(_ number: Int, incarnation: UInt64) throws {
    guard workers[number].process?.incarnation == incarnation, let due = workers[number].process?.tickAt, due <= now
    else { return }
    workers[number].process!.tickAt = nil
    let actions = workers[number].process!.tick(at: clock)
    try perform(actions, worker: number)
  }

  /// Makes sure that the machine gets a tick when it has something to do.
  private mutating func scheduleTick(_ number: Int) {
    guard let process = workers[number].process, let deadline = process.machine.nextDeadline else { return }
    // Rounded up, because a tick that comes too early does nothing.
    let time = max(now + 1, deadline.milliseconds * 1000 + 1000)
    guard time < process.tickAt ?? .max else { return }
    workers[number].process!.tickAt = time
    events.schedule(.workerTicks(number, incarnation: process.incarnation), at: time)
  }

  mutating func workerReceives(_ message: CoordinatorMessage, worker number: Int, peer: PeerID) throws {
    if workers[number].isByzantine { return byzantineReceives(message, worker: number, peer: peer) }
    // Messages to an old connection disappear with it. That is no fault, because leases are sent again.
    guard workers[number].process?.peer == peer else { return }
    let actions = workers[number].process!.machine.receive(message, at: clock)
    try perform(actions, worker: number)
  }

  /// Runs once a second and decides what happens to the process during faults.
  mutating func tryWorker(_ number: Int, incarnation: UInt64) throws {
    guard workers[number].process?.incarnation == incarnation else { return }
    schedule(.workerIsTried(number, incarnation: incarnation), after: .seconds(1))
    guard hasFaults else { return }
    if random.chance(faults.workerCrashes) { return crashWorker(number) }
    if random.chance(faults.workerDrains) {
      count(.workerSignal)
      trace("\(workers[number].name) gets SIGTERM")
      let actions = workers[number].process!.machine.drain(reason: "SIGTERM", at: clock)
      try perform(actions, worker: number)
    } else if random.chance(faults.workerPauses) {
      count(.workerPause)
      let end = now + random.time(in: faults.pauseLength)
      trace("\(workers[number].name) is stopped for \((end - now) / 1000) ms")
      workers[number].process!.resumesAt = end
      touch(number, until: end)
    }
  }

  mutating func crashWorker(_ number: Int) {
    trace("\(workers[number].name) dies")
    count(.workerCrash)
    workers[number].process = nil
    touch(number)
    // One worker always stays, so that the work gets done.
    if hasFaults, number > 0, number != scenario.foreignWorkers.min(), random.chance(faults.workerDepartures) {
      count(.workerDeparture)
      return
    }
    schedule(.workerStarts(number), within: scenario.workerRestart)
  }

  /// A report of failure may end its lease, and justifies one failure on record.
  private mutating func noteReport(_ message: WorkerMessage) {
    guard case .failed(let report) = message else { return }
    runs[runNumber(report.fence)][report.fence]?.failures[report.kind, default: 0] += 1
    runs[runNumber(report.fence)][report.fence]?.hadMishap = true
  }

  private mutating func perform(_ actions: [WorkerAction], worker number: Int) throws {
    for action in actions {
      guard let peer = workers[number].process?.peer else { return }
      switch action {
      case .send(let message):
        noteReport(message)
        transmit(.toCoordinator(message, from: peer, worker: number), worker: number)
      case .compute(let lease):
        try execute(lease, worker: number)
      case .reconnect:
        workers[number].process!.peer = workers[number].connect()
      case .note(let text):
        trace("\(workers[number].name): \(text)")
      case .stop(let outcome):
        trace("\(workers[number].name) ends: \(outcome)")
        workers[number].process = nil
        touch(number)
        // systemd starts it again.
        schedule(.workerStarts(number), within: scenario.workerRestart)
      }
    }
    scheduleTick(number)
  }

  private mutating func execute(_ lease: CoordinatorMessage.Lease, worker number: Int) throws {
    let fence = lease.fence
    try checkExecution(fence, worker: number)
    workers[number].process!.progress[fence] = 0
    let nature = runs[runNumber(fence)].nature(of: fence.prompt)
    guard nature != .hangs, !(hasFaults && random.chance(faults.wedges)) else {
      workers[number].process!.hanging.insert(fence)
      count(.wedgedExecution)
      return trace("\(workers[number].name) hangs in prompt \(fence.prompt)")
    }
    var time = random.time(in: scenario.computeTime)
    if workers[number].isSlow {
      time *= scenario.slowness
      count(.slowExecution)
    }
    // It fails at once, before it computes anything.
    if workers[number].isFailing, hasFaults, faults.failingWorkersFail { time /= 10 }
    if time + .seconds(2) > scenario.settings.lease.milliseconds * 1000 {
      runs[runNumber(fence)][fence]?.hadMishap = true
      runs[runNumber(fence)][fence]?.isSlow = true
    }
    let incarnation = workers[number].process!.incarnation
    schedule(.workerComputed(number, incarnation: incarnation, fence), after: time)
  }

  mutating func workerComputed(_ number: Int, incarnation: UInt64, _ fence: Fence) throws {
    guard workers[number].process?.incarnation == incarnation else { return }
    let run = runNumber(fence)
    let nature = runs[run].nature(of: fence.prompt)
    if nature == .kills { return crashWorker(number) }
    workers[number].process!.progress[fence] = nil
    let outcome: LeaseOutcome
    if nature == .fails {
      count(.failedExecution)
      runs[run].tracks[Int(fence.prompt)].failedExecutions += 1
      outcome = .failed(LeaseFailure(.prompt, "cannot be done"))
    } else if workers[number].isFailing, hasFaults, faults.failingWorkersFail {
      count(.failingWorker)
      runs[run].tracks[Int(fence.prompt)].failedExecutions += 1
      outcome = .failed(LeaseFailure(fence.prompt % 2 == 0 ? .prompt : .worker, "out of order"))
    } else {
      var payload = deltas.payload(
        run: run, prompt: fence.prompt, origin: runs[run].origin(of: fence.prompt), kernel: workers[number].kernel)
      if hasFaults, random.chance(faults.corruption) { corrupt(&payload, run: run, fence) }
      outcome = .computed(payload: payload, computeMilliseconds: 1000)
    }
    let actions = workers[number].process!.machine.finish(fence, outcome, at: clock)
    try perform(actions, worker: number)
  }

  /// Corrupts a payload: half of it, the delta of another prompt, or the other origin.
  private mutating func corrupt(_ payload: inout [UInt8], run: Int, _ fence: Fence) {
    count(.invalidDelta)
    trace("a delta of prompt \(fence.prompt) is invalid")
    let origin = runs[run].origin(of: fence.prompt)
    switch random.integer(in: 0...2) {
    case 0: payload.removeLast(payload.count / 2)
    case 1: payload = SyntheticGraph.delta(prompt: fence.prompt + 1, origin: origin).payload()
    default:
      let other = origin == .domain ? PromptOrigin.baseline : .domain
      payload = SyntheticGraph.delta(prompt: fence.prompt, origin: other).payload()
    }
  }
}
