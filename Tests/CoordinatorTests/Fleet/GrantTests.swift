// autointerp
// `GrantTests` tests that only a grant of this run's file, given to the same key, lets a delta into the file.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import ClusterTransport
import Testing

@testable import Coordinator

@Suite struct GrantTests {
  private let keys: [CurvePublicKey]

  init() throws { keys = try (0..<3).map { _ in try CurveKeyPair.generate().publicKey } }

  private func peer(_ name: String, key number: Int, address: String = "10.0.0.1") -> PeerID {
    PeerID(bytes: Array(name.utf8), publicKey: keys[number], address: address)
  }

  private func say(_ fleet: inout FleetFixture, _ message: WorkerMessage, at peer: PeerID) -> [CoordinatorMessage.Lease]
  {
    let before = fleet.sent.count
    fleet.perform(fleet.machine.receive(message, from: peer, now: fleet.now))
    return fleet.sent[before...].compactMap {
      if case .lease(let lease) = $0.message, $0.peer == peer { lease } else { nil }
    }
  }

  private func join(
    _ fleet: inout FleetFixture, _ name: String, at peer: PeerID, slots: Int = 1
  ) -> [CoordinatorMessage.Lease] {
    _ = say(&fleet, .hello(FleetFixture.hello(name, slots: slots)), at: peer)
    return say(&fleet, .ready(credit: slots), at: peer)
  }

  @Test func aGrantIsGoodForTheKeyThatGotItAlone() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 2)])
    let (honest, thief) = (peer("a", key: 0), peer("b", key: 1))
    let fence = join(&fleet, "a", at: honest)[0].fence
    // Use the same incarnation, so that only the key tells them apart.
    _ = say(&fleet, .hello(FleetFixture.hello("b")), at: thief)
    fleet.perform(fleet.machine.accept(FleetFixture.delta(fence), from: thief, now: fleet.now))
    #expect(fleet.storedDeltas == [])
    #expect(fleet.strikes == [thief])
    fleet.perform(fleet.machine.accept(FleetFixture.delta(fence), from: honest, now: fleet.now))
    #expect(fleet.storedDeltas == [fence.prompt])
  }

  @Test func whatAForgedFenceNamesIsNotAdopted() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 2)])
    fleet.say("a", .hello(FleetFixture.hello("a", slots: 2)))
    var forged = FleetFixture.fence(prompt: 0)
    forged.file = 99
    fleet.beat("a", [forged])
    #expect(fleet.leases(to: "a").isEmpty)
    fleet.beat("a", [FleetFixture.fence(prompt: 1)])
    #expect(fleet.leases(to: "a").map(\.fence.prompt) == [1])
  }

  @Test func aRunThatIsBegunAgainDoesNotTakeTheFencesOfItsOldFile() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    let lease = fleet.join("a")[0]
    let old = RunIdentity(file: 77, key: [UInt8](repeating: 1, count: 32)).fence(
      run: "run", prompt: 0, attempt: lease.fence.attempt, incarnation: 1, epoch: lease.fence.epoch, for: nil)
    #expect(!old.isSamePrompt(as: lease.fence))
    fleet.deliver(old, from: "a")
    #expect(fleet.storedDeltas == [])
    #expect(fleet.acknowledged(by: "a") == [old], "so that the worker forgets it")
  }

  /// A worker that never lists a lease does not keep it for ever.
  @Test func aLeaseThatIsSentAgainAndAgainEndsAllTheSame() {
    var settings = FleetSettings()
    settings.lease = .seconds(30)
    var fleet = FleetFixture(settings: settings, runs: [FleetFixture.run(prompts: 1)])
    fleet.join("a")
    fleet.wait(.seconds(120), beating: ["a": []])
    #expect(fleet.machine.counters.leasesExpired > 0)
  }

  @Test func oneKeyHasOneVoiceWhateverItsWorkersAreCalled() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 8)])
    // Another worker is there, and busy.
    #expect(join(&fleet, "honest", at: peer("h", key: 1)).count == 1)
    for name in ["x", "y", "z"] { _ = join(&fleet, name, at: peer(name, key: 0), slots: 3) }
    for _ in 0..<20 {
      for lease in fleet.machine.liveLeases where lease.worker != "honest" {
        let report = WorkerMessage.FailureReport(fence: lease.fence, kind: .prompt, error: "no")
        _ = say(&fleet, .failed(report), at: peer(lease.worker, key: 0))
        _ = say(&fleet, .ready(credit: 3), at: peer(lease.worker, key: 0))
      }
    }
    #expect(fleet.run.quarantined.isEmpty)
    #expect(fleet.status.workers.filter { $0.state == .setAside }.count == 3)
  }

  @Test func aKeyAtManyAddressesCondemnsNoPromptWhileThereAreOtherKeys() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 8)])
    #expect(join(&fleet, "honest", at: peer("h", key: 1)).count == 1)
    let addresses = (1...6).map { "10.0.0.\($0)" }
    func rogue(_ name: String) -> PeerID { peer("at \(name)", key: 0, address: name) }
    for address in addresses { _ = join(&fleet, address, at: rogue(address), slots: 2) }
    var reports = 0
    for _ in 0..<20 {
      for lease in fleet.machine.liveLeases where lease.worker != "honest" {
        reports += 1
        let report = WorkerMessage.FailureReport(fence: lease.fence, kind: .prompt, error: "no")
        _ = say(&fleet, .failed(report), at: rogue(lease.worker))
        _ = say(&fleet, .ready(credit: 2), at: rogue(lease.worker))
      }
    }
    #expect(reports >= 7, "each of the others' prompts was failed")
    #expect(fleet.run.quarantined.isEmpty)
  }

  @Test func aKeyAtASecondAddressChecksOnlyWhileThereIsNoOtherKey() throws {
    var run = FleetFixture.run(prompts: 1)
    run.spotCheckShare = 1
    var fleet = FleetFixture(runs: [run])
    let (first, second) = (peer("a", key: 0), peer("b", key: 0, address: "10.0.0.2"))
    let other = peer("c", key: 1)
    func isAsked() -> Bool {
      fleet.sent.contains { if case .lease = $0.message { $0.peer == second } else { false } }
    }
    let lease = try #require(join(&fleet, "a", at: first).first)
    fleet.perform(fleet.machine.accept(FleetFixture.delta(lease.fence), from: first, now: fleet.now))
    _ = say(&fleet, .hello(FleetFixture.hello("c")), at: other)
    _ = join(&fleet, "b", at: second)
    #expect(!isAsked(), "another key is there")
    fleet.wait(.seconds(30), beating: [:])
    _ = join(&fleet, "b", at: second)
    #expect(!isAsked(), "it is only silent, and may come back")
    _ = join(&fleet, "c", at: other)
    _ = say(&fleet, .goodbye(reason: "test"), at: other)
    _ = say(&fleet, .ready(credit: 1), at: second)
    #expect(isAsked())
  }

  @Test func aSharedKeyHasAVoiceAtEachAddress() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    let peers = ["10.0.0.1", "10.0.0.2"].map { peer("at \($0)", key: 0, address: $0) }
    for (number, peer) in peers.enumerated() {
      let fence = join(&fleet, "w\(number)", at: peer)[0].fence
      _ = say(&fleet, .failed(.init(fence: fence, kind: .prompt, error: "no")), at: peer)
    }
    #expect(fleet.run.quarantined.count == 1)
  }

  @Test func aKeyHoldsNoMorePromptsThanAllowed() {
    var settings = FleetSettings()
    settings.maximumPromptsPerVoice = 5
    var fleet = FleetFixture(settings: settings, runs: [FleetFixture.run(prompts: 20)])
    var leases = 0
    for name in ["x", "y", "z"] { leases += join(&fleet, name, at: peer(name, key: 0), slots: 4).count }
    #expect(leases == 5)
    #expect(join(&fleet, "other", at: peer("o", key: 1), slots: 4).count == 4)
  }

  @Test func aKeyWithManyNamesLocksNobodyOut() {
    var settings = FleetSettings()
    (settings.maximumWorkersPerVoice, settings.maximumWorkers) = (3, 4)
    var fleet = FleetFixture(settings: settings, runs: [FleetFixture.run(prompts: 20)])
    for number in 0..<10 { _ = join(&fleet, "x\(number)", at: peer("x\(number)", key: 0)) }
    #expect(fleet.status.workers.count == 3)
    #expect(!join(&fleet, "honest", at: peer("h", key: 1)).isEmpty)
    // Workers that are gone and never delivered anything make room.
    fleet.wait(.seconds(25), beating: [:])
    #expect(fleet.status.workers.allSatisfy { $0.state == .lost })
    #expect(!join(&fleet, "newcomer", at: peer("n", key: 2)).isEmpty)
    #expect(fleet.status.workers.count == 4)
  }

  private static let card = [UInt8](1...9)
  private static let carded = ModelCard.fingerprint(weights: "w", payload: card)

  private func checked(_ fence: Fence, with model: String?) -> CheckedDelta {
    var delta = FleetFixture.delta(fence)
    delta.model = model
    return delta
  }

  /// Such a delta was decoded before its worker said hello, or while it claimed another model.
  @Test func aDeltaThatWasNotCheckedWithTheRunsModelStaysWithItsWorker() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1, fingerprint: Self.carded)])
    let worker = FleetFixture.peer("a")
    fleet.say("a", .hello(FleetFixture.hello("a", fingerprint: Self.carded)))
    #expect(fleet.machine.wantedCard(from: worker) == Self.carded)
    fleet.perform(fleet.machine.learn(card: Self.card, of: Self.carded, from: worker, now: fleet.now))
    #expect(fleet.machine.wantedCard(from: worker) == nil)
    let fence = fleet.pull("a")[0].fence
    for model in [nil, "other"] {
      fleet.perform(fleet.machine.accept(checked(fence, with: model), from: worker, now: fleet.now))
      #expect(fleet.storedDeltas == [] && fleet.acknowledged(by: "a") == [])
      #expect(fleet.machine.liveLeaseCount == 1)
    }
    fleet.perform(fleet.machine.accept(checked(fence, with: Self.carded), from: worker, now: fleet.now))
    #expect(fleet.storedDeltas == [0] && fleet.acknowledged(by: "a") == [fence])
  }

  /// A coordinator that died before the card was on the disk does not know it.
  @Test func afterARestartTheCardIsAskedForBeforeADeltaIsTaken() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1, fingerprint: Self.carded)])
    fleet.say("a", .hello(FleetFixture.hello("a", fingerprint: Self.carded)))
    let before = fleet.sent.count
    fleet.perform(
      fleet.machine.accept(
        checked(FleetFixture.fence(prompt: 0), with: nil), from: FleetFixture.peer("a"), now: fleet.now))
    #expect(fleet.storedDeltas == [])
    #expect(fleet.sent[before...].map(\.message) == [.describeModel])
  }
}
