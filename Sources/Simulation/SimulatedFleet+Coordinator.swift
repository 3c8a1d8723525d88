// autointerp
// The coordinator's process and its disk.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol
internal import ClusterTransport
internal import Coordinator

extension SimulatedFleet {
  mutating func startCoordinator() throws {
    coordinatorGeneration += 1
    var machine = FleetMachine(settings: scenario.settings, epoch: Int64(coordinatorGeneration))
    let actions = machine.add(try disk.open(), now: clock)
    coordinator = CoordinatorProcess(machine: machine, generation: coordinatorGeneration)
    trace("coordinator starts, \(disk.ledger.digests.count) prompts are done")
    try perform(actions)
    schedule(.coordinatorTicks(generation: coordinatorGeneration), after: tickInterval)
    // The last coordinator may have died between the last transaction and the news of it.
    if coordinator?.machine.state(of: Self.run) == .complete { try runFinished() }
  }

  var tickInterval: SimulatedTime { scenario.settings.heartbeat.milliseconds * 1000 / 2 }

  mutating func tickCoordinator(generation: Int) throws {
    guard coordinator?.generation == generation else { return }
    let actions = coordinator!.machine.tick(now: clock)
    try perform(actions)
    schedule(.coordinatorTicks(generation: generation), after: tickInterval)
  }

  /// The process dies. A transaction that was under way is either on the disk or not.
  mutating func crashCoordinator() throws {
    guard let process = coordinator, hasFaults else { return }
    if let writes = process.writeUnderWay, !isDiskFull, random.chance(0.5) {
      try disk.commit(writes)
      trace("coordinator crashes, its last transaction is on the disk")
    } else {
      trace("coordinator crashes")
    }
    coordinator = nil
    schedule(.coordinatorStarts, within: scenario.coordinatorRestart)
  }

  mutating func coordinatorReceives(_ message: WorkerMessage, from peer: PeerID, worker: Int) throws {
    guard coordinator != nil else { return }
    trace("coordinator < \(peer.bytes): \(summary(message))")
    guard case .delta(let report) = message else {
      let actions = coordinator!.machine.receive(message, from: peer, now: clock)
      return try perform(actions)
    }
    coordinator!.lastTicket += 1
    let ticket = DeltaTicket(coordinator!.lastTicket)
    coordinator!.tickets.insert(ticket)
    let receipt = DeltaReceipt(
      ticket: ticket, fence: report.fence, digest: SyntheticGraph.digest(prompt: report.fence.prompt),
      computeMilliseconds: report.computeMilliseconds)
    let actions = coordinator!.machine.accept(receipt, from: peer, now: clock)
    try perform(actions)
  }

  mutating func perform(_ actions: [FleetAction]) throws {
    for action in actions {
      switch action {
      case .send(let message, let peer):
        let worker = SimulatedWorker.number(of: peer)
        trace("coordinator > \(peer.bytes): \(summary(message))")
        if case .acknowledged(let fence) = message { try checkAcknowledgement(fence) }
        transmit(.toWorker(message, worker: worker, peer: peer), worker: worker)
      case .write(_, let writes):
        guard coordinator?.writeUnderWay == nil else {
          throw SimulationFailure.brokenInvariant("two writes of a run are under way")
        }
        coordinator?.writeUnderWay = writes
        let generation = coordinatorGeneration
        schedule(.writeEnds(generation: generation, writes), within: scenario.commitTime)
      case .discard(let ticket):
        guard coordinator?.tickets.remove(ticket) != nil else {
          throw SimulationFailure.brokenInvariant("a delta is let go twice")
        }
      case .finished:
        trace("run is complete")
        try runFinished()
      case .note(let text):
        trace("note: \(text)")
      }
    }
  }

  var isDiskFull: Bool { hasFaults && scenario.diskFull.contains { $0.contains(now) } }

  mutating func endWrite(generation: Int, _ writes: [RunWrite]) throws {
    guard coordinator?.generation == generation else { return }
    coordinator!.writeUnderWay = nil
    guard !isDiskFull else {
      trace("disk is full")
      let actions = coordinator!.machine.writeFailed(run: Self.run, error: "disk full", now: clock)
      return try perform(actions)
    }
    for case .delta(let receipt, _, _) in writes {
      guard coordinator!.tickets.remove(receipt.ticket) != nil else {
        throw SimulationFailure.brokenInvariant("a delta is written after it was let go")
      }
    }
    try disk.commit(writes)
    trace("disk has \(writes.count) more facts")
    let actions = coordinator!.machine.written(run: Self.run, now: clock)
    try perform(actions)
  }

  /// An acknowledged delta is on the disk, unless nobody wants it any more.
  private func checkAcknowledgement(_ fence: Fence) throws {
    guard deltaFences.contains(fence), !disk.holds(fence.prompt), disk.ledger.state == .unfinished else { return }
    guard coordinator?.machine.quarantinedPrompts(of: Self.run).contains(fence.prompt) != true else { return }
    throw SimulationFailure.brokenInvariant("prompt \(fence.prompt) is acknowledged, but not on the disk")
  }

  /// The run is over. Prompts that were quarantined although nothing is wrong with them are retried, as a person would,
  /// once the faults are over.
  private mutating func runFinished() throws {
    let wrongly = coordinator!.machine.quarantinedPrompts(of: Self.run).filter { scenario.natures[$0] == nil }
    guard !wrongly.isEmpty else {
      finishedAt = now
      return
    }
    statistics.wronglyQuarantined += wrongly.count
    retries += 1
    guard retries <= 20 else { throw SimulationFailure.stuck("prompts \(wrongly) are quarantined for no reason") }
    trace("retry: prompts \(wrongly) were quarantined by bad luck")
    retriedAt = now
    let actions = coordinator!.machine.retry(Self.run, now: clock)
    try perform(actions)
  }

  /// Every prompt is merged once or quarantined with a reason, and the result is that of a history without faults.
  func checkEnd() throws {
    let quarantined = Dictionary(
      uniqueKeysWithValues: disk.ledger.quarantined.map { ($0.prompt, $0.reason) })
    for prompt in Int32(0)..<Int32(scenario.promptCount) {
      let merges = disk.mergeCounts[prompt] ?? 0
      switch quarantined[prompt] {
      case nil where merges != 1:
        throw SimulationFailure.brokenInvariant("prompt \(prompt) was merged \(merges) times")
      case let reason? where merges != 0 || reason.isEmpty:
        throw SimulationFailure.brokenInvariant("prompt \(prompt) is quarantined, and merged or without a reason")
      default: break
      }
      guard
        disk.ledger.digests[prompt] == nil || disk.ledger.digests[prompt] == SyntheticGraph.digest(prompt: prompt).bytes
      else { throw SimulationFailure.brokenInvariant("prompt \(prompt) has the delta of another") }
    }
    guard disk.ledger.state == .complete else {
      throw SimulationFailure.brokenInvariant("the run is complete, but not on the disk")
    }
    guard let aggregate = disk.aggregate else { return }
    var faultless = EdgeAggregate()
    let specification = disk.specification
    for prompt in Int32(0)..<Int32(scenario.promptCount) where quarantined[prompt] == nil {
      try faultless.merge(SyntheticGraph.delta(prompt: prompt, origin: specification.prompts[Int(prompt)].origin))
    }
    let exports = [aggregate, faultless].map {
      EdgeStatisticsExport(aggregate: $0, specification: specification, quarantined: Array(quarantined.keys)).bytes()
    }
    guard exports[0] == exports[1], aggregate == faultless else {
      throw SimulationFailure.brokenInvariant("the aggregate differs from that of a history without faults")
    }
  }

  func summary(_ message: WorkerMessage) -> String {
    func name(_ fence: Fence) -> String { "\(fence.prompt)/\(fence.attempt)" }
    return switch message {
    case .hello(let hello): "hello \(hello.worker) \(hello.incarnation % 1000)"
    case .delta(let report): "delta \(name(report.fence))"
    case .failed(let report): "failed \(name(report.fence))"
    case .heartbeat(let beat): "heartbeat " + beat.slots.map { "\(name($0.fence)) \($0.phase)" }.joined(separator: ", ")
    case .ready(let credit): "ready \(credit)"
    case .goodbye(let reason): "goodbye: \(reason)"
    }
  }

  func summary(_ message: CoordinatorMessage) -> String {
    func name(_ fence: Fence) -> String { "\(fence.prompt)/\(fence.attempt)" }
    return switch message {
    case .lease(let lease): "lease \(name(lease.fence))"
    case .acknowledged(let fence): "acknowledged \(name(fence))"
    case .welcome, .refused, .heartbeat, .unknownWorker, .drain: "\(message)"
    }
  }
}
