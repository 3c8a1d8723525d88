// autointerp
// `FleetMachine.tick` handles the passing of time: silent workers, overdue leases, stragglers, repeated writes.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol

extension FleetMachine {
  /// Handles silence, expired and stalled leases, stragglers, and writes to try again. Call it several times per
  /// heartbeat. O(workers + leases).
  package mutating func tick(now: Duration) -> [FleetAction] {
    perform(now) { machine in
      machine.lastTick = now
      machine.loseSilentWorkers(now: now)
      machine.endOverdueLeases(now: now)
      machine.forgetLostWorkers(now: now)
      machine.offerToWaiting(now: now)
      machine.giveUpChecks(now: now)
      machine.copyStragglers(now: now)
      for (worker, untold) in machine.greetingRefusals.overdue(now: now) {
        machine.record("refused worker \(worker) \(untold) more times", now: now)
      }
    }
  }

  /// If the coordinator itself was stopped or starved, workers are not blamed for the silence.
  /// Called before any event. After such an absence, the messages that arrived meanwhile are handled first.
  mutating func forgiveOwnAbsence(now: Duration) {
    guard let lastTick, now - lastTick > settings.heartbeat else { return }
    self.lastTick = now
    let absence = now - lastTick
    for worker in workers.sorted { workers[worker].forgive(absence) }
    for lease in leases.sorted { leases[lease].forgive(absence) }
    for run in runs.indices { runs[run].checks.forgive(absence) }
  }

  private mutating func loseSilentWorkers(now: Duration) {
    for worker in workers.sorted
    where workers[worker].isPresent && now - workers[worker].lastHeard >= settings.deadAfter {
      lose(worker, .silent, now: now)
    }
  }

  private mutating func endOverdueLeases(now: Duration) {
    for id in leases.sorted {
      // Ending a lease may quarantine its prompt, but never ends another lease.
      let lease = leases[id]
      if now >= lease.deadline {
        counters.leasesExpired += 1
        let seconds = (now - lease.grantedAt).components.seconds
        if lease.isReported {
          handBack(id, now: now)
        } else {
          fail(id, .expired, "not done within \(seconds) s (attempt \(lease.fence.attempt))", now: now)
        }
      } else if !lease.isReported, now - lease.progressAt >= settings.progressDeadline {
        let seconds = (now - lease.progressAt).components.seconds
        fail(id, .stalled, "no progress for \(seconds) s (attempt \(lease.fence.attempt))", now: now)
        // The slot is lost until the process restarts.
        retire(
          lease.worker, reason: "no progress on prompt \(lease.fence.prompt) for \(seconds) s; start a new process")
      }
    }
  }

  /// Lost and departed workers are shown for a while. When they are forgotten, so is what they are blamed for.
  private mutating func forgetLostWorkers(now: Duration) {
    let forgotten = workers.sorted.filter {
      !workers[$0].isPresent && now - workers[$0].lastHeard >= settings.forgetAfter
    }
    if !forgotten.isEmpty { forget(Set(forgotten)) }
  }

  mutating func forget(_ forgotten: Set<WorkerID>) {
    for worker in forgotten { workers.remove(worker) }
    waiting.removeAll { forgotten.contains($0) }
  }
}
