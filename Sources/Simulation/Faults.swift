// autointerp
// One phase of faults.
// SPDX-License-Identifier: Apache-2.0

/// A span of simulated time.
package struct TimeSpan: Sendable {
  package var start: SimulatedTime
  package var end: SimulatedTime
  func contains(_ time: SimulatedTime) -> Bool { time >= start && time < end }
}

/// Workers that are cut off from the coordinator.
package struct Partition: Sendable {
  package enum Direction: Sendable, CaseIterable {
    case bothWays
    case toWorkers
    case toCoordinator
  }
  package var span: TimeSpan
  /// By number.
  package var workers: Set<Int>
  package var direction = Direction.bothWays
}

/// What a person asks of the coordinator; asked again until it is so, as long as nobody wishes otherwise.
package enum OperatorAction: Sendable {
  case submit(run: Int)
  case cancel(run: Int)
  case resume(run: Int)
  case retry(run: Int)
  case drainFleet
}

/// What goes wrong for a while; afterwards there is a calm in which all work must get done. Times count from the start of
/// the phase, and everything in it ends with it.
package struct Faults: Sendable {
  package var length: SimulatedTime = 0
  package var loss = 0.0
  package var duplication = 0.0
  /// Chance of a message to take up to `longDelay`, and so to be overtaken.
  package var delay = 0.0
  package var longDelay: SimulatedTime = .seconds(5)
  package var partitions: [Partition] = []

  /// Chance, for each worker and second, that its process dies.
  package var workerCrashes = 0.0
  /// Chance of a crashed worker never to return.
  package var workerDepartures = 0.0
  /// Chance, for each worker and second, of a SIGTERM.
  package var workerDrains = 0.0
  /// Chance, for each worker and second, of a SIGSTOP, and when the SIGCONT comes.
  package var workerPauses = 0.0
  package var pauseLength: ClosedRange<SimulatedTime> = .seconds(0.5) ... .seconds(8)
  /// Chance of one execution to hang until the process is restarted.
  package var wedges = 0.0
  /// Chance of one execution to give a delta that breaks its contract.
  package var corruption = 0.0
  /// The workers that fail everything do.
  package var failingWorkersFail = false

  package var coordinatorCrashes: [SimulatedTime] = []
  package var coordinatorPauses: [TimeSpan] = []
  package var diskFull: [TimeSpan] = []
  /// Chance of a write to take up to `longWrite`.
  package var slowWrites = 0.0
  package var longWrite: SimulatedTime = .seconds(3)

  package var actions: [(at: SimulatedTime, action: OperatorAction)] = []

  package init() {}
}
