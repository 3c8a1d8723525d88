// autointerp
// The worker hears from its coordinator.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol

extension WorkerMachine {
  /// A message arrived.
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
    case .unknownWorker:
      // While greeting, the hello is on its way already, or will be said again in time.
      guard isWelcomed else { return [] }
      for number in reports.indices { (reports[number].sentAt, reports[number].sendCount) = (nil, 0) }
      return [.note("the coordinator does not know this worker (any more)")] + greet(at: now)
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
    guard fence.incarnation == hello.incarnation, !acknowledged.contains(fence) else { return [] }
    // The prompt may be under way under an older fence, when the coordinator was started anew or had given this worker
    // up: the result then goes out under the newer fence, and nothing is computed twice.
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
    // Without room it is as if it had been lost: the heartbeats do not list it, and it is sent again.
    guard isWelcomed, !isDraining, executions.count < hello.slots else { return [] }
    // A newer lease of a prompt that failed here asks for another attempt: the old failure, which may have been counted,
    // must not be counted as that of the new one.
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
    // Another worker was faster. A computation cannot be stopped; its result can be dropped.
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

extension Fence {
  fileprivate func isSamePrompt(as other: Fence) -> Bool { run == other.run && prompt == other.prompt }

  fileprivate func isOlder(than other: Fence) -> Bool { (epoch, attempt) < (other.epoch, other.attempt) }
}

extension CoordinatorMessage.Lease {
  /// True when both give the same graph.
  fileprivate func isSameWork(as other: CoordinatorMessage.Lease) -> Bool {
    var copy = other
    copy.fence = fence
    copy.leaseMilliseconds = leaseMilliseconds
    return copy == self
  }
}
