// autointerp
// `WorkerLifeTests` tests how workers come, fall silent, die and leave, event by event.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import Testing

@testable import Coordinator

@Suite struct WorkerLifeTests {
  @Test func helloIsWelcomedWithTheFleetsTimes() {
    var fleet = FleetFixture()
    fleet.say("a", .hello(FleetFixture.hello("a")))
    #expect(
      fleet.sent.map(\.message)
        == [.welcome(.init(epoch: 7, heartbeatMilliseconds: 5000, deadAfterMilliseconds: 20000))])
  }

  @Test func workerOfAnotherModelIsRefusedWithBothNames() {
    var fleet = FleetFixture(runs: [FleetFixture.run()])
    fleet.say("a", .hello(FleetFixture.hello("a", fingerprint: "other")))
    guard case .refused(let reason) = fleet.sent[0].message else {
      Issue.record("not refused: \(fleet.sent)")
      return
    }
    #expect(reason.contains("other") && reason.contains("model"))
    #expect(fleet.machine.counters.workersRefused == 1)
    #expect(fleet.pull("a").isEmpty)
  }

  /// Runs, and whether a worker with the fingerprint "model" may join.
  @Test(
    arguments: [
      ([], true), (["model"], true), ([nil], true), (["other"], false), (["other", "model"], true),
    ] as [([String?], Bool)])
  func workerMayJoinWhenSomeOpenRunCouldUseIt(fingerprints: [String?], mayJoin: Bool) {
    var fleet = FleetFixture(
      runs: fingerprints.enumerated().map { FleetFixture.run("run \($0)", fingerprint: $1) })
    fleet.join("a")
    #expect((fleet.worker("a") != nil) == mayJoin)
  }

  @Test func firstWorkerWithALeaseDecidesTheModelAndItIsStored() {
    var fleet = FleetFixture(runs: [FleetFixture.run(fingerprint: nil)])
    fleet.join("a", fingerprint: "mine")
    #expect(fleet.written == [.model(fingerprint: "mine")])
    fleet.say("b", .hello(FleetFixture.hello("b", fingerprint: "other")))
    #expect(fleet.worker("b") == nil)
  }

  @Test func leasesGoOnlyToWorkersOfTheRunsModel() {
    var fleet = FleetFixture(runs: [FleetFixture.run("one"), FleetFixture.run("two", fingerprint: "other")])
    #expect(fleet.join("a", slots: 9).map(\.fence.run) == ["one", "one", "one", "one"])
    #expect(fleet.join("b", slots: 9, fingerprint: "other").map(\.fence.run) == ["two", "two", "two", "two"])
  }

  @Test func strangersAreAskedToSayHello() {
    var fleet = FleetFixture(runs: [FleetFixture.run()])
    fleet.say("a", .ready(credit: 1))
    #expect(fleet.sent.map(\.message) == [.unknownWorker])
  }

  @Test func creditIsAbsoluteAndBoundedBySlots() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 9)])
    #expect(fleet.join("a", slots: 2).count == 2)
    #expect(fleet.pull("a", 2).isEmpty)
    #expect(fleet.pull("a", 2).isEmpty)
  }

  @Test func silentWorkerLosesItsPromptToAnother() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    fleet.join("a")
    fleet.join("b")
    fleet.wait(.seconds(21), beating: ["b": []])
    #expect(fleet.worker("a")?.state == .lost)
    #expect(fleet.leases(to: "b").map(\.fence.prompt) == [0])
  }

  @Test func processThatWasOnlySilentIsNoLongerSuspectedWhenItReturns() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    fleet.join("a")
    for _ in 0..<5 {
      fleet.wait(.seconds(21))
      #expect(fleet.worker("a")?.state == .lost)
      fleet.join("a")
    }
    #expect(fleet.run.quarantined.isEmpty)
  }

  @Test func promptThatKillsWorkersIsQuarantined() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 3)])
    var incarnation: UInt64 = 1
    for _ in 0..<40 where fleet.run.state != .complete {
      let leases = fleet.join("a", incarnation: incarnation)
      // Prompt 0 kills the process. The others are computed.
      for lease in leases where lease.fence.prompt != 0 { fleet.deliver(lease.fence, from: "a") }
      if fleet.machineLeases(of: "a").contains(where: { $0.fence.prompt == 0 }) { incarnation += 1 }
    }
    #expect(fleet.run.state == .complete)
    #expect(fleet.run.quarantined.map(\.prompt) == [0])
    #expect(fleet.run.quarantined[0].errors.count == fleet.machine.settings.failuresToQuarantine)
    #expect(fleet.run.done == 2)
  }

  @Test func suspectIsTriedAloneSoThatItsNeighboursAreNotBlamedAgain() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 4)])
    fleet.join("a", slots: 4)
    let leases = fleet.join("a", incarnation: 2, slots: 4)
    #expect(leases.count == 1)
    #expect(fleet.pull("a", 3).isEmpty)
    fleet.deliver(leases[0].fence, from: "a")
    #expect(fleet.machineLeases(of: "a").count == 1)
    #expect(fleet.pull("a", 3).isEmpty)
  }

  @Test func whatAWorkerHandsBackIsNobodysFault() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 2)])
    fleet.join("a", slots: 2)
    fleet.say("a", .goodbye(reason: "SIGTERM"))
    #expect(fleet.run.queued == 2)
    #expect(fleet.join("b", slots: 2).count == 2)
    #expect(fleet.written.isEmpty)
  }

  @Test func restartedProcessOfTheSameNameTakesOver() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 2)])
    let old = fleet.join("a")[0].fence
    let new = fleet.join("a", incarnation: 2)[0].fence
    #expect(old.prompt == 0 && new.prompt == 1)
    #expect(fleet.worker("a")?.busySlots == 1)
  }

  /// Its leases would be more than its slots, or of a model that it no longer has.
  @Test func processCannotSaySomethingElseAboutItself() {
    var fleet = FleetFixture(runs: [FleetFixture.run()])
    #expect(fleet.join("a", slots: 3).count == 3)
    fleet.say("a", .hello(FleetFixture.hello("a", slots: 1)))
    guard case .refused(let reason)? = fleet.sent.last?.message else { return #expect(Bool(false), "it is let in") }
    #expect(reason.contains("new process"))
    #expect(fleet.worker("a")?.busySlots == 3)
    fleet.say("a", .hello(FleetFixture.hello("a", slots: 3)))
    guard case .welcome? = fleet.sent.last?.message else { return #expect(Bool(false), "it is not welcome") }
  }

  @Test func lateHelloOfADeadProcessEndsNoLeaseOfItsSuccessor() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 2)])
    fleet.join("a", incarnation: 1)
    let lease = fleet.join("a", incarnation: 2)[0]
    fleet.say("late", .hello(FleetFixture.hello("a", incarnation: 1)))
    #expect(fleet.worker("a")?.prompts == [lease.fence.prompt])
    #expect(fleet.worker("a")?.failed == 1, "of the process that died")
    fleet.deliver(lease.fence, from: "a")
    #expect(fleet.storedDeltas == [lease.fence.prompt])
  }

  /// What waited at the door of a coordinator that stood still is heard before its workers are judged.
  @Test func absenceIsForgivenAtTheFirstEventAfterIt() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 2)])
    fleet.join("a", incarnation: 1)
    fleet.join("a", incarnation: 2)
    fleet.perform(fleet.machine.tick(now: fleet.now))
    fleet.now += .seconds(100)
    fleet.say("late", .hello(FleetFixture.hello("a", incarnation: 1)))
    #expect(fleet.worker("a")?.state == .working)
    #expect(fleet.worker("a")?.failed == 1)
  }

  @Test func twoLivingProcessesOfOneNameDoNotFightForEver() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 9)])
    for _ in 0..<10 {
      fleet.say("one", .hello(FleetFixture.hello("same", incarnation: 1)))
      fleet.say("two", .hello(FleetFixture.hello("same", incarnation: 2)))
    }
    let refusals = fleet.sent.suffix(4).count { if case .refused = $0.message { true } else { false } }
    #expect(refusals == 2, "one of them works, the other is told why it cannot")
  }

  @Test func leaseThatWasLostOnTheWayIsSentAgainWithTheSameFence() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    let fence = fleet.join("a")[0].fence
    fleet.beat("a", [])
    #expect(fleet.leases(to: "a").count == 1, "the beat may have crossed the lease")
    fleet.now += .seconds(5)
    fleet.beat("a", [])
    #expect(fleet.leases(to: "a").map(\.fence) == [fence, fence])
    fleet.beat("a", [fence])
    #expect(fleet.leases(to: "a").count == 2)
  }

  @Test func workerThatBeatsWithoutProgressLosesItsPrompt() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    let fence = fleet.join("a")[0].fence
    fleet.wait(.seconds(181), beating: ["a": [fence]])
    #expect(fleet.run.inFlight == 0)
    #expect(fleet.worker("a")?.failed == 1)
  }

  @Test func progressKeepsALeaseUntilItsDeadline() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    let fence = fleet.join("a")[0].fence
    fleet.wait(.seconds(899), beating: ["a": [fence]], progressing: true)
    #expect(fleet.run.inFlight == 1)
    fleet.wait(.seconds(2), beating: ["a": [fence]], progressing: true)
    #expect(fleet.run.inFlight == 0)
    #expect(fleet.machine.counters.leasesExpired == 1)
  }

  @Test func coordinatorThatSleptDoesNotBlameItsWorkers() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    let fence = fleet.join("a")[0].fence
    fleet.wait(.seconds(2), beating: ["a": [fence]])
    fleet.now += .seconds(3600)
    fleet.perform(fleet.machine.tick(now: fleet.now))
    #expect(fleet.worker("a")?.state == .working)
    #expect(fleet.run.inFlight == 1)
  }

  @Test func drainedFleetGetsNoMoreWorkAndIsDesertedInTheEnd() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 3)])
    let fence = fleet.join("a")[0].fence
    fleet.perform(fleet.machine.drainFleet(reason: "shutdown", now: fleet.now))
    #expect(fleet.sent.last?.message == .drain(reason: "shutdown"))
    fleet.deliver(fence, from: "a")
    #expect(fleet.pull("a").isEmpty)
    #expect(fleet.acknowledged(by: "a") == [fence])
    #expect(!fleet.machine.isDeserted)
    fleet.say("a", .goodbye(reason: "drained"))
    #expect(fleet.machine.isDeserted)
    fleet.say("b", .hello(FleetFixture.hello("b")))
    #expect(fleet.sent.last?.message == .drain(reason: "shutdown"))
  }

  @Test func lostWorkersAreForgottenAfterAWhile() {
    var settings = FleetSettings()
    settings.forgetAfter = .seconds(60)
    var fleet = FleetFixture(settings: settings, runs: [FleetFixture.run()])
    fleet.join("a")
    fleet.wait(.seconds(30))
    #expect(fleet.worker("a")?.state == .lost)
    fleet.wait(.seconds(61))
    #expect(fleet.worker("a") == nil)
    #expect(fleet.join("a").count == 1)
  }
}
