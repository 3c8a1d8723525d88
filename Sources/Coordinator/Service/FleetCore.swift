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
  private let refusals: RefusalLog
  private let logger: Logger
  private var machine: FleetMachine
  /// The keys that get in; nil without CURVE.
  private var allowList: AllowList?
  private var strikes = FrameStrikes()
  /// Runs whose files could not be opened.
  private var unusableRuns: Set<String> = []
  /// Runs whose files found no room at the start, and are opened as soon as there is some; with the reason.
  private(set) var unavailableRuns: [String: String] = [:]
  private(set) var vaults: [String: RunVault] = [:]
  private var deltas: [DeltaTicket: CheckedDelta] = [:]
  private var lastTicket: UInt64 = 0
  /// Those who wait for a run to end, and those who wait for another's opening of it.
  private var endWaiters: [Int: (run: String, continuation: CheckedContinuation<Void, any Error>)] = [:]
  private var nextWaiter = 0
  private var openings: [String: [CheckedContinuation<Void, Never>]] = [:]
  private var desertionWaiters: [CheckedContinuation<Void, Never>] = []
  /// Those who wait until so many writes of a run are durable.
  private var durabilityWaiters: [String: [(count: Int, continuation: CheckedContinuation<Void, any Error>)]] = [:]
  private var writesUnderWay = 0
  /// Pauses between attempts at the tables of finished runs, while they fail.
  private var archivePauses: [String: Duration] = [:]
  private var isShutDown = false

  init(
    settings: FleetSettings, epoch: Int64, softwareVersion: String, clock: FleetClock, refusals: RefusalLog,
    logger: Logger, jobs: AsyncStream<Job>.Continuation
  ) {
    machine = FleetMachine(settings: settings, epoch: epoch)
    self.softwareVersion = softwareVersion
    self.clock = clock
    self.refusals = refusals
    self.logger = logger
    self.jobs = jobs
    startedAt = clock.now
  }

  /// The bound socket, for its allow-list.
  private(set) var router: RouterSocket?
  func setRouter(_ router: RouterSocket, security: ServerSecurity) {
    self.router = router
    if case .curve(_, let allowList) = security { self.allowList = allowList }
  }

  /// From now on these keys get in and no others; workers with others lose their leases, which is nobody's fault.
  func replaceAllowList(_ allowList: AllowList) async {
    guard self.allowList != nil else { return }
    // First this, so that what the router took before is not taken from a worker that is sent away below.
    self.allowList = allowList
    await router?.replaceAllowList(allowList)
    refusals.forget(allowList)
    perform(machine.dismissWorkers(now: clock.now) { allowList.role(of: $0) == .worker })
    resumeDesertionWaiters()
  }

  private func isAllowed(_ peer: PeerID) -> Bool {
    guard let allowList else { return true }
    return peer.publicKey.map { allowList.role(of: $0) == .worker } ?? false
  }

  // MARK: What arrives

  func receive(_ message: WorkerMessage, from peer: PeerID) {
    guard isAllowed(peer) else { return }
    perform(machine.receive(message, from: peer, now: clock.now))
    if case .goodbye = message { resumeDesertionWaiters() }
  }

  func accept(_ delta: CheckedDelta, _ report: WorkerMessage.DeltaReport, from peer: PeerID) {
    guard isAllowed(peer) else { return }
    lastTicket += 1
    let ticket = DeltaTicket(lastTicket)
    deltas[ticket] = delta
    let receipt = DeltaReceipt(
      ticket: ticket, fence: report.fence, digest: delta.digest, computeMilliseconds: report.computeMilliseconds,
      byteCount: delta.payload.count)
    perform(machine.accept(receipt, from: peer, now: clock.now))
  }

  func reject(_ fence: Fence, error: String, from peer: PeerID) {
    guard isAllowed(peer) else { return }
    perform(machine.reject(fence, error: error.harmless, from: peer, now: clock.now))
  }

  /// Answers a frame that could not be read with the reason; after many of them nothing is taken from the peer any more.
  func refuse(_ peer: PeerID, reason: String) {
    refusals.note(frameOf: peer, reason: reason)
    if strikes.add(peer, now: clock.now) {
      refusals.noteIgnored(peer)
      if let router { jobs.yield { await router.ignore(peer) } }
    }
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
    unusableRuns.remove(name)
    unavailableRuns[name] = nil
    perform(machine.add(stored, now: clock.now))
    // A coordinator that died while it wrote the aggregate's tables left older ones, or none.
    if ledger.state == .complete, ledger.archivedPromptCount != ledger.digests.count { archive(name) }
  }

  /// The file of a run cannot be opened now; it is tried again.
  func noteUnavailable(run: String, reason: String) {
    if unavailableRuns[run] == nil { note("run \(run) cannot be opened, which is tried again: \(reason)") }
    unavailableRuns[run] = reason
  }

  /// The file of a run cannot be opened; `run` is nil when not even its name is known.
  func noteUnusable(run: String?, error: String) {
    logger.error("A run cannot be used", metadata: ["error": "\(error.harmless(maximumBytes: 2000))"])
    unusableRuns.insert(run ?? error)
    if let run { unavailableRuns[run] = nil }
    perform(machine.note(error: "a run cannot be used: \(error)", now: clock.now))
  }

  /// For the log, and the errors of the status.
  func note(_ text: String) { perform(machine.note(error: text, now: clock.now)) }

  func specification(of run: String) -> RunSpecification? { machine.specification(of: run) }
  func state(of run: String) -> RunState? { machine.state(of: run) }
  func doneCount(of run: String) -> Int { machine.doneCount(of: run) }
  func quarantinedPrompts(of run: String) -> [Int32] { machine.quarantinedPrompts(of: run) }

  func quarantinedPrompts(
    of run: String, from first: Int32, maximumBytes: Int
  ) -> (prompts: [QuarantinedPrompt], isLast: Bool)? {
    machine.quarantinedPrompts(of: run, from: first, maximumBytes: maximumBytes)
  }

  func resume(_ run: String) async throws {
    perform(machine.resume(run, now: clock.now))
    try await waitUntilDurable(run)
  }

  func cancel(_ run: String) async throws -> OrderOutcome {
    guard let outcome = machine.outcome(ofCancelling: run) else { throw CoordinatorError.unknownRun(run) }
    perform(machine.cancel(run, now: clock.now))
    if outcome == .cancelled { endWaits(for: run, with: .failure(CoordinatorError.cancelled(run: run))) }
    try await waitUntilDurable(run)
    return outcome
  }

  func retry(_ run: String) async throws -> OrderOutcome {
    guard let outcome = machine.outcome(ofRetrying: run) else { throw CoordinatorError.unknownRun(run) }
    perform(machine.retry(run, now: clock.now))
    try await waitUntilDurable(run)
    return outcome
  }

  /// Suspends until everything that the machine wants written for the run by now is on the disk: what a client was told to
  /// be done is done after a crash as well.
  ///
  /// - Throws: `notRunning` when the coordinator stops before that.
  private func waitUntilDurable(_ run: String) async throws {
    guard let counts = machine.writeCounts(of: run), counts.durable < counts.appended else { return }
    guard !isShutDown else { throw CoordinatorError.notRunning }
    try await withCheckedThrowingContinuation { durabilityWaiters[run, default: []].append((counts.appended, $0)) }
  }

  private func resumeDurabilityWaiters(of run: String) {
    guard let waiters = durabilityWaiters[run], let durable = machine.writeCounts(of: run)?.durable else { return }
    durabilityWaiters[run] = waiters.filter { $0.count > durable }
    for waiter in waiters where waiter.count <= durable { waiter.continuation.resume() }
  }

  /// True: the caller opens the run and must call `endOpening`. False: somebody else did meanwhile.
  func beginOpening(_ run: String) async -> Bool {
    guard machine.state(of: run) == nil else { return false }
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
    let refused = refusals.counts
    status.counters.connectionsRefused = refused.connections
    status.counters.framesRefused += refused.frames
    status.counters.runsUnusable = Int64(unusableRuns.count + unavailableRuns.count)
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
  ///
  /// A file that is damaged for good is told in the status, and no reason to send workers of other runs away.
  func storageProblems() -> [String] {
    machine.storageProblems
      + unavailableRuns.sorted { $0.key < $1.key }.map { "run \($0.key) cannot be opened yet: \($0.value)" }
  }

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
    for waiter in durabilityWaiters.values.joined() {
      waiter.continuation.resume(throwing: CoordinatorError.notRunning)
    }
    durabilityWaiters = [:]
  }

  // MARK: Actions

  private func perform(_ actions: [FleetAction]) {
    var messages: [Outbound] = []
    for action in actions {
      switch action {
      case .send(let message, let peer): messages.append(Outbound(message: .worker(message), peer: peer))
      case .discard(let ticket): deltas[ticket] = nil
      case .note(let text): logger.info("\(text.harmless(maximumBytes: 2000))")
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
    resumeDurabilityWaiters(of: run)
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
    jobs.yield {
      do {
        let snapshot = try await vault.snapshot()
        try await offPool(inBackground: true) { try vault.store.store(snapshot, now: now) }
        await self.archived(run)
      } catch {
        await self.archivingFailed(run, error: "\(error)")
      }
    }
  }

  private func archived(_ run: String) {
    writesUnderWay -= 1
    archivePauses[run] = nil
  }

  /// Tries again after a pause that grows, as long as the run is complete and the coordinator runs.
  private func archivingFailed(_ run: String, error: String) {
    writesUnderWay -= 1
    let settings = machine.settings
    if archivePauses[run] == nil { note("the tables of run \(run) cannot be written, which is tried again: \(error)") }
    let pause = archivePauses[run].map { min($0 * 2, settings.lastStorageRetry) } ?? settings.firstStorageRetry
    archivePauses[run] = pause
    jobs.yield {
      do { try await Task.sleep(for: pause) } catch { return }
      await self.archiveAgain(run)
    }
  }

  private func archiveAgain(_ run: String) {
    if machine.state(of: run) == .complete { archive(run) } else { archivePauses[run] = nil }
  }
}
