// autointerp
// `WorkerScheduleTests` tests `WorkerMachine` against a forgetful coordinator and a bad network, by seed.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol
import Testing

@testable import Worker

struct WorkerScheduleTests {
  @Test(arguments: 0..<200) func everyPromptGetsDoneUnderLossDuplicationReorderingAndRestarts(seed: Int) {
    var history = FaultyHistory(seed: UInt64(seed))
    history.run()
    #expect(history.done.count == history.promptCount)
    #expect(history.violations.isEmpty)
  }
}

/// One history: faults in the first half, then a quiet network in which everything must get done.
private struct FaultyHistory {
  let promptCount = 25
  let slots = 3
  var done: Set<Int32> = []
  var violations: [String] = []

  private enum Event {
    case toWorker(CoordinatorMessage, incarnation: UInt64)
    case toCoordinator(WorkerMessage, incarnation: UInt64)
    case finished(Fence)
  }

  private var bits: SeededBits
  private var now: Duration = .zero
  private var events: [(at: Duration, event: Event)] = []
  private var machine: WorkerMachine
  private var incarnation: UInt64 = 1
  private var computing: Set<Fence> = []
  private var stopped = false
  // The coordinator: what it forgets in a crash, and what it does not (`done`).
  private var epoch: Int64 = 1
  private var known: UInt64?
  private var held: [Int32: Fence] = [:]
  private var attempts: [Int32: Int32] = [:]

  init(seed: UInt64) {
    bits = SeededBits(state: seed)
    machine = WorkerMachine(hello: MachineRig.hello(slots: slots, incarnation: 1))
  }

  private var isFaulty: Bool { now < .seconds(300) }

  private mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &bits) < probability }

  mutating func run() {
    perform(machine.start(at: now))
    while now < .seconds(900), done.count < promptCount, !stopped {
      now += .milliseconds(100)
      if isFaulty, chance(0.002) { restartWorker() }
      if isFaulty, chance(0.002) { restartCoordinator() }
      let due = events.filter { $0.at <= now }.sorted { $0.at < $1.at }
      events.removeAll { $0.at <= now }
      for (_, event) in due { handle(event) }
      if let deadline = machine.nextDeadline, deadline <= now {
        let progress = Dictionary(uniqueKeysWithValues: computing.map { ($0, Int64(1)) })
        perform(machine.tick(at: now, WorkerVitals(progress: progress)))
      }
      if machine.executingCount > slots { violations.append("more work than slots at \(now)") }
    }
  }

  private mutating func deliver(_ event: Event) {
    let copies = isFaulty ? (chance(0.15) ? 0 : chance(0.1) ? 2 : 1) : 1
    for _ in 0..<copies {
      let delay = isFaulty && chance(0.2) ? Int.random(in: 0..<8000, using: &bits) : 20
      events.append((now + .milliseconds(delay), event))
    }
  }

  private mutating func perform(_ actions: [WorkerAction]) {
    for action in actions {
      switch action {
      case .send(let message): deliver(.toCoordinator(message, incarnation: incarnation))
      case .compute(let lease):
        if !computing.insert(lease.fence).inserted { violations.append("\(lease.fence) was computed twice at once") }
        if lease.fence.incarnation != incarnation { violations.append("\(lease.fence) is not ours") }
        let duration = Int.random(in: 200..<20_000, using: &bits)
        events.append((now + .milliseconds(duration), .finished(lease.fence)))
      case .stop: stopped = true
      case .reconnect, .note: break
      }
    }
  }

  private mutating func handle(_ event: Event) {
    switch event {
    case .toWorker(let message, let receiver) where receiver == incarnation:
      perform(machine.receive(message, at: now))
    case .finished(let fence) where computing.contains(fence):
      computing.remove(fence)
      perform(machine.finish(fence, MachineRig.outcome(fence.prompt), at: now))
    case .toCoordinator(let message, let sender): coordinate(message, from: sender)
    default: break
    }
  }

  private mutating func restartWorker() {
    incarnation += 1
    computing = []
    machine = WorkerMachine(hello: MachineRig.hello(slots: slots, incarnation: incarnation))
    perform(machine.start(at: now))
  }

  private mutating func restartCoordinator() {
    epoch += 1
    known = nil
    held = [:]
  }

  private mutating func coordinate(_ message: WorkerMessage, from sender: UInt64) {
    func answer(_ message: CoordinatorMessage) { deliver(.toWorker(message, incarnation: sender)) }
    if case .hello(let hello) = message {
      if known != hello.incarnation { held = [:] }
      known = hello.incarnation
      return answer(
        .welcome(.init(epoch: epoch, heartbeatMilliseconds: 2000, deadAfterMilliseconds: 15_000)))
    }
    guard known == sender else { return answer(.unknownWorker) }
    switch message {
    case .ready(let credit):
      for _ in 0..<min(credit, slots - held.count) {
        guard let prompt = (0..<Int32(promptCount)).first(where: { !done.contains($0) && held[$0] == nil }) else {
          return
        }
        attempts[prompt, default: 0] += 1
        let fence = MachineRig.fence(prompt, attempt: attempts[prompt]!, epoch: epoch, incarnation: sender)
        held[prompt] = fence
        answer(.lease(MachineRig.lease(fence)))
      }
    case .delta(let report):
      if report.payload != [UInt8(truncatingIfNeeded: report.fence.prompt)] {
        violations.append("wrong result for \(report.fence)")
      }
      done.insert(report.fence.prompt)
      held[report.fence.prompt] = nil
      answer(.acknowledged(report.fence))
    case .heartbeat(let beat):
      answer(.heartbeat)
      let listed = Set(beat.slots.map(\.fence))
      for fence in held.values.sorted(by: { $0.prompt < $1.prompt }) where !listed.contains(fence) {
        answer(.lease(MachineRig.lease(fence)))
      }
    case .hello, .failed, .goodbye, .model: break
    }
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
private struct SeededBits: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}
