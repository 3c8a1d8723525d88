// autointerp
// `MachineRig` is a `WorkerMachine` with a clock, for tests.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol

@testable import Worker

/// A machine and the time. Collects what it does.
struct MachineRig {
  var machine: WorkerMachine
  var now: Duration = .zero
  private(set) var actions: [WorkerAction] = []

  static let incarnation: UInt64 = 77
  static let welcome = CoordinatorMessage.Welcome(epoch: 1, heartbeatMilliseconds: 1000, deadAfterMilliseconds: 10_000)

  init(slots: Int = 2, settings: WorkerSettings = WorkerSettings()) {
    machine = WorkerMachine(hello: Self.hello(slots: slots), settings: settings)
    actions = machine.start(at: .zero)
  }

  /// A machine that was just welcomed.
  static func welcomed(slots: Int = 2, settings: WorkerSettings = WorkerSettings()) -> MachineRig {
    var rig = MachineRig(slots: slots, settings: settings)
    rig.receive(.welcome(welcome))
    return rig
  }

  static func hello(slots: Int, incarnation: UInt64 = incarnation) -> WorkerMessage.Hello {
    WorkerMessage.Hello(
      worker: "w", incarnation: incarnation, host: "h", slots: slots, modelName: "m", modelFingerprint: "f",
      softwareVersion: "0", computeKernel: "k")
  }

  static func fence(_ prompt: Int32, attempt: Int32 = 1, epoch: Int64 = 1, incarnation: UInt64 = incarnation) -> Fence {
    Fence(run: "r", prompt: prompt, attempt: attempt, incarnation: incarnation, epoch: epoch)
  }

  static func lease(_ fence: Fence, text: String = "t") -> CoordinatorMessage.Lease {
    .init(
      fence: fence, origin: .domain, text: text, answerPrefix: "", template: .init(name: "raw"),
      settings: AttributionSettings(), leaseMilliseconds: 60_000)
  }

  mutating func receive(_ message: CoordinatorMessage) { actions = machine.receive(message, at: now) }

  mutating func finish(_ fence: Fence, _ outcome: LeaseOutcome? = nil) {
    actions = machine.finish(fence, outcome ?? Self.outcome(fence.prompt), at: now)
  }

  mutating func drain() { actions = machine.drain(reason: "test", at: now) }

  mutating func advance(by duration: Duration, hearing: Bool = false) {
    now += duration
    if hearing { _ = machine.receive(.heartbeat, at: now) }
    actions = machine.tick(at: now, WorkerVitals(progress: [Self.fence(0): 5], residentBytes: 99))
  }

  static func outcome(_ prompt: Int32) -> LeaseOutcome {
    .computed(payload: [UInt8(truncatingIfNeeded: prompt)], computeMilliseconds: 3)
  }

  static func report(_ fence: Fence) -> WorkerAction {
    .send(.delta(.init(fence: fence, payload: [UInt8(truncatingIfNeeded: fence.prompt)], computeMilliseconds: 3)))
  }

  /// What the last event made it do, without notes.
  /// The answer to a lease that the worker is done with.
  static func refusal(_ fence: Fence) -> WorkerAction {
    .send(.failed(.init(fence: fence, kind: .worker, error: "this worker is done with this lease")))
  }

  var deeds: [WorkerAction] {
    actions.filter { if case .note = $0 { false } else { true } }
  }

  /// The heartbeat among the last actions.
  var heartbeat: WorkerMessage.WorkerHeartbeat? {
    for case .send(.heartbeat(let heartbeat)) in actions { return heartbeat }
    return nil
  }
}
