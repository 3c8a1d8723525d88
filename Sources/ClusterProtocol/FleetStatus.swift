// autointerp
// The state of a coordinator at one moment, for the status port, the terminal and clients.
// SPDX-License-Identifier: Apache-2.0

/// A coordinator's state at one moment. Times are milliseconds since 1970.
package struct FleetStatus: Codable, Equatable, Sendable {
  package var softwareVersion: String
  /// Higher for every start of the coordinator.
  package var epoch: Int64
  package var startedAt: Int64
  package var now: Int64
  package var runs: [RunStatus]
  package var workers: [WorkerStatus]
  /// Counters since the start of this coordinator.
  package var counters: Counters
  /// The newest last, bounded.
  package var recentErrors: [RecordedError]

  package init(
    softwareVersion: String, epoch: Int64, startedAt: Int64, now: Int64, runs: [RunStatus], workers: [WorkerStatus],
    counters: Counters, recentErrors: [RecordedError]
  ) {
    self.softwareVersion = softwareVersion
    self.epoch = epoch
    self.startedAt = startedAt
    self.now = now
    self.runs = runs
    self.workers = workers
    self.counters = counters
    self.recentErrors = recentErrors
  }

  package struct Counters: Codable, Equatable, Sendable {
    package var framesReceived: Int64 = 0
    package var framesRefused: Int64 = 0
    package var bytesReceived: Int64 = 0
    package var bytesSent: Int64 = 0
    package var leasesGranted: Int64 = 0
    package var leasesExpired: Int64 = 0
    package var deltasMerged: Int64 = 0
    /// Deltas for prompts that were done already, equal to what is stored.
    package var deltasDuplicate: Int64 = 0
    /// Deltas for prompts that were done already, different from what is stored.
    package var deltasConflicting: Int64 = 0
    package var failuresReported: Int64 = 0
    package var workersRefused: Int64 = 0
    /// Connections turned away because their key is not on the allow-list.
    package var connectionsRefused: Int64 = 0
    /// Files in the runs directory that could not be opened at the start and were not since.
    package var runsUnusable: Int64 = 0

    package init() {}

    /// What a coordinator of an earlier release does not count is zero.
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
    }
  }
}

package enum RunState: String, Codable, Sendable, CaseIterable {
  case queued
  case active
  /// Nothing left to do; quarantined prompts may remain.
  case complete
  case cancelled
}

/// One run's progress.
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
  /// Quarantined prompts that are left out of `quarantined`, where an event has to stay small.
  package var quarantinedBeyond: Int
  /// Prompts finished per second, over the last minute of work; 0 before the first.
  package var promptsPerSecond: Double
  /// Seconds left at this rate, nil when it cannot be told.
  package var secondsLeft: Double?
  package var domainDone: Int
  package var baselineDone: Int
  package var neurons: Int
  package var edges: Int
  package var edgeUpdates: Int64
  package var deltaBytes: Int64
  package var computeMilliseconds: Int64
  /// Deltas received and not committed yet.
  package var mergeLag: Int
  package var worstConservationResidual: Double
  package var aggregateBytes: Int64
  /// When the first merged prompt began to be computed, in milliseconds since 1970; nil before there is one.
  package var startedAt: Int64?
  /// When the last delta came; nil while the run is not over.
  package var finishedAt: Int64?
  /// BLAS kernels of the workers whose deltas are in the run.
  package var computeKernels: [String]

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

  /// Quarantined prompts, listed or not.
  package var quarantinedCount: Int { quarantined.count + quarantinedBeyond }
}

/// A prompt that failed on distinct workers and was set aside.
package struct QuarantinedPrompt: Codable, Equatable, Sendable {
  package var prompt: Int32
  /// The beginning of its text.
  package var excerpt: String
  /// A line a failed attempt: worker and error.
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
  /// Failed many different prompts: gets no more leases.
  case setAside
  /// Not heard from for the dead-after time.
  case lost
  /// Said goodbye: drained, or stopped as asked. Shown for a moment, then forgotten.
  case left
}

/// One worker as the coordinator sees it.
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
  /// Prompts under way.
  package var prompts: [Int32]

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

/// Something that went wrong, for the eyes of ops.
package struct RecordedError: Codable, Equatable, Sendable {
  package var at: Int64
  package var text: String

  package init(at: Int64, text: String) {
    self.at = at
    self.text = text
  }
}
