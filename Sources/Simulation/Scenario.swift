// autointerp
// `Scenario` describes a simulated fleet, its runs and its faults.
// SPDX-License-Identifier: Apache-2.0

package import Coordinator
package import Worker

/// What a prompt does to the workers that try it.
package enum PromptNature: Sendable {
  case ordinary
  /// Every worker reports that it cannot be computed.
  case fails
  /// It kills the process that computes it.
  case kills
  /// It never ends and makes no progress.
  case hangs
}

/// A fleet, its runs, and all faults that will happen. Together with a seed it determines one history.
package struct Scenario: Sendable {
  package struct Run: Sendable {
    package var promptCount: Int
    package var natures: [Int32: PromptNature] = [:]
    /// True if the run needs the foreign workers' model.
    package var isForeign = false
    /// True if the client names the model; otherwise the first worker decides.
    package var namesModel = true

    package init(promptCount: Int) { self.promptCount = promptCount }
  }

  package var workerCount = 4
  package var slots: ClosedRange<Int> = 1...2
  /// The first run is submitted at the start, others by the operator.
  package var runs = [Run(promptCount: 20)]
  package var settings = FleetSettings()
  package var workerSettings = WorkerSettings()
  /// The time that an ordinary worker takes for a prompt.
  package var computeTime: ClosedRange<SimulatedTime> = .seconds(0.3) ... .seconds(1.2)
  /// The time that a message takes between two machines without faults.
  package var latency: ClosedRange<SimulatedTime> = .seconds(0.0002) ... .seconds(0.002)
  package var commitTime: ClosedRange<SimulatedTime> = .seconds(0.001) ... .seconds(0.02)
  package var workerRestart: ClosedRange<SimulatedTime> = .seconds(0.2) ... .seconds(4)
  package var coordinatorRestart: ClosedRange<SimulatedTime> = .seconds(0.1) ... .seconds(6)

  /// The share of workers that are `slowness` times slower, also without faults.
  package var slowWorkers = 0.0
  package var slowness: SimulatedTime = 12
  /// By number. Worker 0 is always ordinary.
  package var failingWorkers: Set<Int> = []
  package var foreignWorkers: Set<Int> = []
  /// Workers whose deltas differ in their last bits.
  package var oddKernels: Set<Int> = []

  /// True if every worker has a key of its own, as with CURVE.
  package var hasKeys = false
  /// Under how many names a Byzantine worker appears, all with one listed key. Their numbers follow those of the others.
  package var byzantineNames = 0
  /// Clients that ask and do not read, beside two that do; without them there are no clients.
  package var silentClients = 0
  /// For so long nothing is taken from a sender of too many bad frames.
  package var ignoreTime: SimulatedTime = .seconds(20)

  package var phases: [Faults] = [Faults()]
  /// After this time without faults all work must be done, and also after each retry of prompts that were quarantined
  /// by bad luck.
  package var patience: SimulatedTime = .seconds(120)
  /// True if everything is checked after every event, not only what the event touched.
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
    // The results of odd kernels are what the comparison of second deltas is tested with.
    settings.allowsMixedKernels = true
  }
}
