// autointerp
// `FleetCore` lets callers wait for what has not happened yet: a write, the end of a run, a deserted fleet.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol

extension FleetCore {
  /// Suspends until everything that the run has to write so far is on disk. What a client was told to be done is then
  /// still done after a crash.
  ///
  /// - Throws: `notRunning` if the coordinator stops before that.
  func waitUntilDurable(_ run: String) async throws {
    guard let counts = machine.writeCounts(of: run), counts.durable < counts.appended else { return }
    try await waiters.wait(for: .writes(run: run, count: counts.appended))
  }

  /// Suspends while the results of the run are being read.
  func waitUntilRead(_ run: String) async throws {
    while directory.isRebuilding(run) { try await waiters.wait(for: .opening(run: run)) }
  }

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

  func endWaits(for run: String, with result: Result<Void, any Error>) {
    waiters.resume(with: result) { if case .end(run) = $0 { true } else { false } }
  }

  /// Asks all workers to leave, and suspends until none is left or the coordinator stops. It always ends, since workers
  /// that do not say goodbye count as lost after the dead-after time.
  func drain(reason: String) async {
    perform(machine.drainFleet(reason: reason, now: clock.now))
    if !machine.isDeserted { try? await waiters.wait(for: .desertion) }
  }
}
