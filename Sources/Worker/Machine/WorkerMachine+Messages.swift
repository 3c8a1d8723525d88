// autointerp
// `WorkerMachine.receive` handles the messages of the coordinator.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol

extension WorkerMachine {
  /// Handles a message that arrived.
  package mutating func receive(_ message: CoordinatorMessage, at now: Duration) -> [WorkerAction] {
    guard state != .stopped else { return [] }
    lastHeard = now
    silentSince = now
    switch message {
    case .welcome(let welcome): return settle(welcome, at: now)
    case .refused(let reason):
      if isWelcomed { return [.note("the coordinator refused a message: \(reason)")] }
      return stop(.failed(.refused(reason: reason)))
    case .lease(let lease): return take(lease, at: now)
    case .acknowledged(let fence): return forget(fence, at: now)
    case .heartbeat: return []
    case .describeModel: return card.isEmpty ? [] : [.send(.model(card: card))]
    case .unknownWorker:
      // While greeting, a hello is already on its way or will be repeated, so do nothing.
      guard isWelcomed else { return [] }
      for number in reports.indices { (reports[number].sentAt, reports[number].sendCount) = (nil, 0) }
      return [.note("the coordinator does not know this worker; greeting it again")] + greet(at: now)
    case .drain(let reason): return drain(reason: reason, at: now)
    }
  }

  private mutating func settle(_ welcome: CoordinatorMessage.Welcome, at now: Duration) -> [WorkerAction] {
    if case .welcomed(let known) = state, known == welcome { return [] }
    state = .welcomed(welcome)
    idleSince = now
    var actions: [WorkerAction] = [.note("welcomed by the coordinator, epoch \(welcome.epoch)")]
    actions += beat(at: now)
    for number in reports.indices { actions.append(send(number, at: now)) }
    return actions
  }

  private mutating func take(_ lease: CoordinatorMessage.Lease, at now: Duration) -> [WorkerAction] {
    let fence = lease.fence
    // The coordinator learns from the hello that this is another process.
    guard fence.incarnation == hello.incarnation else { return [] }
    guard !acknowledged.contains(fence) else {
      // A late copy of a lease that a newer one replaced; the coordinator does not send it again.
      if executions.contains(where: { $0.lease.fence.isSamePrompt(as: fence) })
        || reports.contains(where: { $0.fence.isSamePrompt(as: fence) })
      {
        return []
      }
      // Without an answer the coordinator would send it again and again.
      return [.send(.failed(.init(fence: fence, kind: .worker, error: "this worker is done with this lease")))]
    }
    // The prompt may already be in progress under an older fence, if the coordinator was restarted or had declared this
    // worker dead. Then the result is sent under the newer fence, and nothing is computed twice.
    if let number = executions.firstIndex(where: { $0.lease.fence.isSamePrompt(as: fence) }) {
      guard executions[number].lease.isSameWork(as: lease) else { return [] }
      if executions[number].lease.fence.isOlder(than: fence) {
        remember(executions[number].lease.fence)
        executions[number].lease = lease
        executions[number].isUnwanted = false
      }
      return []
    }
    if let number = reports.firstIndex(where: { $0.fence.isSamePrompt(as: fence) }) {
      guard isWelcomed else { return [] }
      guard reports[number].fence.isOlder(than: fence) else {
        return reports[number].fence == fence ? [send(number, at: now)] : []
      }
      if case .computed = reports[number].outcome {
        remember(reports[number].fence)
        reports[number].fence = fence
        return [send(number, at: now)]
      }
    }
    // Without room, drop the lease. It is then missing from the heartbeats, so the coordinator sends it again.
    guard isWelcomed, !isDraining, executions.count < hello.slots else { return [] }
    // A newer lease for a prompt that failed here asks for another attempt. The old failure may have been counted
    // already and must not count for the new attempt.
    if let number = reports.firstIndex(where: { $0.fence.isSamePrompt(as: fence) }) {
      remember(reports.remove(at: number).fence)
    }
    executions.append(Execution(lease: lease, started: fence))
    return [.compute(lease)]
  }

  private mutating func forget(_ fence: Fence, at now: Duration) -> [WorkerAction] {
    if let number = reports.firstIndex(where: { $0.fence == fence }) {
      let hadNoRoom = credit == 0
      reports.remove(at: number)
      idleSince = now
      remember(fence)
      let leaving = leaveIfDone(at: now)
      if !leaving.isEmpty { return leaving }
      return hadNoRoom && credit > 0 ? [.send(.ready(credit: credit))] : []
    }
    // Another worker was faster. The computation cannot be stopped, but its result is dropped.
    if let number = executions.firstIndex(where: { $0.lease.fence == fence }) {
      executions[number].isUnwanted = true
      remember(fence)
    }
    return []
  }

  private mutating func remember(_ fence: Fence) {
    acknowledged.append(fence)
    if acknowledged.count > 64 * hello.slots { acknowledged.removeFirst() }
  }
}

extension CoordinatorMessage.Lease {
  /// True if both leases give the same graph.
  fileprivate func isSameWork(as other: CoordinatorMessage.Lease) -> Bool {
    var copy = other
    copy.fence = fence
    copy.leaseMilliseconds = leaseMilliseconds
    return copy == self
  }
}
