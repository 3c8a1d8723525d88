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

/// A span of simulated time.
package struct TimeSpan: Sendable {
  package var start: SimulatedTime
  package var end: SimulatedTime
  func contains(_ time: SimulatedTime) -> Bool { time >= start && time < end }
}

/// A fleet, its prompts, and every fault that will strike it; together with a seed it is one history.
package struct Scenario: Sendable {
  package var workerCount = 4
  package var slots: ClosedRange<Int> = 1...2
  package var promptCount = 20
  package var natures: [Int32: PromptNature] = [:]
  package var settings = FleetSettings()
  package var workerSettings = WorkerSettings()
  /// Time to compute one prompt on an ordinary worker.
  package var computeTime: ClosedRange<SimulatedTime> = .seconds(0.3) ... .seconds(1.2)
  /// Time of a message between two machines, without faults.
  package var latency: ClosedRange<SimulatedTime> = .seconds(0.0002) ... .seconds(0.002)
  package var commitTime: ClosedRange<SimulatedTime> = .seconds(0.001) ... .seconds(0.02)

  /// All faults end here; from then on the fleet must get its work done.
  package var faultsEnd: SimulatedTime = 0
  package var loss = 0.0
  package var duplication = 0.0
  /// Chance of a message to take up to `longDelay`, and so to be overtaken.
  package var delay = 0.0
  package var longDelay: SimulatedTime = .seconds(5)
  /// Chance, for each worker and second, that its process dies.
  package var workerCrashes = 0.0
  package var workerRestart: ClosedRange<SimulatedTime> = .seconds(0.2) ... .seconds(4)
  /// Chance of a crashed worker never to return.
  package var workerDepartures = 0.0
  /// Chance, for each worker and second, of a SIGTERM.
  package var workerDrains = 0.0
  /// Share of workers that are `slowness` times slower.
  package var slowWorkers = 0.0
  package var slowness: SimulatedTime = 12
  /// Chance of one execution to hang until the process is restarted.
  package var wedges = 0.0
  /// Workers that are cut off, by number, and when.
  package var partitions: [(span: TimeSpan, workers: Set<Int>)] = []
  package var coordinatorCrashes: [SimulatedTime] = []
  package var coordinatorRestart: ClosedRange<SimulatedTime> = .seconds(0.1) ... .seconds(6)
  package var diskFull: [TimeSpan] = []
  /// Real deltas and the real aggregate instead of stand-ins.
  package var usesRealDeltas = false
  /// Invariants are checked after every so many events.
  package var checkInterval = 1

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

  /// A small fleet with a few kinds of faults at once, drawn from the seed.
  package static func drawn(from seed: UInt64) -> Scenario {
    var random = SeededRandom(seed: seed &* 2 &+ 1)
    var scenario = Scenario()
    scenario.workerCount = random.integer(in: 1...5)
    scenario.slots = 1...random.integer(in: 1...3)
    scenario.promptCount = random.integer(in: 1...16)
    scenario.usesRealDeltas = seed % 10 == 0
    let end = SimulatedTime.seconds(Double(random.integer(in: 3...16)))
    scenario.faultsEnd = end
    if random.chance(0.6) { scenario.loss = random.unit() * 0.3 }
    if random.chance(0.5) { scenario.duplication = random.unit() * 0.3 }
    if random.chance(0.5) { scenario.delay = random.unit() * 0.3 }
    if random.chance(0.5) { scenario.workerCrashes = random.unit() * 0.1 }
    if random.chance(0.2) { scenario.workerDepartures = 0.2 }
    if random.chance(0.2) { scenario.workerDrains = random.unit() * 0.05 }
    if random.chance(0.3) { scenario.slowWorkers = random.unit() }
    if random.chance(0.2) { scenario.wedges = random.unit() * 0.1 }
    func span(longest: Double) -> TimeSpan {
      let start = random.time(in: 0...end)
      return TimeSpan(start: start, end: min(end, start + .seconds(random.unit() * longest)))
    }
    if random.chance(0.4) {
      for _ in 0..<random.integer(in: 1...3) {
        let cut = Set((0..<scenario.workerCount).filter { _ in random.chance(0.5) })
        scenario.partitions.append((span(longest: 8), cut))
      }
    }
    if random.chance(0.4) {
      for _ in 0..<random.integer(in: 1...3) { scenario.coordinatorCrashes.append(random.time(in: 0...end)) }
    }
    if random.chance(0.3) { scenario.diskFull.append(span(longest: 10)) }
    for prompt in 0..<Int32(scenario.promptCount) where random.chance(0.05) {
      scenario.natures[prompt] = [.fails, .kills, .hangs][random.integer(in: 0...2)]
    }
    return scenario
  }

  /// A large fleet with a little of everything.
  package static func fleet(workers: Int, prompts: Int, seed: UInt64) -> Scenario {
    var random = SeededRandom(seed: seed &* 2 &+ 1)
    var scenario = Scenario()
    scenario.settings = FleetSettings()
    scenario.workerSettings = WorkerSettings()
    scenario.settings.lease = .seconds(120)
    scenario.settings.progressDeadline = .seconds(60)
    scenario.workerCount = workers
    scenario.promptCount = prompts
    scenario.slots = 1...4
    let busy = Double(prompts) * 1.25 / (Double(workers) * 2.5)
    let end = SimulatedTime.seconds(max(20, busy * 0.8))
    scenario.faultsEnd = end
    scenario.loss = 0.002
    scenario.duplication = 0.002
    scenario.delay = 0.005
    scenario.workerCrashes = 0.0005
    scenario.workerDepartures = 0.1
    scenario.slowWorkers = 0.02
    scenario.slowness = 8
    scenario.wedges = 0.0002
    scenario.partitions = [
      (TimeSpan(start: end / 4, end: end / 4 + .seconds(30)), Set((0..<workers).filter { _ in random.chance(0.3) }))
    ]
    scenario.coordinatorCrashes = [end / 2]
    scenario.diskFull = [TimeSpan(start: end * 3 / 4, end: end * 3 / 4 + .seconds(5))]
    for _ in 0..<max(1, prompts / 10_000) {
      let nature: [PromptNature] = [.fails, .kills, .hangs]
      scenario.natures[Int32(random.integer(in: 0...prompts - 1))] = nature[random.integer(in: 0...2)]
    }
    scenario.checkInterval = 10_000
    return scenario
  }
}
