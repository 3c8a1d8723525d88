// autointerp
// `Coordinator` answers requests of clients and of code that embeds it: submit, status, export, cancel, retry.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
package import Circuits
package import ClusterProtocol
package import ClusterTransport
internal import Knowledge
internal import Platform

extension Coordinator {
  /// The endpoint with the real port. Suspends until the socket is bound.
  ///
  /// - Throws: the error that kept the coordinator from starting.
  package func boundEndpoint() async throws -> String { try await startup.endpoint() }

  /// Queues the run, or resumes the one with this specification. Submitting twice has the same effect as once.
  ///
  /// - Returns: the number of prompts that were done before.
  /// - Throws: `CoordinatorError.differentRun`, `storage`.
  @discardableResult
  package func submit(_ specification: RunSpecification, by requester: Requester = .ownProcess) async throws -> Int {
    _ = try await startup.endpoint()
    do { try specification.checkFitsFrames() } catch { throw CoordinatorError.refused(reason: "\(error)") }
    let name = specification.name
    while true {
      if let known = await core.specification(of: name) {
        let differences = known.differences(from: specification)
        guard differences.isEmpty else { throw CoordinatorError.differentRun(name: name, differences: differences) }
        try await core.resume(name, by: requester)
        return await core.doneCount(of: name)
      }
      // Its results are being read. Whoever waits for it sees that in the status.
      if let reading = await core.rebuildingRun(name), !reading.isCancelled {
        let differences = reading.specification.differences(from: specification)
        guard differences.isEmpty else { throw CoordinatorError.differentRun(name: name, differences: differences) }
        return reading.finishedPrompts
      }
      guard try await core.beginOpening(name) else { continue }
      do {
        let (stores, version, now) = (stores, configuration.softwareVersion, core.clock.now.milliseconds)
        let store = try await offPool { try stores.open(specification, softwareVersion: version, now: now) }
        do {
          let run = try await prepare(store)
          if run.needsRebuild { await core.noteRebuilding(run) }
          try await open(run)
        } catch {
          // Otherwise the file would look as if its coordinator had died.
          _ = try? await offPool { try store.finish() }
          throw error
        }
        await core.endOpening(name)
        try await core.resume(name, by: requester)
        return await core.doneCount(of: name)
      } catch {
        await core.endOpening(name)
        if error is CoordinatorError || error is CancellationError { throw error }
        throw CoordinatorError.storage(run: name, reason: "\(error)")
      }
    }
  }

  /// The state of everything now.
  package func status() async -> FleetStatus {
    var status = await core.status()
    status.counters.unreadReplyBytes = Int64(replies.withLock { $0.unreadBytes })
    let load = core.outbox.load
    status.counters.outboxMessages = Int64(load.messages)
    status.counters.outboxBytes = Int64(load.bytes)
    return status
  }

  /// Why the coordinator does not serve yet or grants no leases, one sentence each; empty if all is well.
  package func problems() async -> [String] {
    if let problem = await startup.problem { return [problem] }
    return await core.problems()
  }

  /// Cancels a run. Returns once that is on disk.
  @discardableResult
  package func cancel(_ run: String) async throws -> OrderOutcome { try await core.cancel(run) }

  /// Puts the quarantined prompts of a run back into its queue. Returns once that is on disk.
  @discardableResult
  package func retry(_ run: String) async throws -> OrderOutcome { try await core.retry(run) }

  /// Takes back what workers with this key or name did and failed in a run. Returns once that is durable.
  @discardableResult
  package func discard(_ run: String, key: String?, worker: String?) async throws -> OrderOutcome {
    try await core.discard(run, key: key, worker: worker)
  }

  /// Suspends until the run is complete and returns its status.
  ///
  /// - Throws: `CoordinatorError.cancelled`, `unknownRun`, `notRunning`; `CancellationError`.
  package func waitForCompletion(of run: String) async throws -> RunStatus {
    try await core.waitForEnd(of: run)
    guard let status = await core.status().runs.first(where: { $0.name == run }) else {
      throw CoordinatorError.unknownRun(run)
    }
    return status
  }

  /// The current edge-statistics JSON of a run.
  package func export(_ run: String) async throws -> [UInt8] {
    let statistics = try await statistics(of: run)
    return try await offPool { statistics.bytes() }
  }

  /// Prepares an export from a snapshot, so that merging and requests continue meanwhile.
  func statistics(of run: String) async throws -> EdgeStatisticsExport {
    let specification = try await specification(of: run)
    let (aggregate, resultsDigest, kernels) = try await core.vault(of: run).exportBasis()
    return EdgeStatisticsExport(
      aggregate: aggregate, specification: specification, quarantined: await core.quarantinedPrompts(of: run),
      resultsDigest: resultsDigest, computeKernels: kernels,
      additions: { RunKnowledge(aggregate: aggregate, specification: specification) })
  }

  private func specification(of run: String) async throws -> RunSpecification {
    guard let specification = await core.specification(of: run) else { throw await core.absence(of: run) }
    return specification
  }

  /// Changes whenever the export of the run may have changed.
  func generation(of run: String) async throws -> (number: Int64, isComplete: Bool) {
    let vault = try await core.vault(of: run)
    let isComplete = await core.state(of: run) == .complete
    return (vault.generation, isComplete)
  }

  /// Writes the edge-statistics JSON of a run to a file, completely or not at all.
  package func export(_ run: String, toFile path: String) async throws {
    let statistics = try await statistics(of: run)
    try await offPool {
      let file = try ReplacedFile(path)
      try statistics.write { try file.write($0) }
      try file.finish()
    }
  }

  /// The current readable summary of a run. `seconds` is the duration that it shows.
  package func summary(of run: String, seconds: Double?) async throws -> String {
    let (specification, aggregate) = (try await specification(of: run), try await aggregate(of: run))
    let quarantined = await core.quarantinedPrompts(of: run).count
    return try await offPool {
      let findings = RunKnowledge(aggregate: aggregate, specification: specification).summaryFindings()
      return RunSummary(
        aggregate: aggregate, specification: specification, seconds: seconds, quarantined: quarantined,
        findings: findings
      ).text()
    }
  }

  /// The leading neurons of a run so far.
  package func topNeurons(
    of run: String, sortedBy order: NeuronOrder, limit: Int, edgesPerNeuron: Int
  ) async throws -> [NeuronProfile] {
    try await core.vault(of: run).topNeurons(sortedBy: order, limit: limit, edgesPerNeuron: edgesPerNeuron)
  }

  /// What is known of one neuron so far; nil if no merged prompt has it.
  package func profile(
    of neuron: NeuronID, run: String, edgesPerNeuron: Int
  ) async throws -> NeuronProfile? {
    try await core.vault(of: run).profile(of: neuron, edgesPerNeuron: edgesPerNeuron)
  }

  /// The texts of tokens in merged prompts of the run. Other tokens are left out.
  package func texts(ofTokens tokens: Set<Int32>, run: String) async throws -> [Int32: String] {
    try await core.vault(of: run).texts(ofTokens: tokens)
  }

  /// The rule of a run's scores, and how far they can be trusted by its random sample so far.
  package func trust(run: String) async throws -> (rule: AttributionRule, calibration: TrustCalibration) {
    try await core.vault(of: run).trust()
  }

  /// A copy of the run's aggregate so far.
  package func aggregate(of run: String) async throws -> EdgeAggregate {
    try await core.vault(of: run).snapshot()
  }

  /// Replaces the list of allowed keys. Frames over connections with other keys are refused from now on, and workers
  /// with such keys lose their leases. Without CURVE this has no effect.
  package func replaceAllowList(_ allowList: AllowList) async {
    guard (try? await startup.endpoint()) != nil else { return }
    // The core goes first. Otherwise it would still accept frames that the router received before.
    if await core.replaceAllowList(allowList) { await router.withLock { $0 }?.replaceAllowList(allowList) }
  }

  /// Shows a problem of the surroundings in the status, in `/readyz` and to clients, until it is called again with nil.
  package func setProblem(_ subject: String, _ text: String?) async { await core.setProblem(subject, text) }

  /// Asks all workers to finish and leave, and suspends until they have left.
  package func drainWorkers(reason: String) async { await core.drain(reason: reason) }

  /// Makes `run()` return after the writes in progress are on disk.
  package func shutDown() { stopping.finish() }
}
