// autointerp
// The coordinator as a service, and as an object to embed.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol
internal import ClusterTransport
package import Logging
internal import ServiceLifecycle
internal import Synchronization

/// A coordinator: a router socket, the fleet machine, and a vault for each run.
///
/// `run()` serves until graceful shutdown, cancellation or `shutDown()`; meanwhile the other methods may be called from
/// anywhere. Those that need the service wait until it is up.
package final class Coordinator: Service {
  let configuration: CoordinatorConfiguration
  let stores: any RunStores
  let logger: Logger
  let core: FleetCore
  let exports = ExportCache()
  let knownPrompts = KnownPrompts()
  let requestsUnderWay = Mutex<Set<RequestKey>>([])
  let startup = Startup()
  let refusals: RefusalLog
  let submissions = Mutex(Submissions())
  private let jobs: AsyncStream<FleetCore.Job>
  let stopping: AsyncStream<Void>.Continuation
  private let stops: AsyncStream<Void>

  package init(configuration: CoordinatorConfiguration, stores: any RunStores, logger: Logger) {
    self.configuration = configuration
    self.stores = stores
    self.logger = logger
    let (jobs, jobsInput) = AsyncStream<FleetCore.Job>.makeStream()
    (stops, stopping) = AsyncStream<Void>.makeStream()
    self.jobs = jobs
    let clock = FleetClock()
    refusals = RefusalLog(clock: clock, logger: logger)
    core = FleetCore(
      // Each start has a higher one, whatever runs there are; leases carry the epoch of their run's file.
      settings: configuration.fleet, epoch: clock.now.components.seconds,
      softwareVersion: configuration.softwareVersion, clock: clock, refusals: refusals, logger: logger,
      jobs: jobsInput)
  }

  /// Opens the runs, binds the socket and serves.
  ///
  /// - Throws: what keeps it from starting: `CoordinatorError.runsDirectory`, `TransportError`.
  package func run() async throws {
    do {
      try await openRuns()
      let loop = try SocketLoop()
      let router = RouterSocket(loop: loop, options: configuration.socket) { [refusals] in refusals.note($0) }
      let endpoint = try await router.bind(configuration.endpoint, security: configuration.security)
      await core.setRouter(router, security: configuration.security)
      logger.notice("Coordinator listening", metadata: ["endpoint": "\(endpoint)"])
      await startup.succeed(endpoint.description)
      await serve(router)
      await settle()
      await router.close()
      await loop.shutDown()
    } catch {
      await startup.fail(error)
      await core.shutDown()
      throw error
    }
  }

  private func serve(_ router: RouterSocket) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.receive(from: router) }
      group.addTask { await self.send(through: router) }
      group.addTask { await self.performJobs() }
      group.addTask { await self.tick() }
      group.addTask { await self.openUnavailableRuns() }
      group.addTask { await self.releaseIdleAggregates() }
      let stops = stops
      await cancelWhenGracefulShutdown {
        for await _ in stops { break }
      }
      // Writes that are under way are finished, and what they acknowledge is sent.
      let end = ContinuousClock.now + self.configuration.shutdownGrace
      while ContinuousClock.now < end, !Task.isCancelled, await !self.core.isSettled {
        try? await Task.sleep(for: .milliseconds(10))
      }
      group.cancelAll()
    }
  }

  private func settle() async {
    await core.shutDown()
    for (name, vault) in await core.vaults {
      do { try await vault.close() } catch {
        logger.warning("A run's file was not closed cleanly", metadata: ["run": "\(name)", "error": "\(error)"])
      }
    }
  }

  private func send(through router: RouterSocket) async {
    await core.outbox.forEachBatch { batch in
      let frames = batch.map { OutgoingFrame($0.frame, to: $0.peer) }
      var bytes = 0
      for (outcome, sent) in zip(await router.sendAll(frames), frames) {
        switch outcome {
        case .success(.queued): bytes += sent.bytes.count
        case .success(.unroutable): break
        case .success(.congested): logger.debug("A peer does not take its frames")
        case .failure(let error): logger.error("A frame was not sent", metadata: ["error": "\(error)"])
        }
      }
      core.traffic.withLock { [bytes] in $0.bytesSent += Int64(bytes) }
    }
  }

  private func performJobs() async {
    await withDiscardingTaskGroup { group in
      for await job in jobs { group.addTask { await job() } }
    }
  }

  private func tick() async {
    let interval = max(configuration.fleet.heartbeat / 5, .milliseconds(10))
    while !Task.isCancelled {
      await core.tick()
      await exports.expire()
      refusals.flush()
      submissions.withLock { $0.expire(now: core.clock.now) }
      try? await Task.sleep(for: interval)
    }
  }

  /// What a question about a finished run has read back is not kept for ever.
  private func releaseIdleAggregates() async {
    let idleTime = configuration.aggregateIdleTime
    while (try? await Task.sleep(for: idleTime / 4)) != nil { await core.releaseAggregates(idleFor: idleTime) }
  }

  // MARK: Runs at the start

  private func openRuns() async throws {
    let (stores, version, now) = (stores, configuration.softwareVersion, core.clock.now.milliseconds)
    let found = try await offPool { try stores.openAll(softwareVersion: version, now: now) }
    for result in found {
      switch result {
      case .success(let store): await openIfUsable(store)
      case .failure(.unavailable(let run, let reason)): await core.noteUnavailable(run: run, reason: reason)
      case .failure(let error): await core.noteUnusable(run: error.run, error: "\(error)")
      }
    }
  }

  /// Opens the runs that found no room on their disk at the start, again and again, until each is there or known to be
  /// unusable.
  private func openUnavailableRuns() async {
    var pause = configuration.fleet.firstStorageRetry
    while await !core.unavailableRuns.isEmpty, (try? await Task.sleep(for: pause)) != nil {
      pause = min(pause * 2, configuration.fleet.lastStorageRetry)
      for run in await core.unavailableRuns.keys.sorted() {
        // A client that submits the run may be quicker.
        guard await core.beginOpening(run) else { continue }
        let (stores, version, now) = (stores, configuration.softwareVersion, core.clock.now.milliseconds)
        do {
          await openIfUsable(
            try await offPool { try stores.openExisting(run, softwareVersion: version, now: now) })
        } catch CoordinatorError.unavailable(_, let reason) {
          await core.noteUnavailable(run: run, reason: reason)
        } catch {
          await core.noteUnusable(run: run, error: "\(error)")
        }
        await core.endOpening(run)
      }
    }
  }

  /// One damaged file keeps no other run from going on.
  private func openIfUsable(_ store: any RunStore) async {
    do {
      try await open(store)
    } catch {
      let specification = try? await offPool { try store.specification() }
      if case AtlasError.diskFull = error, let specification {
        await core.noteUnavailable(run: specification.name, reason: "\(error)")
      } else {
        await core.noteUnusable(run: specification?.name, error: "\(error)")
      }
      // Whoever submits the run opens it again, and is told.
      _ = try? await offPool { try store.finish() }
    }
  }

  /// Puts an opened run into the machine; one with work left is read back first, of a finished one the figures suffice.
  func open(_ store: any RunStore) async throws {
    let (specification, ledger) = try await offPool { (try store.specification(), try store.ledger()) }
    guard ledger.isSound(promptCount: specification.prompts.count) else {
      throw CoordinatorError.storage(
        run: specification.name, reason: "its file is damaged: it names impossible prompts")
    }
    let figures = ledger.state == .complete ? try await offPool { try store.figures() } : nil
    let vault = RunVault(store, specification: specification, figures: figures.map(RunFigures.init) ?? RunFigures())
    var stored = StoredRun(specification: specification, epoch: store.epoch, ledger: ledger)
    if let figures {
      stored.computeKernels = Set(figures.computeKernels)
      stored.computeMilliseconds = figures.computeMilliseconds
    }
    if ledger.state != .complete, !ledger.digests.isEmpty {
      let rebuilt = try await vault.load()
      stored.computeKernels = rebuilt.computeKernels
      stored.computeMilliseconds = rebuilt.computeMilliseconds
    }
    knownPrompts.add(specification)
    await core.add(stored, vault: vault)
    // Not refused: a fleet is upgraded while runs are under way, and what two versions compute is compared where they do
    // the same prompt. But whoever reads the result must be able to know.
    let begunBy = try await offPool { try store.softwareVersion() }
    if ledger.state == .unfinished, begunBy != configuration.softwareVersion {
      await core.note(
        "run \(specification.name) was begun by autointerp \(begunBy) and goes on with \(configuration.softwareVersion): "
          + "its prompts are not all computed by one version")
    }
  }
}

/// The origins of the prompts of every run, for those who check deltas.
final class KnownPrompts: Sendable {
  private let origins = Mutex<[String: [PromptOrigin]]>([:])

  func add(_ specification: RunSpecification) {
    let origins = specification.prompts.map(\.origin)
    self.origins.withLock { $0[specification.name] = origins }
  }

  func origin(of fence: Fence) -> PromptOrigin? {
    origins.withLock { origins in
      guard let run = origins[fence.run], run.indices.contains(Int(fence.prompt)) else { return nil }
      return run[Int(fence.prompt)]
    }
  }
}
