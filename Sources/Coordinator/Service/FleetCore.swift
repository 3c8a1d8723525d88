// autointerp
// The machine and what it needs to be performed.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol
internal import ClusterTransport
internal import Logging
internal import Synchronization

/// Feeds the machine and performs its actions. Nothing in here blocks or suspends: frames go out through `outbox`, what
/// takes time is handed to `jobs`, so events are handled in the order in which they arrive.
actor FleetCore {
  typealias Job = @Sendable () async -> Void

  nonisolated let clock: FleetClock
  /// Counted by those who receive and send, without a hop to this actor for each frame.
  nonisolated let traffic = Mutex(FleetStatus.Counters())
  nonisolated let outbox = Outbox()
  nonisolated let jobs: AsyncStream<Job>.Continuation
  private let startedAt: Duration
  private let softwareVersion: String
  private let logger: Logger
  private var machine: FleetMachine
  private(set) var vaults: [String: RunVault] = [:]
  private var deltas: [DeltaTicket: CheckedDelta] = [:]
  private var lastTicket: UInt64 = 0
  /// Those who wait for a run to end, and those who wait for another's opening of it.
  private var endWaiters: [Int: (run: String, continuation: CheckedContinuation<Void, any Error>)] = [:]
  private var nextWaiter = 0
  private var openings: [String: [CheckedContinuation<Void, Never>]] = [:]
  private var desertionWaiters: [CheckedContinuation<Void, Never>] = []
  private var writesUnderWay = 0
  private var isShutDown = false

  init(
    settings: FleetSettings, epoch: Int64, softwareVersion: String, clock: FleetClock, logger: Logger,
    jobs: AsyncStream<Job>.Continuation
  ) {
    machine = FleetMachine(settings: settings, epoch: epoch)
    self.softwareVersion = softwareVersion
    self.clock = clock
    self.logger = logger
    self.jobs = jobs
    startedAt = clock.now
  }

  /// The bound socket, for its allow-list.
  private(set) var router: RouterSocket?
  func setRouter(_ router: RouterSocket) { self.router = router }

  // MARK: What arrives

  func receive(_ message: WorkerMessage, from peer: PeerID) {
    perform(machine.receive(message, from: peer, now: clock.now))
    if case .goodbye = message { resumeDesertionWaiters() }
  }

  func accept(_ delta: CheckedDelta, _ report: WorkerMessage.DeltaReport, from peer: PeerID) {
    lastTicket += 1
    let ticket = DeltaTicket(lastTicket)
    deltas[ticket] = delta
    let receipt = DeltaReceipt(
      ticket: ticket, fence: report.fence, digest: delta.digest, computeMilliseconds: report.computeMilliseconds,
      byteCount: delta.payload.count)
    perform(machine.accept(receipt, from: peer, now: clock.now))
  }

  func reject(_ fence: Fence, error: String, from peer: PeerID) {
    perform(machine.reject(fence, error: error, from: peer, now: clock.now))
  }

  /// Answers a frame that could not be read with the reason.
  func refuse(_ peer: PeerID, reason: String) {
    machine.counters.framesRefused += 1
    logger.warning("Refused a frame", metadata: ["reason": "\(reason)"])
    outbox.add([Outbound(message: .worker(.refused(reason: reason)), peer: peer)])
  }

  func tick() {
    perform(machine.tick(now: clock.now))
    resumeDesertionWaiters()
  }

  // MARK: Runs

  func add(_ stored: StoredRun, vault: RunVault) {
    let (name, ledger) = (stored.specification.name, stored.ledger)
    vaults[name] = vault
    perform(machine.add(stored, now: clock.now))
    // A coordinator that died while it wrote the aggregate's tables left older ones, or none.
    if ledger.state == .complete, ledger.archivedPromptCount != ledger.digests.count { archive(name) }
  }

  func specification(of run: String) -> RunSpecification? { machine.specification(of: run) }
  func state(of run: String) -> RunState? { machine.state(of: run) }
  func doneCount(of run: String) -> Int { machine.doneCount(of: run) }
  func quarantinedPrompts(of run: String) -> [Int32] { machine.quarantinedPrompts(of: run) }

  func resume(_ run: String) { perform(machine.resume(run, now: clock.now)) }

  func cancel(_ run: String) throws {
    guard machine.state(of: run) != nil else { throw CoordinatorError.unknownRun(run) }
    perform(machine.cancel(run, now: clock.now))
    endWaits(for: run, with: .failure(CoordinatorError.cancelled(run: run)))
  }

  func retry(_ run: String) throws {
    guard machine.state(of: run) != nil else { throw CoordinatorError.unknownRun(run) }
    perform(machine.retry(run, now: clock.now))
  }

  /// True: the caller opens the run and must call `endOpening`. False: somebody else did meanwhile.
  func beginOpening(_ run: String) async -> Bool {
    guard openings[run] != nil else {
      openings[run] = []
      return true
    }
    await withCheckedContinuation { openings[run]?.append($0) }
    return false
  }

  func endOpening(_ run: String) {
    for waiter in openings.removeValue(forKey: run) ?? [] { waiter.resume() }
  }

  // MARK: Status

  func status() -> FleetStatus {
    var status = machine.status(softwareVersion: softwareVersion, startedAt: startedAt, now: clock.now)
    let traffic = traffic.withLock { $0 }
    status.counters.framesReceived = traffic.framesReceived
    status.counters.bytesReceived = traffic.bytesReceived
    status.counters.bytesSent = traffic.bytesSent
    for i in status.runs.indices {
      guard let figures = vaults[status.runs[i].name]?.figures.withLock({ $0 }) else { continue }
      status.runs[i].neurons = figures.neurons
      status.runs[i].edges = figures.edges
      status.runs[i].edgeUpdates = figures.edgeUpdates
      status.runs[i].domainDone = figures.domainDone
      status.runs[i].baselineDone = figures.baselineDone
      status.runs[i].deltaBytes = figures.deltaBytes
      status.runs[i].worstConservationResidual = figures.worstConservationResidual
      status.runs[i].aggregateBytes = figures.aggregateBytes
      status.runs[i].startedAt = figures.span?.begunAt
      let isOver = status.runs[i].state == .complete || status.runs[i].state == .cancelled
      status.runs[i].finishedAt = isOver ? figures.span?.endedAt : nil
    }
    return status
  }

  /// Why no leases are granted for some run, a sentence each.
  func storageProblems() -> [String] { machine.storageProblems }

  /// Finished runs that nobody asked about for `idleTime` give their aggregates' memory back.
  func releaseAggregates(idleFor idleTime: Duration) async {
    for (name, vault) in vaults {
      switch machine.state(of: name) {
      case .complete, .cancelled: await vault.releaseAggregate(idleFor: idleTime)
      case .queued, .active, nil: break
      }
    }
  }

  // MARK: The end of runs and of the coordinator

  /// Suspends until the run is complete.
  ///
  /// - Throws: `cancelled`, `unknownRun`, `notRunning`; `CancellationError`.
  func waitForEnd(of run: String) async throws {
    guard !isShutDown else { throw CoordinatorError.notRunning }
    switch machine.state(of: run) {
    case nil: throw CoordinatorError.unknownRun(run)
    case .complete: return
    case .cancelled: throw CoordinatorError.cancelled(run: run)
    case .queued, .active: break
    }
    nextWaiter += 1
    let number = nextWaiter
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        if Task.isCancelled {
          continuation.resume(throwing: CancellationError())
        } else {
          endWaiters[number] = (run, continuation)
        }
      }
    } onCancel: {
      jobs.yield { await self.giveUp(number) }
    }
  }

  private func giveUp(_ number: Int) {
    endWaiters.removeValue(forKey: number)?.continuation.resume(throwing: CancellationError())
  }

  private func endWaits(for run: String, with result: Result<Void, any Error>) {
    for (number, waiter) in endWaiters where waiter.run == run {
      endWaiters[number] = nil
      waiter.continuation.resume(with: result)
    }
  }

  func drain(reason: String) {
    perform(machine.drainFleet(reason: reason, now: clock.now))
    resumeDesertionWaiters()
  }

  /// Suspends until no worker is left. Workers that do not say goodbye are lost after the dead-after time, so it ends.
  func waitForDesertion() async {
    guard !machine.isDeserted, !isShutDown else { return }
    await withCheckedContinuation { desertionWaiters.append($0) }
  }

  private func resumeDesertionWaiters() {
    guard machine.isDeserted, !desertionWaiters.isEmpty else { return }
    for waiter in desertionWaiters { waiter.resume() }
    desertionWaiters = []
  }

  /// True when nothing waits to be written.
  var isSettled: Bool { writesUnderWay == 0 && deltas.isEmpty }

  func shutDown() {
    isShutDown = true
    for (_, waiter) in endWaiters { waiter.continuation.resume(throwing: CoordinatorError.notRunning) }
    endWaiters = [:]
    for waiter in desertionWaiters { waiter.resume() }
    desertionWaiters = []
  }

  // MARK: Actions

  private func perform(_ actions: [FleetAction]) {
    var messages: [Outbound] = []
    for action in actions {
      switch action {
      case .send(let message, let peer): messages.append(Outbound(message: .worker(message), peer: peer))
      case .discard(let ticket): deltas[ticket] = nil
      case .note(let text): logger.info("\(text)")
      case .write(let run, let writes): write(writes, run: run)
      case .finished(let run):
        endWaits(for: run, with: .success(()))
        archive(run)
      }
    }
    if !messages.isEmpty { outbox.add(messages) }
  }

  private func write(_ writes: [RunWrite], run: String) {
    guard let vault = vaults[run] else { preconditionFailure("a run without a vault") }
    var needed: [DeltaTicket: CheckedDelta] = [:]
    for case .delta(let receipt, _, _) in writes { needed[receipt.ticket] = deltas[receipt.ticket] }
    writesUnderWay += 1
    let now = clock.now.milliseconds
    jobs.yield { [needed] in
      do {
        try await vault.perform(writes, deltas: needed, now: now)
        await self.wrote(run, tickets: Array(needed.keys))
      } catch {
        await self.failedToWrite(run, error: "\(error)")
      }
    }
  }

  private func wrote(_ run: String, tickets: [DeltaTicket]) {
    writesUnderWay -= 1
    for ticket in tickets { deltas[ticket] = nil }
    perform(machine.written(run: run, now: clock.now))
  }

  private func failedToWrite(_ run: String, error: String) {
    writesUnderWay -= 1
    logger.error("A run cannot be written", metadata: ["run": "\(run)", "error": "\(error)"])
    perform(machine.writeFailed(run: run, error: error, now: clock.now))
  }

  /// Writes the aggregate's tables into the file of a finished run, beside everything else and after it: whoever waited
  /// for the run wants its statistics first.
  private func archive(_ run: String) {
    guard let vault = vaults[run] else { return }
    writesUnderWay += 1
    let now = clock.now.milliseconds
    jobs.yield { [logger] in
      do {
        let snapshot = try await vault.snapshot()
        try await offPool(inBackground: true) { try vault.store.store(snapshot, now: now) }
      } catch {
        logger.error("The aggregate cannot be written", metadata: ["run": "\(run)", "error": "\(error)"])
      }
      await self.archived()
    }
  }

  private func archived() { writesUnderWay -= 1 }
}
