// autointerp
// `SimulatedFleet` plays one history of a coordinator, its disk, its workers and their network.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import ClusterTransport
internal import Coordinator
internal import Platform

/// A discrete-event simulation of a fleet. The machines of coordinator and workers, the order of writes, the deltas and
/// the aggregate are the real ones; network, disk, processes and time are simulated. Scenario and seed determine
/// everything that happens.
struct SimulatedFleet {
  enum Event {
    case toCoordinator(WorkerMessage, from: PeerID, worker: Int)
    case toWorker(CoordinatorMessage, worker: Int, peer: PeerID)
    case workerStarts(Int)
    case workerTicks(Int, incarnation: UInt64)
    case workerComputed(Int, incarnation: UInt64, Fence)
    /// Once a second: decides whether this worker crashes, stops or is asked to leave.
    case workerIsTried(Int, incarnation: UInt64)
    case coordinatorStarts
    case coordinatorTicks(generation: Int)
    case coordinatorCrashes
    case coordinatorPauses(until: SimulatedTime)
    case writeEnds(generation: Int, run: Int, [RunWrite])
    case operatorActs(OperatorAction)
    case phaseBegins(Int)
    case byzantineActs
    /// An operator's discard that waits until no delta to be discarded is being written.
    case operatorDiscards(generation: Int, run: Int, worker: Int)
    case operatorRepairs
    case clientAsks(Int)
    case toCoordinatorFromClient(Int, PeerID, request: UInt64, receipt: UInt64)
    case replyIsMade(generation: Int, client: Int, PeerID, request: UInt64)
    case clientReads(Int, generation: Int, request: UInt64, receipt: UInt64, bytes: Int)
  }

  /// The state that lives only as long as the coordinator's process.
  struct CoordinatorProcess {
    var machine: FleetMachine
    let generation: Int
    let startedAt: SimulatedTime
    var replies = Replies()
    /// By run.
    var writesUnderWay: [Int: [RunWrite]] = [:]
    /// By run and prompt: the digest of the delta that was kept last.
    var accepted: [Int: [Int32: DeltaDigest]] = [:]
    /// Connections of workers that were asked to leave and have not said hello since.
    var leaving: Set<PeerID> = []
    /// True if it ends once the workers have left.
    var isDraining = false
    /// The process is stopped until then.
    var resumesAt: SimulatedTime = 0
    /// The start of the last pause, and the last hello of each connection, for a sabotage.
    var pausedAt: SimulatedTime?
    var hellos: [PeerID: WorkerMessage] = [:]
    /// The heartbeat that is being handled.
    var beating: WorkerMessage.WorkerHeartbeat?
    /// The workers that had nothing to do at the last tick.
    var idle: Set<String> = []
    var events = 0
    /// The prompts in quarantine after the last event, by run.
    var quarantined: [Int: Set<Int32>] = [:]
    var strikes = FrameStrikes()
    /// Until when nothing is taken from a sender.
    var ignored: [PeerID.Sender: SimulatedTime] = [:]
    /// When it was asked to drain the fleet.
    var drainsSince: SimulatedTime?
  }

  let scenario: Scenario
  let sabotage: Sabotage?
  let isTraced: Bool
  /// Gets one line for everything that happens.
  private let sink: (String) -> Void
  var random: SeededRandom
  var now: SimulatedTime = 0
  var events = EventQueue<Event>()
  let deltas = DeltaSource()
  var runs: [SimulatedRun] = []
  var coordinator: CoordinatorProcess?
  var coordinatorGeneration = 0
  var workers: [SimulatedWorker] = []
  var statistics = SimulationStatistics()
  /// The prompts that the current event touched.
  var touched: [(run: Int, prompt: Int32)] = []
  /// The report of a failure that the coordinator receives now.
  var failureUnderWay: Fence?
  /// The delta that the coordinator receives now.
  var deltaUnderWay: Fence?
  var byzantine: ByzantineWorker?
  var clients: [SimulatedClient] = []
  /// True if an operator is on the way to repair damaged files.
  var awaitsRepair = false

  var phase = 0
  var phaseStart: SimulatedTime = 0
  /// If the fleet has not finished by then, it is stuck.
  var deadline = SimulatedTime.max
  var retriesInCalm = 0
  var isOver = false

  init(_ scenario: Scenario, seed: UInt64, sabotage: Sabotage? = nil, sink: ((String) -> Void)? = nil) {
    self.scenario = scenario
    self.sabotage = sabotage
    isTraced = sink != nil
    self.sink = sink ?? { _ in }
    random = SeededRandom(seed: seed)
    runs = scenario.runs.enumerated().map { SimulatedRun($0.element, number: $0.offset, seed: seed) }
    for number in 0..<scenario.workerCount {
      let isSlow = number > 0 && random.chance(scenario.slowWorkers)
      workers.append(
        SimulatedWorker(
          number: number, slots: random.integer(in: scenario.slots), isSlow: isSlow,
          isFailing: scenario.failingWorkers.contains(number), isForeign: scenario.foreignWorkers.contains(number),
          kernel: scenario.oddKernels.contains(number) ? .odd : .usual,
          key: scenario.hasKeys ? SimulatedWorker.key(number) : nil))
      events.schedule(.workerStarts(number), at: random.time(in: 0 ... .seconds(1)))
    }
    addByzantineWorker()
    addClients()
    events.schedule(.phaseBegins(0), at: 0)
    events.schedule(.operatorActs(.submit(run: 0)), at: 0)
    events.schedule(.coordinatorStarts, at: random.time(in: 0 ... .seconds(1)))
  }

  var faults: Faults { scenario.phases[phase] }
  var hasFaults: Bool { now < phaseStart + scenario.phases[phase].length }
  /// The time since the phase began.
  var phaseTime: SimulatedTime { now - phaseStart }
  var clock: Duration { .microseconds(now) }

  func trace(_ text: @autoclosure () -> String) {
    guard isTraced else { return }
    let milliseconds = now / 1000
    sink("\(milliseconds / 1000).\(String(1000 + milliseconds % 1000).dropFirst()) \(text())")
  }

  mutating func count(_ occurrence: Occurrence) { statistics.occurrences[occurrence] += 1 }

  /// Plays the history to its end.
  ///
  /// - Throws: `SimulationFailure` if a promise is broken.
  mutating func play() throws {
    while !isOver, let (time, event) = events.next() {
      precondition(time >= now, "time runs forwards")
      now = time
      guard now < deadline || hasFaults else { throw SimulationFailure.stuck(stateForPeople) }
      statistics.events += 1
      try handle(event)
      touched.removeAll(keepingCapacity: true)
    }
    statistics.simulatedTime = now
    statistics.promptsMerged = runs.reduce(0) { $0 + ($1.file?.digests.count ?? 0) }
    guard isOver else { throw SimulationFailure.stuck("nothing is going to happen any more") }
    for run in runs { try checkResult(of: run) }
  }

  private mutating func handle(_ event: Event) throws {
    if let resumption = resumption(after: event) { return events.schedule(event, at: resumption) }
    switch event {
    case .toCoordinator(let message, let peer, let worker):
      try coordinatorReceives(message, from: peer, worker: worker)
    case .toWorker(let message, let worker, let peer):
      try workerReceives(message, worker: worker, peer: peer)
    case .workerStarts(let worker): try startWorker(worker)
    case .workerTicks(let worker, let incarnation): try tickWorker(worker, incarnation: incarnation)
    case .workerComputed(let worker, let incarnation, let fence):
      try workerComputed(worker, incarnation: incarnation, fence)
    case .workerIsTried(let worker, let incarnation): try tryWorker(worker, incarnation: incarnation)
    case .coordinatorStarts: try startCoordinator()
    case .coordinatorTicks(let generation): try tickCoordinator(generation: generation)
    case .coordinatorCrashes: try crashCoordinator()
    case .coordinatorPauses(let end): pauseCoordinator(until: end)
    case .writeEnds(let generation, let run, let writes):
      try endWrite(generation: generation, run: run, writes)
    case .operatorActs(let action): try act(action)
    case .phaseBegins(let number): beginPhase(number)
    case .byzantineActs: try actByzantine()
    case .operatorDiscards(let generation, let run, let worker):
      try finishDiscard(generation: generation, run: run, worker: worker)
    case .operatorRepairs: try repairFiles()
    case .clientAsks(let client): try clientAsks(client)
    case .toCoordinatorFromClient(let client, let peer, let request, let receipt):
      coordinatorReceives(requestOf: client, peer, request: request, receipt: receipt)
    case .replyIsMade(let generation, let client, let peer, let request):
      try sendReply(generation: generation, client: client, peer, request: request)
    case .clientReads(let client, let generation, let request, let receipt, let bytes):
      clientReads(client, generation: generation, request: request, receipt: receipt, bytes: bytes)
    }
  }

  /// When the stopped process of an event's receiver runs again. Until then its events wait.
  private func resumption(after event: Event) -> SimulatedTime? {
    let resumesAt: SimulatedTime?
    switch event {
    case .toCoordinator, .coordinatorTicks, .writeEnds, .operatorActs, .operatorDiscards,
      .toCoordinatorFromClient, .replyIsMade:
      resumesAt = coordinator?.resumesAt
    case .toWorker(_, let worker, _), .workerTicks(let worker, _), .workerComputed(let worker, _, _),
      .workerIsTried(let worker, _):
      resumesAt = workers[worker].process?.resumesAt
    case .workerStarts, .coordinatorStarts, .coordinatorCrashes, .coordinatorPauses, .phaseBegins, .byzantineActs,
      .operatorRepairs, .clientAsks, .clientReads:
      resumesAt = nil
    }
    return resumesAt.flatMap { now < $0 ? $0 : nil }
  }

  private var stateForPeople: String {
    guard let machine = coordinator?.machine else { return "there is no coordinator" }
    let status = machine.status(softwareVersion: "", startedAt: .zero, now: clock)
    let runs = status.runs.map {
      "\($0.name) \($0.state): \($0.done) done, \($0.mergeLag) committing, \($0.inFlight) leased, \($0.queued) queued, "
        + "\($0.quarantined.count) quarantined"
    }
    let workers = status.workers.prefix(20).map { "\($0.name) \($0.state) \($0.prompts)" }
    let held = self.workers.prefix(20).compactMap { worker in
      worker.process.map {
        "\(worker.name) executes \($0.machine.executingCount) and holds \($0.machine.reportCount) reports"
      }
    }
    return (runs + workers + held).joined(separator: "; ")
  }

  mutating func schedule(_ event: Event, after time: SimulatedTime) {
    events.schedule(event, at: now + time)
  }

  mutating func schedule(_ event: Event, within times: ClosedRange<SimulatedTime>) {
    events.schedule(event, at: now + random.time(in: times))
  }
}
