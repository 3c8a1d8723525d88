// autointerp
// `Faults` describes one phase of a simulation: which faults happen, when and how often.
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

/// What an operator asks of the coordinator. It is asked again until it happens, unless the operator changes the wish.
package enum OperatorAction: Sendable {
  case submit(run: Int)
  case cancel(run: Int)
  case resume(run: Int)
  case retry(run: Int)
  /// Take back what the key of a worker did; without keys, what its name did.
  case discard(run: Int, worker: Int)
  case drainFleet
}

/// The faults of one phase. A calm follows, in which all work must get done. Times count from the start of the phase,
/// and every fault ends with it.
package struct Faults: Sendable {
  package var length: SimulatedTime = 0
  package var loss = 0.0
  package var duplication = 0.0
  /// The chance that a message takes up to `longDelay`, so that others overtake it.
  package var delay = 0.0
  package var longDelay: SimulatedTime = .seconds(5)
  package var partitions: [Partition] = []

  /// The chance, per worker and second, that its process dies.
  package var workerCrashes = 0.0
  /// The chance that a crashed worker never returns.
  package var workerDepartures = 0.0
  /// The chance, per worker and second, of a SIGTERM.
  package var workerDrains = 0.0
  /// The chance, per worker and second, of a SIGSTOP, and the time until its SIGCONT.
  package var workerPauses = 0.0
  package var pauseLength: ClosedRange<SimulatedTime> = .seconds(0.5) ... .seconds(8)
  /// The chance that a computation hangs until the process restarts.
  package var wedges = 0.0
  /// The chance that a computation gives an invalid delta.
  package var corruption = 0.0
  /// True if the workers that may fail everything do so.
  package var failingWorkersFail = false

  package var coordinatorCrashes: [SimulatedTime] = []
  package var coordinatorPauses: [TimeSpan] = []
  package var diskFull: [TimeSpan] = []
  /// The chance that a write takes up to `longWrite`.
  package var slowWrites = 0.0
  package var longWrite: SimulatedTime = .seconds(3)
  /// The chance that a crash of the coordinator leaves a run's file without its write-ahead log.
  package var lostLogs = 0.0
  /// The chance that one bit of a stored result flips while the coordinator is down.
  package var bitFlips = 0.0

  package var actions: [(at: SimulatedTime, action: OperatorAction)] = []

  package init() {}
}
