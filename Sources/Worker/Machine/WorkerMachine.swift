// autointerp
// `WorkerMachine` decides what a worker does: it takes events and returns actions.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol

/// The worker's side of the cluster as a pure value.
///
/// Messages may get lost, arrive twice, late or out of order, and the coordinator may forget everything that it did
/// not commit. Even so the worker loses no result, computes each fence at most once, and recovers by itself.
///
/// Times are durations since any fixed moment and never go back.
package struct WorkerMachine: Sendable {
  enum State: Equatable {
    /// The coordinator does not know the worker yet: the worker repeats `hello` until a welcome comes.
    case greeting(next: Duration, interval: Duration)
    case welcomed(CoordinatorMessage.Welcome)
    case stopped
  }

  /// A prompt that a slot is computing.
  struct Execution {
    /// The lease with the newest fence that the coordinator gave out for the prompt.
    var lease: CoordinatorMessage.Lease
    /// The fence under which the computation started.
    let started: Fence
    /// True if the coordinator no longer wants the result.
    var isUnwanted = false
  }

  /// A result that is not acknowledged yet.
  struct Report {
    var fence: Fence
    var outcome: LeaseOutcome
    /// Nil if it was not sent on this connection yet.
    var sentAt: Duration?
    /// How often it was sent in a row without an answer. The waits grow, so that a busy coordinator is not flooded.
    var sendCount = 0
  }

  let hello: WorkerMessage.Hello
  /// The canonical bytes of the model's card.
  let card: [UInt8]
  let settings: WorkerSettings
  var state = State.greeting(next: .zero, interval: .zero)
  var executions: [Execution] = []
  /// In order of completion.
  var reports: [Report] = []
  /// The fences of the reports acknowledged last, so that a late copy of their leases starts nothing.
  var acknowledged: [Fence] = []
  var vitals = WorkerVitals()
  var lastHeard: Duration = .zero
  /// When the current silence began, or when the worker last reconnected to end it.
  var silentSince: Duration = .zero
  var nextHeartbeat: Duration = .zero
  /// The time of the last welcome, result or acknowledgement. If nothing is held, the worker has been idle since
  /// then.
  var idleSince: Duration = .zero
  var drainDeadline: Duration?
  var drainReason = ""
  /// Spreads out the hellos of a fleet after its coordinator has come back.
  private var jitter: UInt64

  /// - Parameters:
  ///   - hello: who the worker is. The incarnation also seeds the worker's randomness.
  ///   - settings: times and bounds.
  ///   - card: the model's card, for a coordinator that does not know it.
  package init(hello: WorkerMessage.Hello, settings: WorkerSettings = WorkerSettings(), card: [UInt8] = []) {
    self.hello = hello
    self.card = card
    self.settings = settings
    jitter = hello.incarnation
  }

  /// Starts the worker: says hello.
  package mutating func start(at now: Duration) -> [WorkerAction] {
    lastHeard = now
    silentSince = now
    return greet(at: now)
  }

  /// Begins to leave (SIGTERM, or the coordinator asks for it): finishes the current leases, waits for
  /// acknowledgements, ends.
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

  /// When the worker leaves because it is idle; nil while it has work or no connection to get work from.
  var idleDeadline: Duration? {
    guard let leaveWhenIdle = settings.leaveWhenIdle, isWelcomed else { return nil }
    guard executions.isEmpty, reports.isEmpty else { return nil }
    return idleSince + leaveWhenIdle
  }

  package var isStopped: Bool { state == .stopped }
  package var isDraining: Bool { drainDeadline != nil }
  /// The number of leases that slots are computing.
  package var executingCount: Int { executions.count }
  /// The number of results that are not acknowledged.
  package var reportCount: Int { reports.count }

  var isWelcomed: Bool { if case .welcomed = state { true } else { false } }

  var deadAfter: Duration {
    if case .welcomed(let welcome) = state { .milliseconds(welcome.deadAfterMilliseconds) } else { settings.deadAfter }
  }

  /// How many more leases the worker can take.
  var credit: Int {
    guard isWelcomed, !isDraining else { return 0 }
    return max(0, min(hello.slots - executions.count, hello.slots * settings.maximumReportsPerSlot - reports.count))
  }

  /// Says hello and sets the time to say it again.
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

  /// Ends if the worker is draining and waits for nothing any more.
  mutating func leaveIfDone(at now: Duration) -> [WorkerAction] {
    guard let drainDeadline, executions.isEmpty && reports.isEmpty || now >= drainDeadline else { return [] }
    let held = executions.count + reports.count
    return [.send(.goodbye(reason: drainReason))] + stop(.drained(handedBack: held))
  }
}
