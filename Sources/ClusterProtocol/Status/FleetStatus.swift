// autointerp
// `FleetStatus` is the state of a coordinator, its runs and its workers at one moment.
// SPDX-License-Identifier: Apache-2.0

/// The state of a coordinator at one moment, for the status port, the terminal and clients. Times are milliseconds
/// since 1970.
package struct FleetStatus: Codable, Equatable, Sendable {
  package var softwareVersion: String
  /// Increases with every start of the coordinator.
  package var epoch: Int64
  package var startedAt: Int64
  package var now: Int64
  package var runs: [RunStatus]
  package var workers: [WorkerStatus]
  /// Counters since this coordinator started.
  package var counters: Counters
  /// The latest errors, newest last. Their number is bounded.
  package var recentErrors: [RecordedError]
  /// What keeps runs from going on now, a sentence each: first what it is, then which run. Their number is bounded.
  package var problems: [String]
  /// The runs whose files are not open, and why. Their number is bounded.
  package var closedRuns: [ClosedRun]
  package var timings = FleetTimings()
  /// Those that misbehaved most come first. Their number is bounded, and the last one may be the sum of the rest. Empty
  /// without CURVE.
  package var keys: [KeyCounters] = []

  package init(
    softwareVersion: String, epoch: Int64, startedAt: Int64, now: Int64, runs: [RunStatus], workers: [WorkerStatus],
    counters: Counters, recentErrors: [RecordedError], problems: [String] = [], closedRuns: [ClosedRun] = []
  ) {
    self.softwareVersion = softwareVersion
    self.epoch = epoch
    self.startedAt = startedAt
    self.now = now
    self.runs = runs
    self.workers = workers
    self.counters = counters
    self.recentErrors = recentErrors
    self.problems = problems
    self.closedRuns = closedRuns
  }

  /// Lists that an earlier release does not send are empty.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    softwareVersion = try container.decode(String.self, forKey: .softwareVersion)
    epoch = try container.decode(Int64.self, forKey: .epoch)
    startedAt = try container.decode(Int64.self, forKey: .startedAt)
    now = try container.decode(Int64.self, forKey: .now)
    runs = try container.decode([RunStatus].self, forKey: .runs)
    workers = try container.decode([WorkerStatus].self, forKey: .workers)
    counters = try container.decode(Counters.self, forKey: .counters)
    recentErrors = try container.decode([RecordedError].self, forKey: .recentErrors)
    problems = try container.decodeIfPresent([String].self, forKey: .problems) ?? []
    closedRuns = try container.decodeIfPresent([ClosedRun].self, forKey: .closedRuns) ?? []
    timings = try container.decodeIfPresent(FleetTimings.self, forKey: .timings) ?? FleetTimings()
    keys = try container.decodeIfPresent([KeyCounters].self, forKey: .keys) ?? []
  }

  package struct Counters: Codable, Equatable, Sendable {
    package var framesReceived: Int64 = 0
    package var framesRefused: Int64 = 0
    package var bytesReceived: Int64 = 0
    package var bytesSent: Int64 = 0
    package var leasesGranted: Int64 = 0
    package var leasesExpired: Int64 = 0
    package var deltasMerged: Int64 = 0
    /// Deltas for prompts that were already done, equal to the stored ones.
    package var deltasDuplicate: Int64 = 0
    /// Deltas for prompts that were already done, different from the stored ones.
    package var deltasConflicting: Int64 = 0
    package var failuresReported: Int64 = 0
    package var workersRefused: Int64 = 0
    /// Connections that were refused because their key is not on the allow-list.
    package var connectionsRefused: Int64 = 0
    /// Files in the runs folder that could not be opened at the start and still are not open.
    package var runsUnusable: Int64 = 0
    /// Bytes of replies that clients have not shown to have read.
    package var unreadReplyBytes: Int64 = 0
    /// Messages that wait for the socket.
    package var outboxMessages: Int64 = 0
    /// Bytes of the replies among them. Messages to workers are encoded only when they are sent.
    package var outboxBytes: Int64 = 0

    package init() {}

    /// Counters that an earlier release does not send are zero.
    package init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      func count(_ key: CodingKeys) throws -> Int64 { try container.decodeIfPresent(Int64.self, forKey: key) ?? 0 }
      framesReceived = try count(.framesReceived)
      framesRefused = try count(.framesRefused)
      bytesReceived = try count(.bytesReceived)
      bytesSent = try count(.bytesSent)
      leasesGranted = try count(.leasesGranted)
      leasesExpired = try count(.leasesExpired)
      deltasMerged = try count(.deltasMerged)
      deltasDuplicate = try count(.deltasDuplicate)
      deltasConflicting = try count(.deltasConflicting)
      failuresReported = try count(.failuresReported)
      workersRefused = try count(.workersRefused)
      connectionsRefused = try count(.connectionsRefused)
      runsUnusable = try count(.runsUnusable)
      unreadReplyBytes = try count(.unreadReplyBytes)
      outboxMessages = try count(.outboxMessages)
      outboxBytes = try count(.outboxBytes)
    }
  }
}

package enum RunState: String, Codable, Sendable, CaseIterable {
  case queued
  case active
  /// Nothing is left to do. Quarantined prompts may remain.
  case complete
  case cancelled

  /// True if the run has work left.
  package var isOpen: Bool { self == .queued || self == .active }
}

/// The progress of one run.
package struct RunStatus: Codable, Equatable, Sendable {
  package var name: String
  package var corpusName: String
  package var modelName: String
  package var state: RunState
  package var promptCount: Int
  package var done: Int
  package var inFlight: Int
  package var queued: Int
  package var quarantined: [QuarantinedPrompt]
  /// How many quarantined prompts are not listed in `quarantined`, because an event must stay small.
  package var quarantinedBeyond: Int
  /// Prompts finished per second, over the last minute of work; 0 before the first.
  package var promptsPerSecond: Double
  /// Seconds left at this rate, or nil if it is unknown.
  package var secondsLeft: Double?
  package var domainDone: Int
  package var baselineDone: Int
  package var neurons: Int
  package var edges: Int
  package var edgeUpdates: Int64
  package var deltaBytes: Int64
  package var computeMilliseconds: Int64
  /// How many deltas were received but not committed yet.
  package var mergeLag: Int
  package var worstConservationResidual: Double
  package var aggregateBytes: Int64
  /// When the computation of the first merged prompt began, in milliseconds since 1970; nil if no prompt is merged.
  package var startedAt: Int64?
  /// When the last delta arrived; nil until the run is over.
  package var finishedAt: Int64?
  /// The BLAS kernels of the workers whose deltas are in the run.
  package var computeKernels: [String]
  /// What the graphs explain and the rule that ranks their nodes; nil from an earlier release.
  package var metric: String?
  package var rule: String?
  /// How well the scores agree with interventions so far, beyond position 0 and at it; nil if nothing was verified.
  package var agreement: [AgreementStatus]?
  /// What a second key computed as well; nil if the run has no spot checks.
  package var spotChecks: SpotCheckStatus?

  package init(name: String, corpusName: String, modelName: String, state: RunState, promptCount: Int) {
    self.name = name
    self.corpusName = corpusName
    self.modelName = modelName
    self.state = state
    self.promptCount = promptCount
    done = 0
    inFlight = 0
    queued = promptCount
    quarantined = []
    quarantinedBeyond = 0
    promptsPerSecond = 0
    secondsLeft = nil
    domainDone = 0
    baselineDone = 0
    neurons = 0
    edges = 0
    edgeUpdates = 0
    deltaBytes = 0
    computeMilliseconds = 0
    mergeLag = 0
    worstConservationResidual = 0
    aggregateBytes = 0
    startedAt = nil
    finishedAt = nil
    computeKernels = []
  }

  /// The number of quarantined prompts, listed or not.
  package var quarantinedCount: Int { quarantined.count + quarantinedBeyond }
}

/// A prompt that failed on several workers and is no longer tried.
package struct QuarantinedPrompt: Codable, Equatable, Sendable {
  package var prompt: Int32
  /// The beginning of its text.
  package var excerpt: String
  /// One line per failed attempt: worker and error.
  package var errors: [String]

  package init(prompt: Int32, excerpt: String, errors: [String]) {
    self.prompt = prompt
    self.excerpt = excerpt
    self.errors = errors
  }
}

package enum WorkerState: String, Codable, Sendable, CaseIterable {
  case idle
  case working
  case draining
  /// Failed many different prompts; gets no more leases.
  case setAside
  /// Silent for the dead-after time.
  case lost
  /// Left in an orderly way: drained, or stopped on request. It is shown for a moment, then forgotten.
  case left
}

/// One worker, as the coordinator sees it.
package struct WorkerStatus: Codable, Equatable, Sendable {
  package var name: String
  package var host: String
  package var state: WorkerState
  package var slots: Int
  package var busySlots: Int
  package var done: Int
  package var failed: Int
  package var promptsPerMinute: Double
  package var residentBytes: Int64
  package var lastHeardAt: Int64
  package var computeKernel: String
  package var softwareVersion: String
  /// The prompts that it computes.
  package var prompts: [Int32]

  package var isConnected: Bool { state != .lost && state != .left }

  package init(name: String, host: String, state: WorkerState, slots: Int) {
    self.name = name
    self.host = host
    self.state = state
    self.slots = slots
    busySlots = 0
    done = 0
    failed = 0
    promptsPerMinute = 0
    residentBytes = 0
    lastHeardAt = 0
    computeKernel = ""
    softwareVersion = ""
    prompts = []
  }
}

/// An error, for operators.
package struct RecordedError: Codable, Equatable, Sendable {
  package var at: Int64
  package var text: String

  package init(at: Int64, text: String) {
    self.at = at
    self.text = text
  }
}
