// autointerp
// `FleetCore` feeds events to the `FleetMachine` and performs the actions that it returns.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol
internal import ClusterTransport
internal import Logging
internal import Platform
internal import Synchronization

/// Work that takes long. The coordinator performs it in separate tasks.
enum FleetWork: Sendable {
  case write(run: String, [RunWrite], to: RunVault)
  /// After a pause, writes the aggregate's tables into the file of a finished run.
  case archive(run: String, after: Duration)
  /// Writes an export to where clients read it.
  case spool(SpooledExport)
  /// Ignore this sender for a while.
  case ignore(PeerID.Sender)
}

/// Feeds the machine and performs its actions. Nothing here blocks: frames leave through `outbox`, and long work leaves
/// through `work` and is answered by `finished`. Events are therefore handled in the order in which they arrive.
actor FleetCore {
  nonisolated let clock: FleetClock
  /// Counted by the code that receives and sends, without a hop to this actor for each frame.
  nonisolated let traffic = Mutex(FleetStatus.Counters())
  nonisolated let outbox = Outbox()
  nonisolated let work: AsyncStream<FleetWork>
  private nonisolated let workInput: AsyncStream<FleetWork>.Continuation
  private nonisolated let waiters = Waiters()
  private let startedAt: Duration
  private let aggregateLimit: Int64
  private let softwareVersion: String
  private let refusals: RefusalLog
  private let logger: Logger
  private var machine: FleetMachine
  private var admission: Admission
  private var directory = VaultDirectory()
  /// Whether a run that is being read was cancelled.
  private var cancelledRebuilds: [String: Bool] = [:]
  private nonisolated let timings = Mutex(FleetTimings())
  private var outsideProblems: [String: String] = [:]
  private(set) var worksUnderWay = 0
  /// Finished runs whose tables are to be written. One is written at a time, because each needs its statistics in memory.
  private var archivesWaiting: [String] = []
  private var archiveUnderWay: String?
  /// The pauses between attempts to write the tables of finished runs, while the attempts fail.
  private var archivePauses: [String: Duration] = [:]

  init(_ configuration: CoordinatorConfiguration, clock: FleetClock, refusals: RefusalLog, logger: Logger) {
    // Every start uses a higher epoch. Leases carry the epoch of their run's file.
    machine = FleetMachine(settings: configuration.fleet, epoch: clock.now.components.seconds)
    admission = Admission(configuration.security)
    softwareVersion = configuration.softwareVersion
    aggregateLimit = configuration.fleet.maximumAggregateBytes
    self.clock = clock
    self.refusals = refusals
    self.logger = logger
    (work, workInput) = AsyncStream<FleetWork>.makeStream()
    startedAt = clock.now
  }

  // MARK: What arrives

  func receive(_ message: WorkerMessage, from peer: PeerID) {
    if admission.allows(peer) { perform(machine.receive(message, from: peer, now: clock.now)) }
  }

  func accept(_ delta: CheckedDelta, from peer: PeerID) {
    if admission.allows(peer), !directory.isRebuilding(delta.fence.run) {
      perform(machine.accept(delta, from: peer, now: clock.now))
    }
  }

  /// The fingerprint of the run's model or, before it has one, of the model of the worker at `peer`. A run's model never
  /// changes, so that a delta cannot be checked for one model and accepted for another.
  func modelFingerprint(of run: String, for peer: PeerID) -> String {
    machine.modelFingerprint(of: run) ?? machine.fingerprint(at: peer) ?? ""
  }

  /// The fingerprint whose card is wanted from the worker at `peer`; nil if no card is wanted from it.
  func wantedCard(from peer: PeerID) -> String? { admission.allows(peer) ? machine.wantedCard(from: peer) : nil }

  /// Returns true if the machine has the card now.
  func learn(card: [UInt8], of fingerprint: String, from peer: PeerID) -> Bool {
    if admission.allows(peer) {
      perform(machine.learn(card: card, of: fingerprint, from: peer, now: clock.now))
    }
    return machine.knowsCard(of: fingerprint)
  }

  /// Handles a delta without a grant, or another message that no honest worker sends.
  func acknowledgeForged(_ fence: Fence, from peer: PeerID) {
    // While a run is read back, its workers keep their results and send them again.
    if admission.allows(peer), !directory.isRebuilding(fence.run) {
      perform(machine.refuse(fence, from: peer, now: clock.now))
    }
  }

  func reject(_ fence: Fence, error: String, from peer: PeerID) {
    if admission.allows(peer) { perform(machine.reject(fence, error: error.harmless, from: peer, now: clock.now)) }
  }

  /// Answers a frame that could not be decoded with the reason. A worker ends at such an answer, so it has left and gets no
  /// more leases.
  func refuse(_ peer: PeerID, weight: Int = 1, reason: String) {
    outbox.add([Outbound(message: .worker(.refused(reason: reason)), peer: peer)])
    if machine.fingerprint(at: peer) != nil {
      perform(machine.receive(.goodbye(reason: reason), from: peer, now: clock.now))
    }
    strike(peer, weight: weight, reason: reason)
  }

  /// Counts a frame that no honest peer sends. After too many of them, the sender is ignored for a while.
  private func strike(_ peer: PeerID, weight: Int, reason: String) {
    refusals.note(frameOf: peer, reason: reason)
    guard admission.strike(peer, weight: weight, now: clock.now) else { return }
    refusals.noteIgnored(peer)
    begin(.ignore(peer.sender))
  }

  /// Measures a step. Any thread may call it.
  nonisolated func record(_ duration: Duration, as step: any WritableKeyPath<FleetTimings, TimeHistogram> & Sendable) {
    timings.withLock { $0[keyPath: step].record(duration) }
  }

  func tick() {
    perform(machine.tick(now: clock.now))
    boundMemory()
  }

  /// True if the statistics in memory exceed their bound.
  var isOverMemory: Bool { aggregateBytes > aggregateLimit }

  private var aggregateBytes: Int64 {
    directory.open.values.reduce(0) { $0 + $1.figures.withLock { $0.aggregateBytes } }
  }

  /// Stops granting leases while the statistics in memory exceed their bound, and goes on once they have shrunk.
  private func boundMemory() {
    let bytes = aggregateBytes
    if bytes > aggregateLimit {
      perform(
        machine.hold(
          "the statistics of the runs need \(bytes >> 20) MiB of memory, more than the limit of \(aggregateLimit >> 20) "
            + "MiB (coordinator.max_aggregate_mib); no run gets leases until one ends or is cancelled, or the limit is "
            + "raised", now: clock.now))
    } else if bytes < aggregateLimit / 10 * 9 {
      perform(machine.hold(nil, now: clock.now))
    }
  }

  /// The peer with the name that the allow-list gives its key.
  func requester(at peer: PeerID) -> Requester {
    Requester(key: peer.publicKey?.text, name: admission.name(of: peer), address: peer.address)
  }

  /// Workers whose keys are not on the list lose their leases; no prompt is blamed. Returns false without CURVE.
  func replaceAllowList(_ allowList: AllowList) -> Bool {
    guard admission.replace(allowList) else { return false }
    refusals.forget(allowList)
    perform(machine.dismissWorkers(now: clock.now) { allowList.role(of: $0) == .worker })
    return true
  }

  // MARK: Runs

  func add(_ stored: StoredRun, vault: RunVault) {
    let (name, ledger) = (stored.specification.name, stored.ledger)
    directory.add(vault, of: name)
    perform(machine.add(stored, now: clock.now))
    // A coordinator that died while writing the aggregate's tables left outdated tables, or none.
    if ledger.state == .complete, !ledger.isArchived { archive(name) }
  }

  /// The file of a run cannot be opened now. It is tried again.
  func noteUnavailable(run: String, reason: String) {
    if directory.setUnavailable(run, reason: reason) {
      note("run \(run) cannot be opened; trying again: \(reason)")
    }
  }

  /// The file of a run cannot be opened.
  func noteUnusable(_ error: CoordinatorError) {
    logger.error("A run cannot be used", metadata: ["error": "\("\(error)".harmless(maximumBytes: 2000))"])
    var inside: String?
    if case .misnamed(_, let run, _) = error { inside = run }
    directory.setUnusable(error.run, run: inside, reason: "\(error)")
    note("a run cannot be used: \(error)")
  }

  /// The results of a run are about to be read.
  func noteRebuilding(_ run: OpenedRun) {
    directory.setRebuilding(run.specification, finishedPrompts: run.ledger.digests.count, run.progress)
    cancelledRebuilds[run.specification.name] = run.ledger.state == .cancelled
    _ = directory.beginOpening(run.specification.name)
  }

  func rebuildingRun(_ run: String) -> (specification: RunSpecification, finishedPrompts: Int, isCancelled: Bool)? {
    directory.rebuildingRun(run).map { ($0.specification, $0.finishedPrompts, cancelledRebuilds[run] ?? false) }
  }

  /// Why there is no open run of this name.
  func absence(of run: String) -> CoordinatorError { directory.absence(of: run) }

  /// Notes something outside of the machine that keeps runs from going on. It stays in the status until it is nil again.
  func setProblem(_ subject: String, _ text: String?) { outsideProblems[subject] = text }

  /// Writes a line to the log and to the status's errors.
  func note(_ text: String) { perform(machine.note(error: text, now: clock.now)) }

  var vaults: [String: RunVault] { directory.open }
  var unavailableRuns: [String] { directory.unavailable.keys.sorted() }
  /// - Throws: `unknownRun`.
  func vault(of run: String) throws(CoordinatorError) -> RunVault { try directory.vault(of: run) }

  func specification(of run: String) -> RunSpecification? { machine.specification(of: run) }
  func state(of run: String) -> RunState? { machine.state(of: run) }
  func doneCount(of run: String) -> Int { machine.doneCount(of: run) }
  func quarantinedPrompts(of run: String) -> [Int32] { machine.quarantinedPrompts(of: run) }

  /// - Throws: `unknownRun`.
  func quarantinedPrompts(
    of run: String, from first: Int32, maximumBytes: Int
  ) throws(CoordinatorError) -> (prompts: [QuarantinedPrompt], isLast: Bool) {
    guard let page = machine.quarantinedPrompts(of: run, from: first, maximumBytes: maximumBytes) else {
      throw absence(of: run)
    }
    return page
  }

  /// Writes an order into the run's file and to the log, before it is carried out.
  private func note(_ kind: StoredOrder.Kind, _ detail: String, of run: String, by requester: Requester) {
    logger.notice(
      "Order",
      metadata: [
        "order": "\(kind.rawValue)", "run": "\(run.harmless)", "detail": "\(detail.harmless(maximumBytes: 500))",
        "key": "\(requester.key ?? "none")", "key-name": "\(requester.name.harmless)",
        "from": "\(requester.address.harmless)",
      ])
    perform(machine.note(requester.order(kind, detail, at: clock.now.milliseconds), run: run, now: clock.now))
  }

  func resume(_ run: String, by requester: Requester = .ownProcess) async throws {
    let done = machine.doneCount(of: run)
    let isCancelled = machine.state(of: run) == .cancelled
    note(
      .submit, isCancelled ? "resumes it with \(done) prompts done" : "\(done) prompts are done", of: run, by: requester
    )
    perform(machine.resume(run, now: clock.now))
    // On a full disk a client must not wait for the note of its order: there is nothing else to write.
    if isCancelled { try await waitUntilDurable(run) }
  }

  func cancel(_ run: String, by requester: Requester = .ownProcess) async throws -> OrderOutcome {
    try await waitUntilRead(run)
    guard let outcome = machine.outcome(ofCancelling: run) else { throw absence(of: run) }
    note(.cancel, outcome.words, of: run, by: requester)
    perform(machine.cancel(run, now: clock.now))
    if outcome == .cancelled { endWaits(for: run, with: .failure(CoordinatorError.cancelled(run: run))) }
    try await waitUntilDurable(run)
    return outcome
  }

  func retry(_ run: String, by requester: Requester = .ownProcess) async throws -> OrderOutcome {
    try await waitUntilRead(run)
    guard let outcome = machine.outcome(ofRetrying: run) else { throw absence(of: run) }
    note(.retry, outcome.words, of: run, by: requester)
    perform(machine.retry(run, now: clock.now))
    try await waitUntilDurable(run)
    return outcome
  }

  func discard(
    _ run: String, key: String?, worker: String?, by requester: Requester = .ownProcess
  ) async throws -> OrderOutcome {
    try await waitUntilRead(run)
    // A worker that goes on delivering must not keep the discard waiting for ever.
    perform(machine.bar(run, key: key, worker: worker, now: clock.now))
    defer { perform(machine.unbar(run, key: key, worker: worker, now: clock.now)) }
    while machine.outcome(ofDiscarding: run, key: key, worker: worker)?.isEarly == true {
      try await waitUntilDurable(run)
    }
    guard let (outcome, _) = machine.outcome(ofDiscarding: run, key: key, worker: worker) else {
      throw absence(of: run)
    }
    let whose = [key.map { "key \($0)" }, worker.map { "worker \($0)" }].compactMap { $0 }
    note(.discard, "\(outcome.words) of \(whose.joined(separator: " and "))", of: run, by: requester)
    perform(machine.discard(run, key: key, worker: worker, now: clock.now))
    try await waitUntilDurable(run)
    return outcome
  }

  /// Suspends until everything that the run has to write so far is on disk. What a client was told to be done is then
  /// still done after a crash.
  ///
  /// - Throws: `notRunning` if the coordinator stops before that.
  private func waitUntilDurable(_ run: String) async throws {
    guard let counts = machine.writeCounts(of: run), counts.durable < counts.appended else { return }
    try await waiters.wait(for: .writes(run: run, count: counts.appended))
  }

  /// Suspends while the results of the run are being read.
  private func waitUntilRead(_ run: String) async throws {
    while directory.isRebuilding(run) { try await waiters.wait(for: .opening(run: run)) }
  }

  /// Returns true if the caller must open the run and then call `endOpening`, false if another caller has opened it.
  func beginOpening(_ run: String) async throws -> Bool {
    guard machine.state(of: run) == nil else { return false }
    if directory.beginOpening(run) { return true }
    try await waiters.wait(for: .opening(run: run))
    return false
  }

  func endOpening(_ run: String) {
    directory.endOpening(run)
    waiters.resume { if case .opening(run) = $0 { true } else { false } }
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
    status.timings = timings.withLock { $0 }
    status.timings.leaseToDelta = machine.leaseToDelta
    status.counters.runsUnusable = Int64(directory.missingCount)
    let limits = FleetStatus.listedAtMost
    status.closedRuns = Array(directory.closedRuns.prefix(limits.closedRuns))
    status.problems = (problems() + machine.idleReasons).prefix(limits.problems).map {
      $0.harmless(maximumBytes: limits.bytes)
    }
    for i in status.runs.indices {
      if let figures = directory.open[status.runs[i].name]?.figures.withLock({ $0 }) { status.runs[i].add(figures) }
    }
    return status
  }

  /// Why some run gets no leases, one sentence each.
  ///
  /// A file that is permanently damaged appears in the status instead, because it must not send away the workers of
  /// other runs.
  func problems() -> [String] {
    outsideProblems.sorted { $0.key < $1.key }.map(\.value) + machine.problems + directory.problems
  }

  /// Frees the aggregates of finished runs that nobody has asked about for `idleTime`. Suspends while vaults are busy.
  func releaseAggregates(idleFor idleTime: Duration) async {
    let finished = directory.open.filter { name, _ in
      switch machine.state(of: name) {
      case .complete, .cancelled: true
      case .queued, .active, nil: false
      }
    }
    await withDiscardingTaskGroup { group in
      for vault in finished.values { group.addTask { await vault.releaseAggregate(idleFor: idleTime) } }
    }
  }

  // MARK: The end of runs and of the coordinator

  /// Suspends until the run is complete.
  ///
  /// - Throws: `cancelled`, `unknownRun`, `notRunning`; `CancellationError`.
  func waitForEnd(of run: String) async throws {
    try await waitUntilRead(run)
    switch machine.state(of: run) {
    case nil: throw absence(of: run)
    case .complete: return
    case .cancelled: throw CoordinatorError.cancelled(run: run)
    case .queued, .active: try await waiters.wait(for: .end(run: run))
    }
  }

  private func endWaits(for run: String, with result: Result<Void, any Error>) {
    waiters.resume(with: result) { if case .end(run) = $0 { true } else { false } }
  }

  /// Asks all workers to leave, and suspends until none is left or the coordinator stops. It always ends, since workers
  /// that do not say goodbye count as lost after the dead-after time.
  func drain(reason: String) async {
    perform(machine.drainFleet(reason: reason, now: clock.now))
    if !machine.isDeserted { try? await waiters.wait(for: .desertion) }
  }

  /// True if nothing waits to be written, except tables that could not be written.
  var isSettled: Bool {
    let isRetrying = archiveUnderWay.map { archivePauses[$0] != nil } ?? false
    return worksUnderWay == (isRetrying ? 1 : 0) && archivesWaiting.allSatisfy { archivePauses[$0] != nil }
      && machine.uncommittedCount == 0
  }

  nonisolated func shutDown() { waiters.shutDown() }

  // MARK: Actions

  private func perform(_ actions: [FleetAction]) {
    var messages: [Outbound] = []
    for action in actions {
      switch action {
      case .send(let message, let peer): messages.append(Outbound(message: .worker(message), peer: peer))
      case .strike(let peer, let reason): strike(peer, weight: FrameStrikes.deltaWeight, reason: reason)
      case .note(let text): logger.info("\(text.harmless(maximumBytes: 2000))")
      case .write(let run, let writes):
        guard let vault = directory.open[run] else { preconditionFailure("the run has no vault") }
        begin(.write(run: run, writes, to: vault))
      case .finished(let run):
        endWaits(for: run, with: .success(()))
        archive(run)
      }
    }
    if !messages.isEmpty { outbox.add(messages) }
    if machine.drainReason != nil, machine.isDeserted {
      waiters.resume { if case .desertion = $0 { true } else { false } }
    }
  }

  private func begin(_ work: FleetWork) {
    worksUnderWay += 1
    workInput.yield(work)
  }

  /// Starts making an export. It does not keep the coordinator from stopping.
  nonisolated func begin(spooling export: SpooledExport) { workInput.yield(.spool(export)) }

  /// Starts writing the tables in the background. Whoever waits for the run gets its statistics first.
  private func archive(_ run: String) {
    archivesWaiting.append(run)
    beginNextArchive()
  }

  private func beginNextArchive() {
    guard archiveUnderWay == nil, !archivesWaiting.isEmpty else { return }
    let run = archivesWaiting.removeFirst()
    archiveUnderWay = run
    begin(.archive(run: run, after: archivePauses[run] ?? .zero))
  }

  /// A piece of work has succeeded or failed.
  func finished(_ work: FleetWork, _ result: Result<Void, any Error>) {
    if case .spool(let export) = work {
      if case .failure(let error) = result { export.fail(error) }
      return
    }
    worksUnderWay -= 1
    switch (work, result) {
    case (.write(let run, _, _), .success):
      boundMemory()
      perform(machine.written(run: run, now: clock.now))
      let durable = machine.writeCounts(of: run)?.durable ?? 0
      waiters.resume { if case .writes(run, let count) = $0 { count <= durable } else { false } }
    case (.write(let run, _, _), .failure(let error)):
      logger.error("A run cannot be written", metadata: ["run": "\(run)", "error": "\(error)"])
      perform(machine.writeFailed(run: run, error: "\(error)", now: clock.now))
    case (.ignore, _), (.spool, _): break
    case (.archive(let run, _), .success):
      archivePauses[run] = nil
      archiveUnderWay = nil
      beginNextArchive()
    case (.archive(let run, let pause), .failure(let error)):
      if archivePauses[run] == nil {
        note("the tables of run \(run) cannot be written; trying again: \(error)")
      }
      archivePauses[run] = max(machine.settings.firstStorageRetry, min(pause * 2, machine.settings.lastStorageRetry))
      // Try again after a growing pause, as long as the run is complete.
      archiveUnderWay = nil
      if machine.state(of: run) == .complete { archive(run) } else { archivePauses[run] = nil }
      beginNextArchive()
    }
  }
}
