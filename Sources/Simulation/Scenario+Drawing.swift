// autointerp
// `Scenario.drawn` makes a random fleet with random faults from a seed.
// SPDX-License-Identifier: Apache-2.0

internal import Coordinator
internal import Platform
internal import Worker

extension Scenario {
  /// Draws a small fleet with one or several kinds of faults from the seed.
  package static func drawn(from seed: UInt64) -> Scenario {
    var random = SeededRandom(seed: seed &* 2 &+ 1)
    var scenario = Scenario()
    scenario.workerCount = random.integer(in: 1...5)
    scenario.slots = 1...[1, 2, 3, 16][random.integer(in: 0...3)]
    scenario.runs = [Run(promptCount: random.chance(0.8) ? random.integer(in: 1...16) : random.integer(in: 17...40))]
    if random.chance(0.3) { scenario.slowWorkers = random.unit() }
    if random.chance(0.3) { scenario.oddKernels = scenario.someWorkers(&random) }
    if random.chance(0.2) { scenario.failingWorkers = scenario.someWorkers(&random) }
    if random.chance(0.2) { scenario.foreignWorkers = scenario.someWorkers(&random) }
    scenario.oddKernels.subtract(scenario.foreignWorkers)
    scenario.failingWorkers.subtract(scenario.foreignWorkers)
    scenario.runs[0].namesModel = !scenario.foreignWorkers.isEmpty || random.chance(0.5)
    if random.chance(0.3) {
      scenario.runs.append(Run(promptCount: random.integer(in: 1...10)))
      scenario.runs[1].isForeign = !scenario.foreignWorkers.isEmpty && random.chance(0.5)
    }
    for run in scenario.runs.indices { scenario.drawNatures(ofRun: run, &random) }

    let phaseCount = random.chance(0.6) ? 1 : random.integer(in: 2...3)
    scenario.phases = (0..<phaseCount).map { _ in scenario.drawnFaults(&random) }
    if scenario.runs.count > 1 {
      let phase = random.integer(in: 0...phaseCount - 1)
      let time = random.time(in: 0...scenario.phases[phase].length)
      scenario.phases[phase].actions.append((time, .submit(run: 1)))
    }
    scenario.patience += scenario.worstExtraTime
    var more = SeededRandom(seed: ~seed)
    scenario.drawMisdeeds(&more)
    return scenario
  }

  /// The time that a single slow worker may need beyond the usual patience: it computes the longest run one prompt
  /// after the other, and retries each bad prompt until that is quarantined, with a restart each time.
  private var worstExtraTime: SimulatedTime {
    guard slowWorkers > 0 else { return 0 }
    let compute = computeTime.upperBound * slowness
    let restart = settings.deadAfter.milliseconds * 1000 + workerRestart.upperBound
    let bad = runs.reduce(0) { $0 + $1.natures.count }
    let longest = runs.map(\.promptCount).max() ?? 0
    return compute * Int64(longest) + Int64(bad * settings.failuresToQuarantine) * (compute + restart)
  }

  /// Draws any of the workers except the first.
  private func someWorkers(_ random: inout SeededRandom) -> Set<Int> {
    var chosen: Set<Int> = []
    for worker in 1..<max(1, workerCount) where random.chance(0.4) { chosen.insert(worker) }
    return chosen
  }

  private mutating func drawNatures(ofRun run: Int, _ random: inout SeededRandom) {
    for prompt in 0..<Int32(runs[run].promptCount) where runs[run].natures.count < 2 && random.chance(0.05) {
      // Four attempts at a prompt that hangs take most of a single worker's two minutes.
      let mayHang = !runs.contains { $0.natures.values.contains(.hangs) }
      runs[run].natures[prompt] = [.fails, .kills, .hangs][random.integer(in: 0...(mayHang ? 2 : 1))]
    }
  }

  private func drawnFaults(_ random: inout SeededRandom) -> Faults {
    var faults = Faults()
    faults.length = .seconds(Double(random.integer(in: 3...16)))
    // A single kind of fault shows what this kind must not cause.
    let only = random.chance(0.25) ? random.integer(in: 0...FaultKind.allCases.count - 1) : nil
    for (place, kind) in FaultKind.allCases.enumerated() {
      let isDrawn = random.chance(kind.probability)
      if only.map({ $0 == place }) ?? isDrawn { draw(kind, into: &faults, &random) }
    }
    return faults
  }

  private enum FaultKind: CaseIterable {
    case loss, duplication, delay, partitions
    case workerCrashes, workerDepartures, workerDrains, workerPauses, wedges, corruption, failingWorkers
    case coordinatorCrashes, coordinatorPauses, diskFull, slowWrites
    case cancellation, retry, fleetDrain

    var probability: Double {
      switch self {
      case .loss, .duplication, .delay, .failingWorkers: 0.5
      case .workerCrashes, .partitions, .coordinatorCrashes: 0.4
      case .diskFull, .slowWrites: 0.3
      case .workerDepartures, .workerDrains, .workerPauses, .wedges, .corruption, .coordinatorPauses: 0.2
      case .cancellation, .retry, .fleetDrain: 0.15
      }
    }
  }

  private func draw(_ kind: FaultKind, into faults: inout Faults, _ random: inout SeededRandom) {
    let end = faults.length
    func moment(_ random: inout SeededRandom) -> SimulatedTime { random.time(in: 0...end) }
    func span(_ random: inout SeededRandom, longest: Double) -> TimeSpan {
      let start = moment(&random)
      return TimeSpan(start: start, end: min(end, start + .seconds(random.unit() * longest)))
    }
    let times = random.integer(in: 1...3)
    switch kind {
    case .loss: faults.loss = random.unit() * 0.3
    case .duplication: faults.duplication = random.unit() * 0.3
    case .delay: faults.delay = random.unit() * 0.3
    case .partitions:
      for _ in 0..<times {
        let cut = Set((0..<workerCount).filter { _ in random.chance(0.5) })
        let direction = Partition.Direction.allCases[random.integer(in: 0...2)]
        faults.partitions.append(Partition(span: span(&random, longest: 8), workers: cut, direction: direction))
      }
    case .workerCrashes: faults.workerCrashes = random.unit() * 0.1
    case .workerDepartures:
      faults.workerDepartures = 0.2
      faults.workerCrashes = max(faults.workerCrashes, 0.05)
    case .workerDrains: faults.workerDrains = random.unit() * 0.05
    case .workerPauses: faults.workerPauses = random.unit() * 0.1
    case .wedges: faults.wedges = random.unit() * 0.1
    case .corruption: faults.corruption = random.unit() * 0.2
    case .failingWorkers: faults.failingWorkersFail = true
    case .coordinatorCrashes: faults.coordinatorCrashes = (0..<times).map { _ in moment(&random) }
    case .coordinatorPauses: faults.coordinatorPauses = (0..<times).map { _ in span(&random, longest: 8) }
    case .diskFull: faults.diskFull.append(span(&random, longest: 10))
    case .slowWrites: faults.slowWrites = random.unit()
    case .cancellation:
      let span = span(&random, longest: 10)
      let run = random.integer(in: 0...runs.count - 1)
      faults.actions.append((span.start, .cancel(run: run)))
      if random.chance(0.8) { faults.actions.append((span.end, .resume(run: run))) }
    case .retry:
      for _ in 0..<times { faults.actions.append((moment(&random), .retry(run: 0))) }
    case .fleetDrain: faults.actions.append((moment(&random), .drainFleet))
    }
  }

  /// Makes a large fleet with a few faults of every kind.
  package static func fleet(workers: Int, prompts: Int, seed: UInt64) -> Scenario {
    var random = SeededRandom(seed: seed &* 2 &+ 1)
    var scenario = Scenario()
    scenario.settings = FleetSettings()
    scenario.workerSettings = WorkerSettings()
    scenario.settings.lease = .seconds(120)
    scenario.settings.progressDeadline = .seconds(30)
    scenario.workerCount = workers
    scenario.slots = 1...4
    scenario.runs = [Run(promptCount: prompts), Run(promptCount: max(1, prompts / 100))]
    scenario.slowWorkers = 0.02
    scenario.slowness = 8
    for worker in 1..<max(1, workers) {
      if random.chance(0.002) { scenario.failingWorkers.insert(worker) }
      if random.chance(0.01) { scenario.oddKernels.insert(worker) }
      if random.chance(0.005) { scenario.foreignWorkers.insert(worker) }
    }
    for _ in 0..<max(1, prompts / 10_000) {
      let nature: [PromptNature] = [.fails, .kills, .hangs]
      scenario.runs[0].natures[Int32(random.integer(in: 0...prompts - 1))] = nature[random.integer(in: 0...2)]
    }
    let work = SimulatedTime.seconds(Double(prompts) * 1.25 / (Double(workers) * 2.5))
    var faults = Faults()
    let end = max(.seconds(60), work * 4 / 5)
    faults.length = end
    faults.loss = 0.002
    faults.duplication = 0.002
    faults.delay = 0.005
    faults.workerCrashes = 0.0005
    faults.workerDepartures = 0.1
    faults.workerDrains = 0.0002
    faults.workerPauses = 0.0002
    faults.pauseLength = .seconds(5) ... .seconds(40)
    faults.wedges = 0.0002
    faults.corruption = 0.0005
    faults.failingWorkersFail = true
    faults.slowWrites = 0.05
    for (start, direction) in zip([end / 6, end / 4, end / 3], Partition.Direction.allCases) {
      let cut = Set((0..<workers).filter { _ in random.chance(0.15) })
      let span = TimeSpan(start: start, end: start + .seconds(30))
      faults.partitions.append(Partition(span: span, workers: cut, direction: direction))
    }
    faults.coordinatorCrashes = [end / 2]
    faults.coordinatorPauses = [TimeSpan(start: end * 5 / 8, end: end * 5 / 8 + .seconds(12))]
    faults.diskFull = [TimeSpan(start: end * 3 / 4, end: end * 3 / 4 + .seconds(5))]
    faults.actions = [
      (end / 8, .submit(run: 1)), (end / 4, .cancel(run: 1)), (end * 2 / 5, .resume(run: 1)),
      (end * 7 / 8, .retry(run: 0)),
    ]
    faults.lostLogs = 0.5
    faults.bitFlips = 0.5
    scenario.hasKeys = true
    scenario.byzantineNames = 2
    scenario.phases = [faults]
    // A hanging prompt takes this many deadlines, plus the delay by other faults.
    let deadline = scenario.settings.progressDeadline.milliseconds * 1000
    scenario.patience = .seconds(120) + 3 * work + Int64(scenario.settings.failuresToQuarantine) * 2 * deadline
    scenario.checksEverything = false
    return scenario
  }
}
