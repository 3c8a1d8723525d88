// autointerp
// One history: a coordinator, its disk, its workers and the network between them.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol
internal import ClusterTransport
internal import Coordinator

/// A discrete-event simulation of a fleet. The machines of coordinator and workers are the real ones; network, disk,
/// processes and time are not. Scenario and seed determine everything that happens.
struct SimulatedFleet {
  enum Event {
    case toCoordinator(WorkerMessage, from: PeerID, worker: Int)
    case toWorker(CoordinatorMessage, worker: Int, peer: PeerID)
    case workerStarts(Int)
    case workerTicks(Int, incarnation: UInt64)
    case workerComputed(Int, incarnation: UInt64, Fence)
    /// Once a second: may this worker crash, or be asked to leave?
    case workerIsTried(Int, incarnation: UInt64)
    case coordinatorStarts
    case coordinatorTicks(generation: Int)
    case coordinatorCrashes
    case writeEnds(generation: Int, [RunWrite])
  }

  /// What only lives as long as the coordinator's process.
  struct CoordinatorProcess {
    var machine: FleetMachine
    var generation: Int
    var writeUnderWay: [RunWrite]?
    var lastTicket: UInt64 = 0
    var tickets: Set<DeltaTicket> = []
  }

  /// Lines of text, shared by everything that writes them.
  final class History {
    var lines: [String] = []
  }

  static let run = "simulated"
  static let model = "simulated model"
  /// A fleet that has not finished this long after the last fault is stuck.
  static let patience: SimulatedTime = .seconds(3600)

  let scenario: Scenario
  var random: SeededRandom
  var now: SimulatedTime = 0
  var events = EventQueue<Event>()
  var disk: SimulatedDisk
  var coordinator: CoordinatorProcess?
  var coordinatorGeneration = 0
  var workers: [SimulatedWorker] = []
  /// Fences under which a delta was sent and no failure: an acknowledgement of one says that its prompt is safe.
  var deltaFences: Set<Fence> = []
  var finishedAt: SimulatedTime?
  var retries = 0
  var statistics = SimulationStatistics()
  /// What happened, when somebody wants to know.
  let history: History?

  init(_ scenario: Scenario, seed: UInt64, isTraced: Bool) {
    self.scenario = scenario
    random = SeededRandom(seed: seed)
    history = isTraced ? History() : nil
    let prompts = (0..<scenario.promptCount).map {
      RunPrompt(origin: $0 % 3 == 0 ? .baseline : .domain, text: "prompt \($0)")
    }
    disk = SimulatedDisk(
      RunSpecification(
        name: Self.run, modelName: Self.model, modelFingerprint: nil, template: TemplateSpecification(name: "raw"),
        settings: AttributionSettings(), corpusDigest: "", corpusName: "simulated", seed: seed, prompts: prompts),
      usesRealDeltas: scenario.usesRealDeltas)
    for number in 0..<scenario.workerCount {
      let isSlow = random.chance(scenario.slowWorkers)
      workers.append(SimulatedWorker(number: number, slots: random.integer(in: scenario.slots), isSlow: isSlow))
      events.schedule(.workerStarts(number), at: random.time(in: 0 ... .seconds(1)))
    }
    events.schedule(.coordinatorStarts, at: random.time(in: 0 ... .seconds(1)))
    for time in scenario.coordinatorCrashes { events.schedule(.coordinatorCrashes, at: time) }
  }

  var hasFaults: Bool { now < scenario.faultsEnd }
  var clock: Duration { .microseconds(now) }

  func trace(_ text: @autoclosure () -> String) {
    guard let history else { return }
    let milliseconds = now / 1000
    history.lines.append("\(milliseconds / 1000).\(String(1000 + milliseconds % 1000).dropFirst()) \(text())")
  }

  /// Lets the history take its course.
  ///
  /// - Throws: `SimulationFailure` when a promise is broken.
  mutating func play() throws {
    var step = 0
    while finishedAt == nil, let (time, event) = events.next() {
      precondition(time >= now, "time runs forwards")
      now = time
      guard now < max(scenario.faultsEnd, lastRetryAt) + Self.patience else {
        throw SimulationFailure.stuck(coordinator.map { describe($0.machine) } ?? "there is no coordinator")
      }
      try handle(event)
      step += 1
      if step % scenario.checkInterval == 0, coordinator != nil {
        let isDeep = scenario.checkInterval == 1 && step % 64 == 0
        if let broken = coordinator!.machine.brokenInvariants(deep: isDeep).first {
          throw SimulationFailure.brokenInvariant(broken)
        }
      }
    }
    statistics.events = step
    statistics.simulatedTime = now
    statistics.promptsMerged = disk.mergeCounts.count
    guard finishedAt != nil else { throw SimulationFailure.stuck("nothing is going to happen any more") }
    try checkEnd()
  }

  private var lastRetryAt: SimulatedTime { retries == 0 ? 0 : retriedAt }
  var retriedAt: SimulatedTime = 0

  private func describe(_ machine: FleetMachine) -> String {
    let status = machine.status(softwareVersion: "", startedAt: .zero, now: clock)
    let runs = status.runs.map {
      "\($0.state): \($0.done) done, \($0.mergeLag) committing, \($0.inFlight) leased, \($0.queued) queued, "
        + "\($0.quarantined.count) quarantined"
    }
    let workers = status.workers.map { "\($0.name) \($0.state) \($0.prompts)" }
    return (runs + workers).joined(separator: "; ")
  }

  private mutating func handle(_ event: Event) throws {
    switch event {
    case .toCoordinator(let message, let peer, let worker):
      try coordinatorReceives(message, from: peer, worker: worker)
    case .toWorker(let message, let worker, let peer):
      workerReceives(message, worker: worker, peer: peer)
    case .workerStarts(let worker): startWorker(worker)
    case .workerTicks(let worker, let incarnation): tickWorker(worker, incarnation: incarnation)
    case .workerComputed(let worker, let incarnation, let fence):
      workerComputed(worker, incarnation: incarnation, fence)
    case .workerIsTried(let worker, let incarnation): tryWorker(worker, incarnation: incarnation)
    case .coordinatorStarts: try startCoordinator()
    case .coordinatorTicks(let generation): try tickCoordinator(generation: generation)
    case .coordinatorCrashes: try crashCoordinator()
    case .writeEnds(let generation, let writes): try endWrite(generation: generation, writes)
    }
  }

  // MARK: Network

  /// Schedules what becomes of a message on its way: nothing, once, or twice, sooner or later.
  mutating func transmit(_ event: Event, worker: Int) {
    statistics.messages += 1
    if hasFaults {
      let isCut = scenario.partitions.contains { $0.span.contains(now) && $0.workers.contains(worker) }
      if isCut || random.chance(scenario.loss) { return trace("lost: message of \(workers[worker].name)") }
      if random.chance(scenario.duplication) { schedule(event, after: travelTime()) }
    }
    schedule(event, after: travelTime())
  }

  private mutating func travelTime() -> SimulatedTime {
    let isLate = hasFaults && random.chance(scenario.delay)
    return random.time(in: isLate ? 0...scenario.longDelay : scenario.latency)
  }

  mutating func schedule(_ event: Event, after time: SimulatedTime) {
    events.schedule(event, at: now + time)
  }

  mutating func schedule(_ event: Event, within times: ClosedRange<SimulatedTime>) {
    events.schedule(event, at: now + random.time(in: times))
  }
}
