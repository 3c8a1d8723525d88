// autointerp
// `FleetMachine` makes all decisions of the coordinator: it takes events and returns actions.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
package import ClusterProtocol
package import ClusterTransport
internal import DequeModule
internal import Platform

/// Decides which worker computes what, and what happens to every report. It does no I/O, reads no clock and uses no
/// random numbers: the shell passes in the event and `now`, and carries out the returned actions in order.
///
/// The following is always true (`brokenInvariants()` checks it after each step of the simulation):
///
/// - A prompt is merged at most once. The first valid delta is stored; later ones are compared by digest and dropped. A
///   delta depends only on prompt, model and settings, so a delta whose lease is over is as good as any while its run
///   wants it. The fence only decides about leases, failures and acknowledgements.
/// - A delta is acknowledged only after it is on disk. A worker keeps what is not acknowledged.
/// - A prompt has at most one live lease, or two on different workers if one is a backup copy.
/// - Every failure brings its prompt closer to quarantine, so no prompt is tried for ever and none disappears.
///
/// `now` must never go back and must have the same origin in every call (the service passes the time since 1970).
package struct FleetMachine: Sendable {
  package let settings: FleetSettings
  package let epoch: Int64
  package internal(set) var counters = FleetStatus.Counters()
  var leaseToDelta = TimeHistogram()

  // Each of these changes only through its own methods.
  var runs = RunTable()
  var workers = WorkerRegistry()
  var leases = LeaseTable()
  /// The canonical bytes of the known models' cards, by fingerprint.
  var cards: [String: [UInt8]] = [:]
  /// Workers with credit that found nothing to do, in the order of arrival.
  var waiting: Deque<WorkerID> = []
  /// True if there may be something to do for waiting workers.
  var hasNews = false
  /// Why the fleet was asked to leave; nil if it was not.
  var drainReason: String?
  /// Why no run gets leases; nil if they do.
  private(set) var holdReason: String?
  var lastTick: Duration?
  var recentErrors: Deque<RecordedError> = []
  var greetingRefusals = RefusalThrottle()
  /// The last worker that was refused.
  var lastRefused: (hello: WorkerMessage.Hello, at: Duration)?
  /// The bytes of all deltas that are not on disk yet.
  var uncommittedBytes = 0
  private var actions: [FleetAction] = []

  package init(settings: FleetSettings, epoch: Int64) {
    self.settings = settings
    self.epoch = epoch
  }

  /// Handles a message of a worker. Deltas come through `accept` or `reject` after they were decoded.
  package mutating func receive(_ message: WorkerMessage, from peer: PeerID, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      if case .hello(let hello) = message { return machine.greet(hello, at: peer, now: now) }
      guard let worker = machine.hear(from: peer, now: now) else { return }
      switch message {
      case .hello, .delta, .model: break
      case .ready(let credit):
        machine.workers[worker].pull(credit)
        machine.offer(to: worker, now: now)
      case .failed(var report):
        // Keep it on one line, because the quarantine lists one failure per line.
        report.error = report.error.harmless
        machine.failed(report, worker: worker, now: now)
      case .heartbeat(let beat): machine.heartbeat(beat, worker: worker, now: now)
      case .goodbye(let reason): machine.goodbye(worker, reason: reason, now: now)
      }
    }
  }

  /// Handles one event completely: runs `body`, offers work to waiting workers, starts writes. Returns the actions.
  mutating func perform(_ now: Duration, _ body: (inout FleetMachine) -> Void) -> [FleetAction] {
    // So that an absence between the first event and the first tick is forgiven like any other.
    if lastTick == nil { lastTick = now }
    forgiveOwnAbsence(now: now)
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

  mutating func send(_ message: CoordinatorMessage, to worker: WorkerID) {
    act(.send(message, to: workers[worker].peer))
  }

  /// Stops granting leases for a reason outside the machine, or goes on if it is nil. Leases that are out continue.
  package mutating func hold(_ reason: String?, now: Duration) -> [FleetAction] {
    guard (holdReason == nil) != (reason == nil) else { return [] }
    return perform(now) { machine in
      machine.holdReason = reason
      machine.hasNews = true
      machine.record(reason ?? "leases are granted again", now: now)
    }
  }

  /// Records an error outside the machine, for operators.
  package mutating func note(error: String, now: Duration) -> [FleetAction] {
    perform(now) { $0.record(error, now: now) }
  }

  /// Records an error, for operators.
  mutating func record(_ text: String, about subject: NoteSubject = NoteSubject(), now: Duration) {
    let text = text.harmless(maximumBytes: 4000)
    recentErrors.append(RecordedError(at: now.milliseconds, text: String(text.prefix(500))))
    if recentErrors.count > 50 { recentErrors.removeFirst() }
    act(.note(text, about: subject))
  }
}
