// autointerp
// `FleetCore` says how the fleet is: its status, and what keeps runs from going on.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import Platform
internal import Synchronization

extension FleetCore {
  func status() -> FleetStatus {
    var status = machine.status(softwareVersion: softwareVersion, startedAt: startedAt, now: clock.now)
    let traffic = traffic.withLock { $0 }
    status.counters.framesReceived = traffic.framesReceived
    status.counters.bytesReceived = traffic.bytesReceived
    status.counters.bytesSent = traffic.bytesSent
    let refused = refusals.counts
    status.counters.connectionsRefused = refused.connections
    // The machine's own count is of strikes, which are among these.
    status.counters.framesRefused = refused.frames
    status.timings = timings.withLock { $0 }
    status.timings.leaseToDelta = machine.leaseToDelta
    status.keys = keys.listed(FleetStatus.listedAtMost.keys) { admission.name(of: $0).harmless(maximumBytes: 200) }
    status.counters.runsUnusable = Int64(directory.missingCount)
    let limits = FleetStatus.listedAtMost
    status.closedRuns = Array(directory.closedRuns.prefix(limits.closedRuns))
    status.problems = (problems() + machine.idleReasons(now: clock.now)).prefix(limits.problems).map {
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

  /// Notes something outside of the machine that keeps runs from going on. It stays in the status until it is nil again.
  func setProblem(_ subject: String, _ text: String?) { outsideProblems[subject] = text }
}
