// autointerp
// `FleetMachine` lets a simulation look at prompts, leases and workers after each event.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol
package import ClusterTransport

/// A live lease, seen from outside.
package struct LeaseView: Sendable {
  package let fence: Fence
  package let worker: String
  package let isBackup: Bool
  package let grantedAt: Duration
}

/// Unlike `brokenInvariants()`, each of these takes O(1) or O(size of the result), so that a simulation of a large
/// fleet can look at everything that an event touched.
extension FleetMachine {
  package var liveLeaseCount: Int { leases.count }

  package func phase(of prompt: Int32, run: String) -> PromptPhase? { runs.run(named: run)?[phase: prompt] }

  /// How many prompts are in a phase. Nil if the run is not known.
  package func count(_ phase: PromptPhase, ofRun run: String) -> Int? { runs.run(named: run)?[count: phase] }

  /// How many deltas are not on disk yet.
  package var uncommittedCount: Int { runs.all.reduce(0) { $0 + $1.pending.count } }

  package func liveLeases(of prompt: Int32, run: String) -> [LeaseView] {
    guard let run = runs[run] else { return [] }
    return leases.copies(of: PromptKey(run: run, prompt: prompt)).map(view)
  }

  /// In the order of their grants. O(leases log leases).
  package var liveLeases: [LeaseView] { leases.sorted.map(view) }

  package func hasFailures(_ prompt: Int32, run: String) -> Bool {
    runs.run(named: run)?.failures[prompt] != nil
  }

  /// True if the run hands out prompts, provided it has any.
  package func isGranting(_ run: String) -> Bool { runs.run(named: run).map(isGranting) ?? false }

  /// True if the worker at `peer` may get, or continue, one more prompt.
  package func hasRoom(at peer: PeerID) -> Bool {
    guard drainReason == nil, let worker = workers.id(at: peer) else { return false }
    let record = workers[worker]
    return record.phase == .present && !record.isIsolated && record.leases.count < record.hello.slots
  }

  /// The workers without a lease that want one and may have it. O(workers).
  package func idleWorkers(now: Duration) -> [(name: String, modelFingerprint: String)] {
    guard drainReason == nil else { return [] }
    return waiting.compactMap { worker in
      let record = workers[worker]
      guard record.phase == .present, record.freeSlots > 0, record.leases.isEmpty, !isSetAside(worker, now: now)
      else { return nil }
      return (record.name, record.hello.modelFingerprint)
    }
  }

  /// O(workers²) at worst, O(workers) if few workers fail.
  package func workersSetAside(now: Duration) -> [String] {
    workers.sorted.filter { workers[$0].phase == .present && isSetAside($0, now: now) }
      .map { workers[$0].name }
  }

  /// The prompts that `discard` would queue again now. O(prompts).
  package func promptsToDiscard(of run: String, key: String?, worker: String?) -> [Int32] {
    runs.run(named: run)?.prompts { $0.matches(key: key, worker: worker) } ?? []
  }

  private func view(_ id: LeaseID) -> LeaseView {
    let lease = leases[id]
    return LeaseView(
      fence: lease.fence, worker: workers.records[lease.worker]?.name ?? "", isBackup: lease.isBackup,
      grantedAt: lease.grantedAt)
  }
}
