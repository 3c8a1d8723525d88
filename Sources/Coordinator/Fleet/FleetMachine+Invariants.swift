// autointerp
// `FleetMachine.brokenInvariants` checks what must be true after every event.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol

extension FleetMachine {
  /// Returns one line for each broken invariant; none if the machine is sound. O(leases + workers), and O(prompts) if
  /// `deep`.
  package func brokenInvariants(deep: Bool = false) -> [String] {
    var broken: [String] = []
    for (id, lease) in leases.live {
      // Built only for broken invariants, because this runs after every event of a simulation.
      var name: String { "lease of prompt \(lease.fence.prompt), attempt \(lease.fence.attempt)" }
      let worker = workers.records[lease.worker]
      if worker?.isPresent != true { broken.append("\(name) is held by a worker that is not connected") }
      if worker?.hello.incarnation != lease.fence.incarnation { broken.append("\(name) is held by a dead process") }
      if worker?.leases.contains(id) != true { broken.append("\(name) is not in its worker's list") }
      let copies = leases.copies(of: lease.key).map { leases[$0] }
      if copies.count > 1,
        copies.count > 2 || Set(copies.map(\.fence)).count != copies.count
          || Set(copies.map(\.worker)).count != copies.count
          || (copies.count == 2 && !copies.contains(where: \.isBackup))
      {
        broken.append("\(name) is one of \(copies.count) live leases")
      }
      let phase = runs[lease.run][phase: lease.fence.prompt]
      if lease.isCheck, phase != .done { broken.append("\(name) is a check, but the prompt is \(phase)") }
      if phase == .queued || phase == .quarantined { broken.append("\(name) is live, but the prompt is \(phase)") }
    }
    for worker in workers.records.values where worker.leases.count > worker.hello.slots {
      broken.append("\(worker.name) holds \(worker.leases.count) leases in \(worker.hello.slots) slots")
    }
    for run in runs.all {
      if !run.checks.isOff, run.checks.underWayCount != leases.live.values.count(where: { isCheck($0, of: run) }) {
        broken.append("checks under way do not match their leases")
      }
      if run.pending.count != run[count: .committing] { broken.append("pending commits do not match") }
      if run.digests.count != run[count: .done] { broken.append("digests do not match done prompts") }
      if run.quarantine.count != run[count: .quarantined] { broken.append("quarantine does not match") }
      if run.quarantine.values.contains("") { broken.append("a prompt is quarantined without a reason") }
      if run.state == .complete, run.unsettled > 0 || !run.checks.isSettled {
        broken.append("a run is complete with prompts left")
      }
    }
    if uncommittedBytes != runs.all.reduce(0, { $0 + $1.uncommittedBytes }) {
      broken.append("the bytes of uncommitted deltas do not add up")
    }
    if deep { for run in runs.indices { broken += lostPrompts(run) } }
    return broken
  }

  private func isCheck(_ lease: LiveLease, of run: RunProgress) -> Bool {
    lease.isCheck && runs[lease.run].name == run.name
  }

  /// Finds prompts that would never be tried again.
  private func lostPrompts(_ index: RunIndex) -> [String] {
    let run = runs[index]
    guard run.isOpen else { return [] }
    let queued = run.queue.prompts
    return run.specification.prompts.indices.map(Int32.init).compactMap { prompt in
      switch run[phase: prompt] {
      case .queued where !queued.contains(prompt): "prompt \(prompt) is queued, but in no queue"
      case .leased where leases.copies(of: PromptKey(run: index, prompt: prompt)).isEmpty:
        "prompt \(prompt) is leased, but no worker has the lease"
      default: nil
      }
    }
  }
}
