// autointerp
// What a simulation may ask of the machine after each event.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol
package import ClusterTransport

/// Where one prompt stands, for those who hold the machine to its promises.
package enum PromptStanding: Int, Sendable {
  case queued
  case leased
  case committing
  case done
  case quarantined
}

/// A live lease as seen from outside.
package struct LeaseView: Sendable {
  package let fence: Fence
  package let worker: String
  package let isBackup: Bool
  package let grantedAt: Duration
}

/// Unlike `brokenInvariants()` each of these is O(1), or O(what it returns), so that a simulation of a large fleet can
/// look at everything that an event touched.
extension FleetMachine {
  package var liveLeaseCount: Int { leases.count }

  package func standing(of prompt: Int32, run: String) -> PromptStanding? {
    runNumbers[run].flatMap { PromptStanding(rawValue: Int(runs[$0][phase: prompt].rawValue)) }
  }

  /// How many prompts stand where, by the raw value of their standing; nil for a run that is not known.
  package func counts(ofRun run: String) -> [Int]? {
    runNumbers[run].map { run in PromptPhase.allCases.map { runs[run][count: $0] } }
  }

  package func liveLeases(of prompt: Int32, run: String) -> [LeaseView] {
    guard let run = runNumbers[run] else { return [] }
    return leases.copies(of: PromptKey(run: run, prompt: prompt)).map(view)
  }

  /// O(leases log leases); in the order of their grants.
  package var liveLeases: [LeaseView] { leases.sortedNumbers.map(view) }

  package func hasFailures(_ prompt: Int32, run: String) -> Bool {
    runNumbers[run].map { runs[$0].failures[prompt] != nil } ?? false
  }

  /// Hands out prompts of the run, if there are any.
  package func isGranting(_ run: String) -> Bool { runNumbers[run].map { isGranting(runs[$0]) } ?? false }

  /// The worker at `peer` may be given, or go on with, one more prompt.
  package func hasRoom(at peer: PeerID) -> Bool {
    guard drainReason == nil, let worker = workers.number(at: peer) else { return false }
    let record = workers[worker]
    return record.phase == .present && !record.isIsolated && record.leases.count < record.hello.slots
  }

  /// Workers without a lease that want one and may have it. O(workers).
  package func idleWorkers(now: Duration) -> [(name: String, modelFingerprint: String)] {
    guard drainReason == nil else { return [] }
    return waiting.compactMap { number in
      let record = workers[number]
      guard record.phase == .present, record.freeSlots > 0, record.leases.isEmpty, !isSetAside(number, now: now)
      else { return nil }
      return (record.hello.worker, record.hello.modelFingerprint)
    }
  }

  /// O(workers²) at worst, O(workers) when nobody fails much.
  package func workersSetAside(now: Duration) -> [String] {
    workers.sortedNumbers.filter { workers[$0].phase == .present && isSetAside($0, now: now) }
      .map { workers[$0].hello.worker }
  }

  private func view(_ number: LeaseNumber) -> LeaseView {
    let lease = leases[number]
    return LeaseView(
      fence: lease.fence, worker: workers.records[lease.worker]?.hello.worker ?? "", isBackup: lease.isBackup,
      grantedAt: lease.grantedAt)
  }
}
