// autointerp
// The workers' processes.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import ClusterTransport
internal import Worker

extension SimulatedFleet {
  mutating func startWorker(_ number: Int) {
    guard workers[number].process == nil else { return }
    let incarnation = random.next()
    let hello = WorkerMessage.Hello(
      worker: workers[number].name, incarnation: incarnation, host: "host \(number)", slots: workers[number].slots,
      modelName: Self.model, modelFingerprint: Self.model, softwareVersion: "simulated", computeKernel: "none")
    trace("\(workers[number].name) starts")
    var machine = WorkerMachine(hello: hello, settings: scenario.workerSettings)
    let actions = machine.start(at: clock)
    let peer = workers[number].connect()
    workers[number].process = SimulatedWorker.Process(machine: machine, incarnation: incarnation, peer: peer)
    perform(actions, worker: number)
    if scenario.workerCrashes > 0 || scenario.workerDrains > 0 {
      schedule(.workerIsTried(number, incarnation: incarnation), after: .seconds(1))
    }
  }

  mutating func tickWorker(_ number: Int, incarnation: UInt64) {
    guard workers[number].process?.incarnation == incarnation, workers[number].process?.tickAt == now else { return }
    workers[number].process!.tickAt = nil
    let actions = workers[number].process!.tick(at: clock)
    perform(actions, worker: number)
  }

  /// Sees to it that the machine is called when it has something to do.
  private mutating func scheduleTick(_ number: Int) {
    guard let process = workers[number].process, let deadline = process.machine.nextDeadline else { return }
    // Rounded up: a tick before its time does nothing.
    let time = max(now + 1, deadline.milliseconds * 1000 + 1000)
    guard time < process.tickAt ?? .max else { return }
    workers[number].process!.tickAt = time
    events.schedule(.workerTicks(number, incarnation: process.incarnation), at: time)
  }

  mutating func workerReceives(_ message: CoordinatorMessage, worker number: Int, peer: PeerID) {
    guard workers[number].process?.peer == peer else { return }
    let actions = workers[number].process!.machine.receive(message, at: clock)
    perform(actions, worker: number)
  }

  /// Once a second while there are faults.
  mutating func tryWorker(_ number: Int, incarnation: UInt64) {
    guard hasFaults, workers[number].process?.incarnation == incarnation else { return }
    if random.chance(scenario.workerCrashes) { return crashWorker(number) }
    if random.chance(scenario.workerDrains) {
      trace("\(workers[number].name) gets SIGTERM")
      let actions = workers[number].process!.machine.drain(reason: "SIGTERM", at: clock)
      perform(actions, worker: number)
    }
    schedule(.workerIsTried(number, incarnation: incarnation), after: .seconds(1))
  }

  mutating func crashWorker(_ number: Int) {
    trace("\(workers[number].name) dies")
    statistics.workerCrashes += 1
    workers[number].process = nil
    // Somebody stays, so that the work gets done.
    if hasFaults, number > 0, random.chance(scenario.workerDepartures) { return }
    schedule(.workerStarts(number), within: scenario.workerRestart)
  }

  private mutating func perform(_ actions: [WorkerAction], worker number: Int) {
    for action in actions {
      guard let peer = workers[number].process?.peer else { return }
      switch action {
      case .send(let message):
        if case .delta(let report) = message { deltaFences.insert(report.fence) }
        transmit(.toCoordinator(message, from: peer, worker: number), worker: number)
      case .compute(let lease):
        execute(lease.fence, worker: number)
      case .reconnect:
        workers[number].process!.peer = workers[number].connect()
      case .note(let text):
        trace("\(workers[number].name): \(text)")
      case .stop(let outcome):
        trace("\(workers[number].name) ends: \(outcome)")
        workers[number].process = nil
        // systemd starts it again.
        schedule(.workerStarts(number), within: scenario.workerRestart)
      }
    }
    scheduleTick(number)
  }

  private mutating func execute(_ fence: Fence, worker number: Int) {
    workers[number].process!.progress[fence] = 0
    let nature = scenario.natures[fence.prompt] ?? .ordinary
    guard nature != .hangs, !(hasFaults && random.chance(scenario.wedges)) else {
      workers[number].process!.hanging.insert(fence)
      return trace("\(workers[number].name) hangs in prompt \(fence.prompt)")
    }
    var time = random.time(in: scenario.computeTime)
    if workers[number].isSlow, hasFaults { time *= scenario.slowness }
    let incarnation = workers[number].process!.incarnation
    schedule(.workerComputed(number, incarnation: incarnation, fence), after: time)
  }

  mutating func workerComputed(_ number: Int, incarnation: UInt64, _ fence: Fence) {
    guard workers[number].process?.incarnation == incarnation else { return }
    let nature = scenario.natures[fence.prompt] ?? .ordinary
    if nature == .kills { return crashWorker(number) }
    workers[number].process!.progress[fence] = nil
    let outcome: LeaseOutcome =
      nature == .fails
      ? .failed(LeaseFailure(.prompt, "cannot be done")) : .computed(payload: [], computeMilliseconds: 1000)
    let actions = workers[number].process!.machine.finish(fence, outcome, at: clock)
    perform(actions, worker: number)
  }
}
