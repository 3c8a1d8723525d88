// autointerp
// What can be asked of a coordinator: by clients, and by whoever embeds it.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
package import Circuits
package import ClusterProtocol
package import ClusterTransport

extension Coordinator {
  /// Where it listens, with the real port; suspends until it does.
  ///
  /// - Throws: what kept it from starting.
  package func boundEndpoint() async throws -> String { try await startup.endpoint() }

  /// Queues the run, or resumes the one with this specification; submitting twice is submitting once.
  ///
  /// - Returns: prompts that were done before.
  /// - Throws: `CoordinatorError.differentRun`, `storage`.
  @discardableResult
  package func submit(_ specification: RunSpecification) async throws -> Int {
    _ = try await startup.endpoint()
    do { try specification.checkFitsFrames() } catch { throw CoordinatorError.refused(reason: "\(error)") }
    let name = specification.name
    while true {
      if let known = await core.specification(of: name) {
        let differences = known.differences(from: specification)
        guard differences.isEmpty else { throw CoordinatorError.differentRun(name: name, differences: differences) }
        try await core.resume(name)
        return await core.doneCount(of: name)
      }
      guard await core.beginOpening(name) else { continue }
      do {
        let (stores, version, now) = (stores, configuration.softwareVersion, core.clock.now.milliseconds)
        let store = try await offPool { try stores.open(specification, softwareVersion: version, now: now) }
        try await open(store)
        await core.endOpening(name)
        try await core.resume(name)
        return await core.doneCount(of: name)
      } catch {
        await core.endOpening(name)
        if let error = error as? CoordinatorError { throw error }
        throw CoordinatorError.storage(run: name, reason: "\(error)")
      }
    }
  }

  /// The state of everything now.
  package func status() async -> FleetStatus { await core.status() }

  /// The state every `interval`, until the coordinator stops or the consumer does.
  package func statusUpdates(every interval: Duration) -> some AsyncSequence<FleetStatus, Never> & Sendable {
    AsyncStream(unfolding: { [self] in
      try? await Task.sleep(for: interval)
      return Task.isCancelled ? nil : await status()
    })
  }

  /// Why it does not serve yet, or leases are held back, a sentence each; empty when all is well.
  package func problems() async -> [String] {
    if let problem = await startup.problem { return [problem] }
    return await core.storageProblems()
  }

  /// Ends a run where it stands; returns once that is on the disk.
  @discardableResult
  package func cancel(_ run: String) async throws -> OrderOutcome { try await core.cancel(run) }

  /// Puts the quarantined prompts of a run back into its queue; returns once that is on the disk.
  @discardableResult
  package func retry(_ run: String) async throws -> OrderOutcome { try await core.retry(run) }

  /// All quarantined prompts of a run, with all of their errors.
  package func quarantine(of run: String) async throws -> [QuarantinedPrompt] {
    guard let quarantine = await core.quarantinedPrompts(of: run, from: 0, maximumBytes: .max) else {
      throw CoordinatorError.unknownRun(run)
    }
    return quarantine.prompts
  }

  /// Suspends until the run is complete; returns its status then.
  ///
  /// - Throws: `CoordinatorError.cancelled`, `unknownRun`, `notRunning`; `CancellationError`.
  package func waitForCompletion(of run: String) async throws -> RunStatus {
    try await core.waitForEnd(of: run)
    guard let status = await core.status().runs.first(where: { $0.name == run }) else {
      throw CoordinatorError.unknownRun(run)
    }
    return status
  }

  /// The edge-statistics JSON of a run as it stands.
  package func export(_ run: String) async throws -> [UInt8] {
    let statistics = try await statistics(of: run)
    return try await offPool { statistics.bytes() }
  }

  /// What an export says now; it is made from a snapshot, so that merging and questions go on meanwhile.
  private func statistics(of run: String) async throws -> EdgeStatisticsExport {
    guard let vault = await core.vaults[run], let specification = await core.specification(of: run) else {
      throw CoordinatorError.unknownRun(run)
    }
    let quarantined = await core.quarantinedPrompts(of: run)
    return EdgeStatisticsExport(
      aggregate: try await vault.snapshot(), specification: specification, quarantined: quarantined)
  }

  /// Changes whenever the export of the run may have changed.
  func generation(of run: String) async throws -> (number: Int64, isComplete: Bool) {
    guard let vault = await core.vaults[run] else { throw CoordinatorError.unknownRun(run) }
    let isComplete = await core.state(of: run) == .complete
    return (await vault.generation, isComplete)
  }

  /// Writes the edge-statistics JSON of a run into a file, which is there as a whole or not at all.
  package func export(_ run: String, toFile path: String) async throws {
    let statistics = try await statistics(of: run)
    try await offPool {
      let file = try ReplacedFile(path)
      try statistics.write { try file.write($0) }
      try file.finish()
    }
  }

  /// The summary of a run as it stands, for people; `seconds` is the time that it says the run took.
  package func summary(of run: String, seconds: Double?) async throws -> String {
    guard let vault = await core.vaults[run], let specification = await core.specification(of: run) else {
      throw CoordinatorError.unknownRun(run)
    }
    let quarantined = await core.quarantinedPrompts(of: run).count
    let aggregate = try await vault.snapshot()
    return try await offPool {
      RunSummary(aggregate: aggregate, specification: specification, seconds: seconds, quarantined: quarantined).text()
    }
  }

  /// The leading neurons of a run so far.
  package func topNeurons(
    of run: String, sortedBy order: NeuronOrder, limit: Int, edgesPerNeuron: Int
  ) async throws -> [NeuronProfile] {
    guard let vault = await core.vaults[run] else { throw CoordinatorError.unknownRun(run) }
    return try await vault.topNeurons(sortedBy: order, limit: limit, edgesPerNeuron: edgesPerNeuron)
  }

  /// What is known of one neuron so far, nil when no merged prompt has it.
  package func profile(
    of neuron: NeuronID, run: String, edgesPerNeuron: Int
  ) async throws -> NeuronProfile? {
    guard let vault = await core.vaults[run] else { throw CoordinatorError.unknownRun(run) }
    return try await vault.profile(of: neuron, edgesPerNeuron: edgesPerNeuron)
  }

  /// The texts of tokens that merged prompts of the run mention; tokens that none does are left out.
  package func texts(ofTokens tokens: Set<Int32>, run: String) async throws -> [Int32: String] {
    guard let vault = await core.vaults[run] else { throw CoordinatorError.unknownRun(run) }
    return try await vault.texts(ofTokens: tokens)
  }

  /// The aggregate of a run so far, as a copy.
  package func aggregate(of run: String) async throws -> EdgeAggregate {
    guard let vault = await core.vaults[run] else { throw CoordinatorError.unknownRun(run) }
    return try await vault.snapshot()
  }

  /// Lets these keys in from now on, and no others: nothing more is taken from connections with other keys, and workers
  /// that have them lose their leases. A coordinator without CURVE lets everybody in as before.
  package func replaceAllowList(_ allowList: AllowList) async {
    guard (try? await startup.endpoint()) != nil else { return }
    await core.replaceAllowList(allowList)
  }

  /// Asks all workers to finish and leave, and suspends until they have.
  package func drainWorkers(reason: String) async {
    await core.drain(reason: reason)
    await core.waitForDesertion()
  }

  /// Makes `run()` return, after what is on its way to the disk got there.
  package func shutDown() { stopping.finish() }
}
