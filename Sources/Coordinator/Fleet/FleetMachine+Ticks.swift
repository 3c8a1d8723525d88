// autointerp
// What happens because time passes.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol

extension FleetMachine {
  /// To be called several times a heartbeat: silence, expired and stalled leases, stragglers, writes to try again.
  /// O(workers + leases).
  package mutating func tick(now: Duration) -> [FleetAction] {
    perform(now) { machine in
      machine.forgiveOwnAbsence(now: now)
      machine.loseSilentWorkers(now: now)
      machine.endOverdueLeases(now: now)
      machine.forgetLostWorkers(now: now)
      machine.offerToWaiting(now: now)
      machine.copyStragglers(now: now)
      for (worker, untold) in machine.greetingRefusals.overdue(now: now) {
        machine.record("refused worker \(worker) \(untold) times more", now: now)
      }
    }
  }

  /// A coordinator that was itself stopped or starved does not blame its workers: their clocks stood still as well.
  private mutating func forgiveOwnAbsence(now: Duration) {
    defer { lastTick = now }
    guard let lastTick, now - lastTick > settings.heartbeat else { return }
    let absence = now - lastTick
    for worker in workers.sortedNumbers { workers[worker].lastHeard += absence }
    for lease in leases.sortedNumbers {
      leases[lease].deadline += absence
      leases[lease].progressAt += absence
    }
  }

  private mutating func loseSilentWorkers(now: Duration) {
    for worker in workers.sortedNumbers
    where workers[worker].isPresent && now - workers[worker].lastHeard >= settings.deadAfter {
      lose(worker, .silent, now: now)
    }
  }

  private mutating func endOverdueLeases(now: Duration) {
    for number in leases.sortedNumbers {
      // Ending one may quarantine its prompt, but never ends another.
      let lease = leases[number]
      if now >= lease.deadline {
        counters.leasesExpired += 1
        let seconds = (now - lease.grantedAt).components.seconds
        if lease.isReported {
          handBack(number, now: now)
        } else {
          fail(number, .expired, "not done within \(seconds) s (attempt \(lease.fence.attempt))", now: now)
        }
      } else if !lease.isReported, now - lease.progressAt >= settings.progressDeadline {
        let seconds = (now - lease.progressAt).components.seconds
        fail(number, .stalled, "no progress for \(seconds) s (attempt \(lease.fence.attempt))", now: now)
        // The slot is lost for as long as the process lives; a new process is whole again.
        retire(
          lease.worker, reason: "no progress on prompt \(lease.fence.prompt) for \(seconds) s; start a new process")
      }
    }
  }

  /// Lost and departed workers are shown for a while; what they are blamed for is forgotten with them.
  private mutating func forgetLostWorkers(now: Duration) {
    let forgotten = workers.sortedNumbers.filter {
      !workers[$0].isPresent && now - workers[$0].lastHeard >= settings.forgetAfter
    }
    guard !forgotten.isEmpty else { return }
    for worker in forgotten { workers.remove(worker) }
    waiting.removeAll { forgotten.contains($0) }
  }
}
