// autointerp
// `FleetCore` knows the coordinator's runs: those in the machine, and those whose files are not open.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol
internal import Platform

extension FleetCore {
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
    directory.setRebuilding(run)
    _ = directory.beginOpening(run.specification.name)
  }

  func rebuildingRun(_ run: String) -> (specification: RunSpecification, finishedPrompts: Int, isCancelled: Bool)? {
    directory.rebuildingRun(run)
  }

  /// Why there is no open run of this name.
  func absence(of run: String) -> CoordinatorError { directory.absence(of: run) }

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
}
