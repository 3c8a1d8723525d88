// autointerp
// `Coordinator` is the coordinator's service: it opens runs, binds the socket and serves workers and clients.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol
internal import ClusterTransport
package import Logging
internal import Platform
internal import ServiceLifecycle
internal import Synchronization

/// A coordinator: a router socket, the fleet machine, and a vault for each run.
///
/// `run()` serves until graceful shutdown, cancellation or `shutDown()`. Meanwhile the other methods may be called from
/// anywhere. Methods that need the service wait until it has started.
package final class Coordinator: Service {
  let configuration: CoordinatorConfiguration
  let stores: any RunStores
  let logger: Logger
  let core: FleetCore
  let exports = ExportCache()
  let contracts = RunContracts()
  let startup = Startup()
  let refusals: RefusalLog
  let submissions = Mutex(Submissions())
  let replies = Mutex(ReplyLedger())
  /// The bound socket.
  let router = Mutex<RouterSocket?>(nil)
  let stopping: AsyncStream<Void>.Continuation
  private let stops: AsyncStream<Void>

  package init(configuration: CoordinatorConfiguration, stores: any RunStores, logger: Logger) {
    self.configuration = configuration
    self.stores = stores
    self.logger = logger
    (stops, stopping) = AsyncStream<Void>.makeStream()
    let clock = FleetClock()
    refusals = RefusalLog(clock: clock, logger: logger)
    core = FleetCore(configuration, clock: clock, refusals: refusals, logger: logger)
  }

  /// Opens the runs, binds the socket and serves.
  ///
  /// - Throws: the error that kept it from starting: `CoordinatorError.runsDirectory`, `TransportError`.
  package func run() async throws {
    do {
      let toRebuild = try await openRuns()
      let loop = try SocketLoop()
      let router = RouterSocket(loop: loop, options: configuration.socket) { [refusals] in refusals.note($0) }
      let endpoint = try await router.bind(configuration.endpoint, security: configuration.security)
      self.router.withLock { $0 = router }
      logger.notice("Coordinator listening", metadata: ["endpoint": "\(endpoint)"])
      await startup.succeed(endpoint.description)
      await serve(router, toRebuild)
      await settle()
      await router.close()
      await loop.shutDown()
    } catch {
      await startup.fail(error)
      core.shutDown()
      stores.release()
      throw error
    }
  }

  private func serve(_ router: RouterSocket, _ toRebuild: [OpenedRun]) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.receive(from: router) }
      group.addTask { await self.send(through: router) }
      group.addTask { await self.work() }
      group.addTask { await self.tick() }
      group.addTask {
        await self.rebuild(toRebuild)
        await self.openUnavailableRuns()
      }
      group.addTask { await self.relieveMemory() }
      group.addTask { await self.releaseIdleAggregates() }
      let stops = stops
      await cancelWhenGracefulShutdown {
        for await _ in stops { break }
      }
      // Finish the writes in progress and send their acknowledgements.
      let end = ContinuousClock.now + self.configuration.shutdownGrace
      while ContinuousClock.now < end, !Task.isCancelled, await !self.core.isSettled {
        try? await Task.sleep(for: .milliseconds(10))
      }
      for vault in await self.core.vaults.values { vault.stopLoading() }
      group.cancelAll()
    }
  }

  private func settle() async {
    core.shutDown()
    for (name, vault) in await core.vaults {
      do { try await vault.close() } catch {
        logger.warning("A run's file was not closed cleanly", metadata: ["run": "\(name)", "error": "\(error)"])
      }
    }
    stores.release()
  }

  private func send(through router: RouterSocket) async {
    await core.outbox.forEachBatch { batch in
      let frames = batch.map { OutgoingFrame($0.frame, to: $0.peer) }
      var bytes = 0
      for (i, outcome) in await router.sendAll(frames).enumerated() {
        let sent = batch[i]
        switch outcome {
        case .success(.queued):
          bytes += frames[i].bytes.count
          core.keys.count(sent.peer) { $0.bytesSent += Int64(frames[i].bytes.count) }
        case .success(.unroutable): replies.withLock { $0.forget(sent.peer) }
        case .success(.congested):
          logger.debug("A peer reads its frames too slowly")
          if case .reply(_, let receipt) = sent.message { replies.withLock { $0.dropped(receipt, for: sent.peer) } }
        case .failure(let error): logger.error("A frame could not be sent", metadata: ["error": "\(error)"])
        }
      }
      core.traffic.withLock { [bytes] in $0.bytesSent += Int64(bytes) }
    }
  }

  /// Performs the core's long work, each piece in a task of its own.
  private func work() async {
    await withDiscardingTaskGroup { group in
      for await work in core.work {
        group.addTask {
          do {
            try await self.perform(work)
            await self.core.finished(work, .success(()))
          } catch is CancellationError {
          } catch {
            await self.core.finished(work, .failure(error))
          }
        }
      }
    }
  }

  private func perform(_ work: FleetWork) async throws {
    switch work {
    case .write(_, let writes, let vault):
      let start = ContinuousClock.now
      let written = try await vault.perform(writes, now: core.clock.now.milliseconds)
      core.record(.now - start, as: \.write)
      core.record(written.times.whole, as: \.commit)
      core.record(written.times.sync, as: \.sync)
      if let problem = written.problem {
        await core.note(
          "run \(vault.specification.name): its results are stored, but its statistics could not follow and are made again "
            + "from its file: \(problem)")
      }
    case .ignore(let sender):
      await router.withLock { $0 }?.ignore(sender, for: configuration.ignoreTime)
    case .spool(let export):
      let start = ContinuousClock.now
      let statistics = try await statistics(of: export.run)
      try await offPool { try statistics.write { try export.append($0) } }
      export.complete()
      core.record(.now - start, as: \.export)
    case .archive(let run, let pause):
      if pause > .zero { try await Task.sleep(for: pause) }
      let vault = try await core.vault(of: run)
      let (aggregate, resultsDigest) = try await vault.result()
      let now = core.clock.now.milliseconds
      // If results were discarded meanwhile, the run is not finished, and its end writes the tables.
      _ = try await offPool(inBackground: true) {
        try vault.store.store(aggregate, resultsDigest: resultsDigest, now: now)
      }
    }
  }

  private var tickInterval: Duration { max(configuration.fleet.heartbeat / 5, .milliseconds(10)) }

  /// Passes time on. It waits for no vault, which may be busy for minutes: silent workers are noticed all the same.
  private func tick() async {
    while !Task.isCancelled {
      await core.tick()
      await exports.expire()
      refusals.flush()
      submissions.withLock { $0.expire(now: core.clock.now) }
      // Clients ignore a reply to no request. If the connection is gone, the router says so.
      let probe = NumberedReply(number: 0, reply: .submitting(receivedBytes: 0)).encoded()
      core.outbox.add(
        replies.withLock { $0.overdue(now: core.clock.now) }.map { Outbound(message: .probe(probe), peer: $0) })
      try? await Task.sleep(for: tickInterval)
    }
  }

  /// Frees the statistics of finished runs early while those in memory exceed their bound.
  private func relieveMemory() async {
    while (try? await Task.sleep(for: tickInterval)) != nil {
      if await core.isOverMemory { await core.releaseAggregates(idleFor: .seconds(5)) }
    }
  }

  /// Removes from memory what a question about a finished run has read back.
  private func releaseIdleAggregates() async {
    let idleTime = configuration.aggregateIdleTime
    while (try? await Task.sleep(for: idleTime / 4)) != nil { await core.releaseAggregates(idleFor: idleTime) }
  }

  // MARK: Runs at the start

  /// Opens the files of all runs. Returns the runs whose results must be read back, which is left for later because it
  /// may take minutes; the others are ready.
  private func openRuns() async throws -> [OpenedRun] {
    let (stores, version, now) = (stores, configuration.softwareVersion, core.clock.now.milliseconds)
    let found = try await offPool { try stores.openAll(softwareVersion: version, now: now) }
    var toRebuild: [OpenedRun] = []
    for result in found {
      switch result {
      case .success(let store):
        do {
          let run = try await prepare(store)
          if run.needsRebuild {
            await core.noteRebuilding(run)
            toRebuild.append(run)
          } else {
            await openIfUsable(run)
          }
        } catch { await refuse(store, error) }
      case .failure(.unavailable(let run, let reason)): await core.noteUnavailable(run: run, reason: reason)
      case .failure(let error): await core.noteUnusable(error)
      }
    }
    return toRebuild
  }

  /// Reads back the results of the runs that have work left, one after the other.
  private func rebuild(_ runs: [OpenedRun]) async {
    for run in runs {
      // When the coordinator stops, what was not read yet is only closed.
      if Task.isCancelled { _ = try? await offPool { try run.store.finish() } } else { await openIfUsable(run) }
      await core.endOpening(run.specification.name)
    }
  }

  /// Tries to open the runs that found no disk space at the start, until each is open or known to be unusable.
  private func openUnavailableRuns() async {
    var pause = configuration.fleet.firstStorageRetry
    while await !core.unavailableRuns.isEmpty, (try? await Task.sleep(for: pause)) != nil {
      pause = min(pause * 2, configuration.fleet.lastStorageRetry)
      for run in await core.unavailableRuns {
        // A client that submits the run may be quicker.
        guard (try? await core.beginOpening(run)) == true else { continue }
        let (stores, version, now) = (stores, configuration.softwareVersion, core.clock.now.milliseconds)
        do {
          let store = try await offPool { try stores.openExisting(run, softwareVersion: version, now: now) }
          do { await openIfUsable(try await prepare(store)) } catch { await refuse(store, error) }
        } catch CoordinatorError.unavailable(_, let reason) {
          await core.noteUnavailable(run: run, reason: reason)
        } catch {
          await core.noteUnusable(
            error as? CoordinatorError ?? CoordinatorError.storage(run: run, reason: "\(error)"))
        }
        await core.endOpening(run)
      }
    }
  }

  /// A damaged file must not keep other runs from going on.
  private func openIfUsable(_ run: OpenedRun) async {
    do { try await open(run) } catch is CancellationError {
      _ = try? await offPool { try run.store.finish() }
    } catch { await refuse(run.store, error) }
  }

  /// Notes why a run cannot be used, and closes its file. A client that submits the run opens it again and gets the
  /// error.
  private func refuse(_ store: any RunStore, _ error: any Error) async {
    let name = try? store.specification().name
    if case AtlasError.diskFull = error, let name {
      await core.noteUnavailable(run: name, reason: "\(error)")
    } else if let error = error as? CoordinatorError {
      await core.noteUnusable(error)
    } else {
      await core.noteUnusable(CoordinatorError.storage(run: name ?? store.name, reason: "\(error)"))
    }
    _ = try? await offPool { try store.finish() }
  }

  /// Reads everything about a run but its results.
  func prepare(_ store: any RunStore) async throws -> OpenedRun {
    try await offPool { try OpenedRun(store) }
  }

  /// Puts an opened run into the machine. A run with work left is read back first; for a finished run its figures are
  /// enough.
  ///
  /// - Throws: what reading back throws; `CancellationError`. The store is then still open.
  func open(_ run: OpenedRun) async throws {
    let (store, specification, ledger) = (run.store, run.specification, run.ledger)
    let vault = RunVault(
      store, specification: specification, figures: run.figures.map(RunFigures.init) ?? RunFigures(),
      maximumBytes: configuration.fleet.maximumAggregateBytes, progress: run.progress)
    var stored = StoredRun(specification: specification, epoch: store.epoch, identity: store.identity, ledger: ledger)
    if let figures = run.figures {
      stored.computeKernels = Set(figures.computeKernels)
      stored.computeMilliseconds = figures.computeMilliseconds
    }
    if run.needsRebuild {
      let rebuilt = try await withTaskCancellationHandler {
        try await vault.load()
      } onCancel: {
        vault.stopLoading()
      }
      stored.computeKernels = rebuilt.computeKernels
      stored.computeMilliseconds = rebuilt.computeMilliseconds
    }
    contracts.add(specification, store.identity)
    if let fingerprint = specification.modelFingerprint, let card = run.card {
      contracts.add(card, of: fingerprint)
    }
    await core.add(stored, vault: vault)
    if let warning = store.warning { await core.note("run \(specification.name): \(warning)") }
    // This is not refused, because a fleet is upgraded during runs, and deltas of two versions are compared where both
    // compute a prompt. But readers of the result must be able to know.
    if ledger.state == .unfinished, run.begunBy != configuration.softwareVersion {
      await core.note(
        "run \(specification.name) was started by autointerp \(run.begunBy) and continues with \(configuration.softwareVersion): "
          + "its prompts are computed by different versions")
    }
  }
}
