// autointerp
// Decides what a worker does: events in, actions out.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol

/// The worker's side of the cluster as a pure value. Messages may get lost, arrive twice, late or out of order, and the
/// coordinator may forget everything that it did not commit; the worker loses no result, takes each fence once, and gets
/// going again by itself.
///
/// Times are durations since any fixed moment; they never go back.
package struct WorkerMachine: Sendable {
  enum State: Equatable {
    /// Not known to the coordinator: `hello` is said until a welcome comes.
    case greeting(next: Duration, interval: Duration)
    case welcomed(CoordinatorMessage.Welcome)
    case stopped
  }

  /// A prompt that a slot is at work on.
  struct Execution {
    /// Whose fence is the newest that the coordinator gave out for the prompt.
    var lease: CoordinatorMessage.Lease
    /// The fence under which the computation was started.
    let started: Fence
    /// The coordinator does not want the result any more.
    var isUnwanted = false
  }

  /// A result that is not acknowledged.
  struct Report {
    var fence: Fence
    var outcome: LeaseOutcome
    /// Nil when it was not sent in this connection yet.
    var sentAt: Duration?
    /// Times it was sent in a row without an answer: who is busy or has a full disk is not flooded.
    var sendCount = 0
  }

  let hello: WorkerMessage.Hello
  let settings: WorkerSettings
  var state = State.greeting(next: .zero, interval: .zero)
  var executions: [Execution] = []
  /// In order of completion.
  var reports: [Report] = []
  /// Fences whose reports were acknowledged last, so that a late copy of the lease starts nothing.
  var acknowledged: [Fence] = []
  var vitals = WorkerVitals()
  var lastHeard: Duration = .zero
  /// Start of the present silence, or the last attempt to end it by reconnecting.
  var silentSince: Duration = .zero
  var nextHeartbeat: Duration = .zero
  /// The last welcome, result or acknowledgement: with nothing held, since when there has been nothing to do.
  var idleSince: Duration = .zero
  var drainDeadline: Duration?
  var drainReason = ""
  /// Spreads the hellos of a fleet whose coordinator came back.
  private var jitter: UInt64

  /// - Parameters:
  ///   - hello: Who the worker is; the incarnation also seeds what little randomness there is.
  ///   - settings: Times and bounds.
  package init(hello: WorkerMessage.Hello, settings: WorkerSettings = WorkerSettings()) {
    self.hello = hello
    self.settings = settings
    jitter = hello.incarnation
  }

  /// The worker starts: says hello.
  package mutating func start(at now: Duration) -> [WorkerAction] {
    lastHeard = now
    silentSince = now
    return greet(at: now)
  }

  /// SIGTERM, or the coordinator's wish: finishes what is being executed, waits for acknowledgements, leaves.
  package mutating func drain(reason: String, at now: Duration) -> [WorkerAction] {
    guard state != .stopped, drainDeadline == nil else { return [] }
    drainDeadline = now + settings.drainLimit
    drainReason = reason
    let done = leaveIfDone(at: now)
    if !done.isEmpty { return done }
    return [.note("draining: \(reason)")] + (isWelcomed ? [.send(.ready(credit: 0))] : [])
  }

  /// The time at which `tick` has something to do; nil once stopped.
  package var nextDeadline: Duration? {
    var deadline: Duration
    switch state {
    case .stopped: return nil
    case .greeting(let next, _): deadline = next
    case .welcomed: deadline = nextHeartbeat
    }
    if let drainDeadline { deadline = min(deadline, drainDeadline) }
    if let giveUpAfter = settings.giveUpAfter { deadline = min(deadline, lastHeard + giveUpAfter) }
    if let idleDeadline { deadline = min(deadline, idleDeadline) }
    return min(deadline, silentSince + deadAfter)
  }

  /// When a worker that is to leave for want of work does; nil while it has some, or has nobody to get it from.
  var idleDeadline: Duration? {
    guard let leaveWhenIdle = settings.leaveWhenIdle, isWelcomed else { return nil }
    guard executions.isEmpty, reports.isEmpty else { return nil }
    return idleSince + leaveWhenIdle
  }

  package var isStopped: Bool { state == .stopped }
  package var isDraining: Bool { drainDeadline != nil }
  /// Leases that a slot is at work on.
  package var executingCount: Int { executions.count }
  /// Results that are not acknowledged.
  package var reportCount: Int { reports.count }

  var isWelcomed: Bool { if case .welcomed = state { true } else { false } }

  var deadAfter: Duration {
    if case .welcomed(let welcome) = state { .milliseconds(welcome.deadAfterMilliseconds) } else { settings.deadAfter }
  }

  /// Room for leases besides those held.
  var credit: Int {
    guard isWelcomed, !isDraining else { return 0 }
    return max(0, min(hello.slots - executions.count, hello.slots * settings.maximumReportsPerSlot - reports.count))
  }

  /// Says hello and sets when to say it again.
  mutating func greet(at now: Duration) -> [WorkerAction] {
    var interval = settings.helloInterval
    if case .greeting(_, let last) = state, last > .zero {
      interval = min(last * 2, settings.maximumHelloInterval)
    }
    // SplitMix64 (Steele, Lea, Flood 2014).
    jitter &+= 0x9e37_79b9_7f4a_7c15
    var z = (jitter ^ jitter >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    let factor = 0.75 + Double((z ^ z >> 31) >> 11) * 0x1p-53 / 2
    state = .greeting(next: now + interval * factor, interval: interval)
    return [.send(.hello(hello))]
  }

  mutating func stop(_ outcome: WorkerOutcome) -> [WorkerAction] {
    state = .stopped
    return [.stop(outcome)]
  }

  /// Leaves when draining and nothing is left to wait for.
  mutating func leaveIfDone(at now: Duration) -> [WorkerAction] {
    guard let drainDeadline, executions.isEmpty && reports.isEmpty || now >= drainDeadline else { return [] }
    let held = executions.count + reports.count
    return [.send(.goodbye(reason: drainReason))] + stop(.drained(handedBack: held))
  }
}
