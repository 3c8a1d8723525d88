// autointerp
// A fleet and what goes wrong with it.
// SPDX-License-Identifier: Apache-2.0

package import Coordinator
package import Worker

/// What a prompt does to those who try it.
package enum PromptNature: Sendable {
  case ordinary
  /// Every worker reports it.
  case fails
  /// Kills the process that executes it.
  case kills
  /// Never ends, without progress.
  case hangs
}

/// A fleet, its runs, and every fault that will strike it; together with a seed it is one history.
package struct Scenario: Sendable {
  package struct Run: Sendable {
    package var promptCount: Int
    package var natures: [Int32: PromptNature] = [:]
    /// Needs the model of the foreign workers.
    package var isForeign = false
    /// The client knows which model it wants; otherwise the first worker binds the run.
    package var namesModel = true

    package init(promptCount: Int) { self.promptCount = promptCount }
  }

  package var workerCount = 4
  package var slots: ClosedRange<Int> = 1...2
  /// The first is submitted at the start, others by the operator.
  package var runs = [Run(promptCount: 20)]
  package var settings = FleetSettings()
  package var workerSettings = WorkerSettings()
  /// Time to compute one prompt on an ordinary worker.
  package var computeTime: ClosedRange<SimulatedTime> = .seconds(0.3) ... .seconds(1.2)
  /// Time of a message between two machines, without faults.
  package var latency: ClosedRange<SimulatedTime> = .seconds(0.0002) ... .seconds(0.002)
  package var commitTime: ClosedRange<SimulatedTime> = .seconds(0.001) ... .seconds(0.02)
  package var workerRestart: ClosedRange<SimulatedTime> = .seconds(0.2) ... .seconds(4)
  package var coordinatorRestart: ClosedRange<SimulatedTime> = .seconds(0.1) ... .seconds(6)

  /// Share of workers that are `slowness` times slower, in calm as well.
  package var slowWorkers = 0.0
  package var slowness: SimulatedTime = 12
  /// By number; worker 0 is always an ordinary one.
  package var failingWorkers: Set<Int> = []
  package var foreignWorkers: Set<Int> = []
  /// Workers whose deltas differ in their last bits.
  package var oddKernels: Set<Int> = []

  package var phases: [Faults] = [Faults()]
  /// All work must be done this long after a phase of faults, and so long after each retry of what bad luck quarantined.
  package var patience: SimulatedTime = .seconds(120)
  /// Everything is checked after every event, not only what the event touched.
  package var checksEverything = true

  package init() {
    workerSettings.maximumHelloInterval = .seconds(4)
    workerSettings.resendAfter = .seconds(2)
    workerSettings.deadAfter = .seconds(4)
    workerSettings.drainLimit = .seconds(5)
    settings.heartbeat = .seconds(1)
    settings.deadAfter = .seconds(3)
    settings.lease = .seconds(12)
    settings.progressDeadline = .seconds(4)
    settings.secondOpinionPatience = .seconds(4)
    settings.backupAfter = .seconds(4)
    settings.parole = .seconds(15)
    settings.lastStorageRetry = .seconds(4)
  }
}
