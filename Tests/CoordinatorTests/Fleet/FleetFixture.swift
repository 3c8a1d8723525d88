// autointerp
// `FleetFixture` is a `FleetMachine` with a clock, a disk and fake peers, for tests of single events.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import ClusterTransport
import Platform
import Testing

@testable import Coordinator

/// Drives a `FleetMachine` and performs its writes like a disk, unless told otherwise.
struct FleetFixture {
  var machine: FleetMachine
  var now = Duration.seconds(1000)
  /// Everything that was sent, in order.
  var sent: [(message: CoordinatorMessage, peer: PeerID)] = []
  /// Everything on disk, in order.
  var written: [RunWrite] = []
  var finished: [String] = []
  var strikes: [PeerID] = []
  /// The batches that the disk has not answered yet while it is held.
  var heldRuns: [(run: String, writes: [RunWrite])] = []
  var isDiskHeld = false

  init(settings: FleetSettings = FleetSettings(), runs: [RunSpecification] = []) {
    machine = FleetMachine(settings: settings, epoch: 7)
    for run in runs { add(run) }
  }

  static func run(
    _ name: String = "run", prompts: Int = 4, fingerprint: String? = "model"
  ) -> RunSpecification {
    RunSpecification(
      name: name, modelName: "tiny", modelFingerprint: fingerprint, template: TemplateSpecification(name: "raw"),
      settings: AttributionSettings(), corpusDigest: "00", corpusName: "corpus", seed: 0,
      prompts: (0..<prompts).map { RunPrompt(origin: $0 % 2 == 0 ? .domain : .baseline, text: "prompt \($0)") })
  }

  static let identity = RunIdentity(file: 5, key: [UInt8](repeating: 7, count: 32))

  /// A grant as this or an earlier coordinator would have given it.
  static func fence(
    run: String = "run", prompt: Int32, attempt: Int32 = 1, incarnation: UInt64 = 1, epoch: Int64 = 3
  ) -> Fence {
    identity.fence(run: run, prompt: prompt, attempt: attempt, incarnation: incarnation, epoch: epoch, for: nil)
  }

  static func peer(_ name: String) -> PeerID { PeerID(bytes: Array(name.utf8)) }

  static func hello(
    _ name: String, incarnation: UInt64 = 1, slots: Int = 1, fingerprint: String = "model"
  ) -> WorkerMessage.Hello {
    WorkerMessage.Hello(
      worker: name, incarnation: incarnation, host: "host", slots: slots, modelName: "tiny",
      modelFingerprint: fingerprint, softwareVersion: "1", computeKernel: "kernel")
  }

  mutating func add(_ specification: RunSpecification, ledger: RunLedger = RunLedger()) {
    perform(
      machine.add(StoredRun(specification: specification, epoch: 3, identity: Self.identity, ledger: ledger), now: now))
  }

  /// Says hello and asks for work for every slot.
  @discardableResult
  mutating func join(
    _ name: String, incarnation: UInt64 = 1, slots: Int = 1, fingerprint: String = "model"
  ) -> [CoordinatorMessage.Lease] {
    say(name, .hello(Self.hello(name, incarnation: incarnation, slots: slots, fingerprint: fingerprint)))
    return pull(name, slots)
  }

  @discardableResult
  mutating func pull(_ name: String, _ credit: Int = 1) -> [CoordinatorMessage.Lease] {
    let before = sent.count
    say(name, .ready(credit: credit))
    return leases(since: before, to: name)
  }

  func leases(since count: Int = 0, to name: String) -> [CoordinatorMessage.Lease] {
    sent[count...].compactMap {
      if case .lease(let lease) = $0.message, $0.peer == Self.peer(name) { lease } else { nil }
    }
  }

  func acknowledged(by name: String) -> [Fence] {
    sent.compactMap {
      if case .acknowledged(let fence) = $0.message, $0.peer == Self.peer(name) { fence } else { nil }
    }
  }

  mutating func say(_ name: String, _ message: WorkerMessage) {
    perform(machine.receive(message, from: Self.peer(name), now: now))
  }

  mutating func deliver(
    _ fence: Fence, from name: String, says value: UInt64? = nil, milliseconds: Int64 = 1000, byteCount: Int = 100
  ) {
    let delta = Self.delta(fence, says: value, milliseconds: milliseconds, byteCount: byteCount)
    perform(machine.accept(delta, from: Self.peer(name), now: now))
  }

  /// A delta that stands for any other, since the machine looks only at its digest and size.
  static func delta(
    _ fence: Fence, says value: UInt64? = nil, milliseconds: Int64 = 1000, byteCount: Int = 100
  ) -> CheckedDelta {
    guard let valid = try? ValidDelta(.synthetic(prompt: max(0, fence.prompt), origin: .domain)) else {
      preconditionFailure("synthetic deltas are valid")
    }
    return CheckedDelta(
      fence: fence, computeMilliseconds: milliseconds, valid: valid, payload: [UInt8](repeating: 0, count: byteCount),
      digest: DeltaDigest(value ?? UInt64(truncatingIfNeeded: fence.prompt), 0, 0, 0))
  }

  mutating func fail(_ fence: Fence, from name: String, _ kind: WorkerMessage.FailureReport.Kind = .prompt) {
    say(name, .failed(.init(fence: fence, kind: kind, error: "it broke")))
  }

  mutating func beat(
    _ name: String, _ fences: [Fence], progress: Int64 = 0, phase: WorkerMessage.SlotProgress.Phase = .executing
  ) {
    let slots = fences.map { WorkerMessage.SlotProgress(fence: $0, phase: phase, progress: progress) }
    say(name, .heartbeat(.init(slots: slots, residentBytes: 1)))
  }

  /// Lets time pass in steps of a second, with a tick each.
  mutating func wait(_ duration: Duration, beating: [String: [Fence]] = [:], progressing: Bool = false) {
    let end = now + duration
    while now < end {
      now += .seconds(1)
      for (name, fences) in beating.sorted(by: { $0.key < $1.key }) {
        beat(name, fences, progress: progressing ? now.milliseconds : 0)
      }
      perform(machine.tick(now: now))
    }
  }

  mutating func releaseDisk(error: String? = nil) {
    let held = heldRuns
    heldRuns = []
    for (run, writes) in held {
      if let error {
        perform(machine.writeFailed(run: run, error: error, now: now))
      } else {
        written += writes
        perform(machine.written(run: run, now: now))
      }
    }
  }

  mutating func perform(_ actions: [FleetAction]) {
    #expect(machine.brokenInvariants(deep: true) == [])
    for action in actions {
      switch action {
      case .send(let message, let peer): sent.append((message, peer))
      case .finished(let run): finished.append(run)
      case .strike(let peer, _): strikes.append(peer)
      case .note: break
      case .write(let run, let writes):
        if isDiskHeld {
          heldRuns.append((run, writes))
        } else {
          written += writes
          perform(machine.written(run: run, now: now))
        }
      }
    }
  }

  var status: FleetStatus { machine.status(softwareVersion: "1", startedAt: .seconds(1000), now: now) }
  /// The first run.
  var run: RunStatus { status.runs[0] }
  func worker(_ name: String) -> WorkerStatus? { status.workers.first { $0.name == name } }
  var storedDeltas: [Int32] {
    written.compactMap { if case .delta(let delta, _, _, _) = $0 { delta.fence.prompt } else { nil } }
  }
}
