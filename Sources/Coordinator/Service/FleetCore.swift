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
  nonisolated let keys: KeyTally
  nonisolated let outbox = Outbox()
  nonisolated let work: AsyncStream<FleetWork>
  private nonisolated let workInput: AsyncStream<FleetWork>.Continuation
  nonisolated let waiters = Waiters()
  nonisolated let timings = Mutex(FleetTimings())
  let startedAt: Duration
  let softwareVersion: String
  let refusals: RefusalLog
  let logger: Logger
  var machine: FleetMachine
  var directory = VaultDirectory()
  /// What keeps runs from going on and is not the machine's, by its subject.
  var outsideProblems: [String: String] = [:]
  private let aggregateLimit: Int64
  private(set) var admission: Admission
  private(set) var worksUnderWay = 0
  private var archives = ArchiveQueue()

  init(_ configuration: CoordinatorConfiguration, clock: FleetClock, refusals: RefusalLog, logger: Logger) {
    // Every start uses a higher epoch. Leases carry the epoch of their run's file.
    machine = FleetMachine(settings: configuration.fleet, epoch: clock.now.components.seconds)
    admission = Admission(configuration.security)
    softwareVersion = configuration.softwareVersion
    aggregateLimit = configuration.fleet.maximumAggregateBytes
    self.clock = clock
    self.refusals = refusals
    keys = refusals.keys
    self.logger = logger
    (work, workInput) = AsyncStream<FleetWork>.makeStream()
    startedAt = clock.now
  }

  // MARK: What arrives

  func receive(_ message: WorkerMessage, from peer: PeerID) {
    guard admission.allows(peer) else { return }
    if case .failed = message { keys.count(peer) { $0.failuresReported += 1 } }
    perform(machine.receive(message, from: peer, now: clock.now))
  }

  func accept(_ delta: CheckedDelta, from peer: PeerID) {
    guard admission.allows(peer), !directory.isRebuilding(delta.fence.run) else { return }
    let conflicting = machine.counters.deltasConflicting
    perform(machine.accept(delta, from: peer, now: clock.now))
    keys.count(peer) {
      $0.deltas += 1
      $0.deltasConflicting += machine.counters.deltasConflicting - conflicting
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
    // While a run is read back or waits to be repaired, its workers keep their results and send them again.
    if admission.allows(peer), !directory.isClosed(fence.run) {
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

  /// True if nothing waits to be written, except tables that could not be written.
  var isSettled: Bool {
    worksUnderWay == archives.retriesUnderWay && !archives.hasFirstAttempts && machine.uncommittedCount == 0
  }

  nonisolated func shutDown() { waiters.shutDown() }

  // MARK: Actions

  func perform(_ actions: [FleetAction]) {
    var messages: [Outbound] = []
    for action in actions {
      switch action {
      case .send(let message, let peer): messages.append(Outbound(message: .worker(message), peer: peer))
      case .strike(let peer, let reason): strike(peer, weight: FrameStrikes.deltaWeight, reason: reason)
      case .note(let text, let subject):
        logger.info("\(text.harmless(maximumBytes: 2000))", metadata: subject.metadata)
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
  func archive(_ run: String) {
    archives.add(run)
    beginNextArchive()
  }

  private func beginNextArchive() {
    if let (run, pause) = archives.next() { begin(.archive(run: run, after: pause)) }
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
    case (.archive, .success):
      archives.succeeded()
      beginNextArchive()
    case (.archive(let run, let pause), .failure(let error)):
      let settings = machine.settings
      let isFirst = archives.failed(
        after: pause, shortest: settings.firstStorageRetry, longest: settings.lastStorageRetry,
        isWanted: machine.state(of: run) == .complete)
      if isFirst { note("the tables of run \(run) cannot be written; trying again: \(error)") }
      beginNextArchive()
    }
  }
}

extension NoteSubject {
  fileprivate var metadata: Logger.Metadata {
    var metadata: Logger.Metadata = [:]
    if let run { metadata["run"] = "\(run.harmless)" }
    if let prompt { metadata["prompt"] = "\(prompt)" }
    if let worker { metadata["worker"] = "\(worker.harmless)" }
    if let key { metadata["key"] = "\(key)" }
    return metadata
  }
}
