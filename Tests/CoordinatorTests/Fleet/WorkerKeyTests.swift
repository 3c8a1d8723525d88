// autointerp
// `WorkerKeyTests` tests the names and keys of workers, event by event.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol
import ClusterTransport
import Platform
import Testing

@testable import Coordinator

@Suite struct WorkerKeyTests {
  private let keys: [CurvePublicKey]

  init() throws { keys = try (0..<2).map { _ in try CurveKeyPair.generate().publicKey } }

  /// A connection of the owner of key `number`.
  private func peer(_ name: String, key number: Int) -> PeerID {
    PeerID(bytes: Array(name.utf8), publicKey: keys[number])
  }

  private func join(
    _ fleet: inout FleetFixture, _ name: String, at peer: PeerID, incarnation: UInt64 = 1
  ) -> [CoordinatorMessage.Lease] {
    let before = fleet.sent.count
    let hello = FleetFixture.hello(name, incarnation: incarnation)
    fleet.perform(fleet.machine.receive(.hello(hello), from: peer, now: fleet.now))
    fleet.perform(fleet.machine.receive(.ready(credit: 1), from: peer, now: fleet.now))
    return fleet.sent[before...].compactMap {
      if case .lease(let lease) = $0.message, $0.peer == peer { lease } else { nil }
    }
  }

  private func refusal(_ fleet: FleetFixture, of peer: PeerID) -> String? {
    fleet.sent.compactMap { if case .refused(let reason) = $0.message, $0.peer == peer { reason } else { nil } }.last
  }

  @Test(arguments: [1, 2] as [UInt64])
  func aWorkersNameWithAnotherKeyIsRefusedAndThePromptIsNotSuspected(incarnation: UInt64) {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    let lease = join(&fleet, "node-1", at: peer("a", key: 0))[0]
    #expect(join(&fleet, "node-1", at: peer("b", key: 1), incarnation: incarnation).isEmpty)
    #expect(refusal(fleet, of: peer("b", key: 1))?.contains("another key") == true)
    #expect(fleet.worker("node-1")?.state == .working)
    #expect(fleet.status.counters.workersRefused == 1)
    fleet.perform(
      fleet.machine.receive(
        .heartbeat(.init(slots: [.init(fence: lease.fence, progress: 1)], residentBytes: 1)),
        from: peer("a", key: 0), now: fleet.now))
    #expect(fleet.worker("node-1")?.failed == 0 && fleet.run.inFlight == 1 && fleet.run.quarantined.isEmpty)
  }

  @Test func aLostWorkersNameStaysItsOwn() {
    var fleet = FleetFixture(runs: [FleetFixture.run()])
    _ = join(&fleet, "node-1", at: peer("a", key: 0))
    fleet.wait(.seconds(21))
    #expect(fleet.worker("node-1")?.state == .lost)
    #expect(join(&fleet, "node-1", at: peer("b", key: 1), incarnation: 2).isEmpty)
    #expect(join(&fleet, "node-1", at: peer("c", key: 0)).count == 1)
  }

  @Test func aNameIsFreeOnceItsWorkerSaidGoodbye() {
    var fleet = FleetFixture(runs: [FleetFixture.run()])
    _ = join(&fleet, "node-1", at: peer("a", key: 0))
    fleet.perform(fleet.machine.receive(.goodbye(reason: "over"), from: peer("a", key: 0), now: fleet.now))
    #expect(join(&fleet, "node-1", at: peer("b", key: 1), incarnation: 2).count == 1)
  }

  @Test func aConnectionThatHasTheNameOfAnothersSpeaksForNobody() {
    var fleet = FleetFixture(runs: [FleetFixture.run()])
    _ = join(&fleet, "node-1", at: peer("a", key: 0))
    fleet.perform(fleet.machine.receive(.goodbye(reason: "no"), from: peer("a", key: 1), now: fleet.now))
    #expect(fleet.sent.last?.message == .unknownWorker)
    #expect(fleet.worker("node-1")?.state == .working)
  }

  @Test func workersOfRemovedKeysLoseTheirLeasesAndNoPromptIsSuspected() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    let lease = join(&fleet, "node-1", at: peer("a", key: 0))[0]
    #expect(join(&fleet, "node-2", at: peer("b", key: 1)).isEmpty)
    let before = fleet.sent.count
    let kept = keys[1]
    fleet.perform(fleet.machine.dismissWorkers(now: fleet.now) { $0 == kept })
    #expect(fleet.worker("node-1")?.busySlots == 0 && fleet.worker("node-1")?.failed == 0)
    #expect(fleet.sent[before...].allSatisfy { $0.peer == peer("b", key: 1) })
    let handedOn = fleet.sent[before...].compactMap {
      if case .lease(let lease) = $0.message { lease.fence.prompt } else { nil }
    }
    #expect(handedOn == [lease.fence.prompt])
    #expect(fleet.status.recentErrors.last?.text.contains("node-1 is sent away") == true)
    // The node gets a new key.
    #expect(fleet.machine.isDeserted == false)
    _ = join(&fleet, "node-1", at: peer("c", key: 1), incarnation: 2)
    #expect(refusal(fleet, of: peer("c", key: 1)) == nil)
  }

  @Test func aNameThatCouldDisturbALogIsRefused() {
    var fleet = FleetFixture()
    fleet.say("a", .hello(FleetFixture.hello("node\u{1B}[2J\nnode-2")))
    #expect(fleet.status.workers.isEmpty)
    #expect(fleet.status.recentErrors.allSatisfy { $0.text == $0.text.harmless })
    guard case .refused = fleet.sent.last?.message else {
      Issue.record("not refused")
      return
    }
  }

  @Test func refusedHellosDoNotWashOutTheRecentErrors() {
    var fleet = FleetFixture(runs: [FleetFixture.run()])
    fleet.perform(fleet.machine.note(error: "what matters", now: fleet.now))
    for _ in 0..<1000 { fleet.say("b", .hello(FleetFixture.hello("b", fingerprint: "other"))) }
    #expect(fleet.status.counters.workersRefused == 1000)
    #expect(fleet.status.recentErrors.count == 2)
    fleet.wait(.seconds(61))
    #expect(fleet.status.recentErrors.last?.text == "refused worker b 999 more times")
  }

  @Test func anErrorTextStaysOnItsLine() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    for name in ["a", "b"] {
      let fence = fleet.join(name)[0].fence
      fleet.say(name, .failed(.init(fence: fence, kind: .prompt, error: "one\ntwo: \u{1B}[31m")))
    }
    #expect(fleet.run.quarantined.map(\.errors) == [["a: one two: \u{FFFD}[31m", "b: one two: \u{FFFD}[31m"]])
  }
}
