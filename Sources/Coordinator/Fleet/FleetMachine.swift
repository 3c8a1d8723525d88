// autointerp
// The coordinator's decisions as a value: events in, actions out.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
package import ClusterProtocol
package import ClusterTransport
internal import DequeModule

/// Decides who works on what, and what becomes of every report. Does no I/O, reads no clock and throws no dice: the
/// shell passes in what happened and `now`, and performs the actions that come back, in order.
///
/// What holds whatever happens (checked by `brokenInvariants()` after each step of the simulation):
///
/// - A prompt is merged at most once: the first valid delta wins, and what comes later is compared by digest and dropped.
///   A delta is a function of prompt, model and settings alone, so a delta whose lease is over is as good as any, as long
///   as its run wants it; its fence decides only about leases, failures and whom to answer.
/// - A delta is acknowledged after it is on the disk, never before; a worker keeps what is not acknowledged.
/// - A prompt has at most one live lease, or two on different workers when one is a backup copy.
/// - Every failure moves its prompt closer to quarantine, so no prompt is tried for ever, and none vanishes.
///
/// `now` is any time that does not run backwards, the same origin in every call (the service passes the time since 1970).
package struct FleetMachine: Sendable {
  package let settings: FleetSettings
  package let epoch: Int64
  package internal(set) var counters = FleetStatus.Counters()

  /// In the order of submission; a run stays at its place for good.
  var runs: [RunProgress] = []
  var runNumbers: [String: Int] = [:]
  var workers = WorkerRegistry()
  var leases = LeaseTable()
  /// Workers with credit that found nothing to do, in that order.
  var waiting: Deque<WorkerNumber> = []
  /// Set when there may be something to do for those who wait.
  var hasNews = false
  /// Why the fleet is asked to leave, once it is.
  var drainReason: String?
  var lastTick: Duration?
  var recentErrors: Deque<RecordedError> = []
  var greetingRefusals = RefusalThrottle()
  /// Payloads of all deltas that are not on the disk yet.
  var uncommittedBytes = 0
  private var actions: [FleetAction] = []

  package init(settings: FleetSettings, epoch: Int64) {
    self.settings = settings
    self.epoch = epoch
  }

  /// Takes a message of a worker. Deltas come through `accept` or `reject`, after they were decoded.
  package mutating func receive(_ message: WorkerMessage, from peer: PeerID, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      if case .hello(let hello) = message { return machine.greet(hello, at: peer, now: now) }
      guard let worker = machine.hear(from: peer, now: now) else { return }
      switch message {
      case .hello, .delta: break
      case .ready(let credit): machine.ready(worker, credit: credit, now: now)
      case .failed(var report):
        // On one line wherever it is shown; quarantine keeps a line a failure.
        report.error = report.error.harmless
        machine.failed(report, worker: worker, now: now)
      case .heartbeat(let beat): machine.heartbeat(beat, worker: worker, now: now)
      case .goodbye(let reason): machine.goodbye(worker, reason: reason, now: now)
      }
    }
  }

  /// Runs one event to its end: `body`, work for those who wait, writes; returns the actions.
  mutating func perform(_ now: Duration, _ body: (inout FleetMachine) -> Void) -> [FleetAction] {
    // So that an absence between the first event and the first tick is forgiven as any other.
    if lastTick == nil { lastTick = now }
    body(&self)
    if hasNews {
      hasNews = false
      offerToWaiting(now: now)
    }
    pump(now: now)
    defer { actions = [] }
    return actions
  }

  mutating func act(_ action: FleetAction) {
    actions.append(action)
  }

  mutating func send(_ message: CoordinatorMessage, to worker: WorkerNumber) {
    act(.send(message, to: workers[worker].peer))
  }

  /// Records something that went wrong around the machine, for ops.
  package mutating func note(error: String, now: Duration) -> [FleetAction] {
    perform(now) { $0.record(error, now: now) }
  }

  /// Records something that went wrong, for ops.
  mutating func record(_ text: String, now: Duration) {
    let text = text.harmless(maximumBytes: 4000)
    recentErrors.append(RecordedError(at: now.milliseconds, text: String(text.prefix(500))))
    if recentErrors.count > 50 { recentErrors.removeFirst() }
    act(.note(text))
  }
}
