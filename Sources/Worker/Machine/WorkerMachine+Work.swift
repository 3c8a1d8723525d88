// autointerp
// `WorkerMachine` handles finished prompts and the passing of time: it sends heartbeats, repeats reports, and leaves.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
package import ClusterProtocol

extension WorkerSettings {
  /// Leaves room for the fields beside the payload.
  static let largestPayload = FrameLimits.maximumFrameBytes - (64 << 10)
}

extension WorkerMachine {
  /// Handles the result of the lease that a slot was given with `fence`.
  package mutating func finish(_ fence: Fence, _ outcome: LeaseOutcome, at now: Duration) -> [WorkerAction] {
    guard state != .stopped, let number = executions.firstIndex(where: { $0.started == fence }) else { return [] }
    let execution = executions.remove(at: number)
    vitals.progress[fence] = nil
    idleSince = now
    var actions: [WorkerAction] = []
    if !execution.isUnwanted {
      reports.append(Report(fence: execution.lease.fence, outcome: bounded(outcome), sentAt: nil))
      if isWelcomed { actions.append(send(reports.count - 1, at: now)) }
    }
    if credit > 0 { actions.append(.send(.ready(credit: credit))) }
    return actions + leaveIfDone(at: now)
  }

  /// Handles the passing of time. Call it at `nextDeadline` at the latest, with the `vitals` for a heartbeat.
  package mutating func tick(at now: Duration, _ vitals: WorkerVitals) -> [WorkerAction] {
    guard state != .stopped else { return [] }
    self.vitals = vitals
    let leaving = leaveIfDone(at: now)
    if !leaving.isEmpty { return leaving }
    if let idleDeadline, now >= idleDeadline {
      let reason = "nothing to do for \((now - idleSince).components.seconds) s"
      return [.note("leaving: \(reason)")] + drain(reason: reason, at: now)
    }
    if let giveUpAfter = settings.giveUpAfter, now >= lastHeard + giveUpAfter {
      return stop(.failed(.coordinatorGone(silence: giveUpAfter)))
    }
    if now >= silentSince + deadAfter {
      let silence = (now - lastHeard).components.seconds
      let note = WorkerAction.note("nothing heard from the coordinator for \(silence) s; making a new connection")
      silentSince = now
      for number in reports.indices { (reports[number].sentAt, reports[number].sendCount) = (nil, 0) }
      return [note, .reconnect] + greet(at: now)
    }
    switch state {
    case .greeting(let next, _): return now >= next ? greet(at: now) : []
    case .welcomed: return now >= nextHeartbeat ? beat(at: now) + resend(at: now) : []
    case .stopped: return []
    }
  }

  /// Sends a heartbeat: the leases held and the room for more.
  mutating func beat(at now: Duration) -> [WorkerAction] {
    guard case .welcomed(let welcome) = state else { return [] }
    nextHeartbeat = now + .milliseconds(welcome.heartbeatMilliseconds)
    let executing = executions.map {
      WorkerMessage.SlotProgress(
        fence: $0.lease.fence, phase: .executing, progress: vitals.progress[$0.started] ?? 0)
    }
    let reported = reports.map {
      WorkerMessage.SlotProgress(fence: $0.fence, phase: .reported, progress: 0)
    }
    let heartbeat = WorkerMessage.WorkerHeartbeat(
      slots: executing + reported, residentBytes: vitals.residentBytes)
    return [.send(.heartbeat(heartbeat))] + (credit > 0 ? [.send(.ready(credit: credit))] : [])
  }

  /// Sends reports again that were not acknowledged for a while, if the coordinator can be heard.
  private mutating func resend(at now: Duration) -> [WorkerAction] {
    var actions: [WorkerAction] = []
    for number in reports.indices {
      let pause = settings.resendAfter * (1 << min(max(0, reports[number].sendCount - 1), 3))
      if let sentAt = reports[number].sentAt, now < sentAt + pause || lastHeard <= sentAt { continue }
      actions.append(send(number, at: now))
    }
    return actions
  }

  mutating func send(_ number: Int, at now: Duration) -> WorkerAction {
    reports[number].sentAt = now
    reports[number].sendCount += 1
    let fence = reports[number].fence
    switch reports[number].outcome {
    case .computed(let payload, let computeMilliseconds):
      return .send(.delta(.init(fence: fence, payload: payload, computeMilliseconds: computeMilliseconds)))
    case .failed(let failure):
      return .send(.failed(.init(fence: fence, kind: failure.kind, error: failure.reason)))
    }
  }

  private func bounded(_ outcome: LeaseOutcome) -> LeaseOutcome {
    guard case .computed(let payload, _) = outcome, payload.count > settings.maximumPayloadBytes else {
      return outcome
    }
    return .failed(
      LeaseFailure(
        .prompt,
        """
        the graph takes \(payload.count) bytes, more than the \(settings.maximumPayloadBytes) that a message holds: \
        raise the thresholds or lower the cap on nodes
        """))
  }
}
