// autointerp
// `RunTests` tests runs, storage and stragglers, event by event.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import Platform
import Testing

@testable import Coordinator

@Suite struct RunTests {
  @Test func runEndsOnlyWhenItsLastWriteIsDurable() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    let fence = fleet.join("a")[0].fence
    fleet.isDiskHeld = true
    fleet.deliver(fence, from: "a")
    fleet.releaseDisk()
    #expect(fleet.run.state == .active)
    fleet.releaseDisk()
    #expect(fleet.run.state == .complete)
    #expect(fleet.finished == ["run"])
    #expect(fleet.written.last == .state(.complete))
  }

  @Test func runWithoutPromptsIsCompleteAtOnce() {
    let fleet = FleetFixture(runs: [FleetFixture.run(prompts: 0)])
    #expect(fleet.run.state == .complete)
  }

  @Test func workersGoOnWithTheNextRunWhenOneHasNothingLeftToHandOut() {
    var fleet = FleetFixture(runs: [FleetFixture.run("one", prompts: 1), FleetFixture.run("two", prompts: 1)])
    #expect(fleet.join("a").map(\.fence.run) == ["one"])
    #expect(fleet.join("b").map(\.fence.run) == ["two"])
    #expect(fleet.status.runs.map(\.state) == [.active, .active])
  }

  @Test func restartGoesOnFromWhatWasCommitted() {
    var ledger = RunLedger()
    ledger.digests = [0: DeltaDigest(0, 0, 0, 0).bytes, 3: DeltaDigest(3, 0, 0, 0).bytes]
    ledger.attempts = [0: 1, 1: 4, 3: 2]
    ledger.quarantined = [StoredQuarantine(prompt: 2, reason: "a: it broke", at: 0)]
    var fleet = FleetFixture()
    fleet.add(FleetFixture.run(), ledger: ledger)
    #expect(fleet.run.done == 2)
    #expect(fleet.run.quarantined.map(\.prompt) == [2])
    let lease = fleet.join("a", slots: 4)
    #expect(lease.map(\.fence.prompt) == [1])
    #expect(lease[0].fence.attempt == 5, "attempts go on counting")
    #expect(lease[0].fence.epoch == 3)
    fleet.deliver(FleetFixture.fence(prompt: 3, attempt: 2, epoch: 2), from: "a")
    #expect(fleet.machine.counters.deltasDuplicate == 1)
    fleet.deliver(lease[0].fence, from: "a")
    #expect(fleet.run.state == .complete)
  }

  @Test func digestSurvivesItsBytes() {
    let digest = DeltaDigest((0..<32).map { UInt8($0 * 7 % 256) })
    #expect(DeltaDigest(digest.bytes) == digest)
    #expect(digest.bytes == (0..<32).map { UInt8($0 * 7 % 256) })
  }

  @Test func cancelledRunTakesNothingMoreAndCanBeResumed() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 2)])
    let fence = fleet.join("a")[0].fence
    fleet.perform(fleet.machine.cancel("run", now: fleet.now))
    #expect(fleet.run.state == .cancelled)
    fleet.deliver(fence, from: "a")
    #expect(fleet.storedDeltas.isEmpty)
    #expect(fleet.acknowledged(by: "a") == [fence])
    #expect(fleet.pull("a").isEmpty)
    fleet.perform(fleet.machine.resume("run", now: fleet.now))
    #expect(fleet.run.state == .active, "the worker was waiting")
    #expect(fleet.written == [.state(.cancelled), .state(.unfinished)])
  }

  @Test func retryGivesQuarantinedPromptsACleanRecord() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    for _ in 0..<2 {
      fleet.fail(fleet.join("a")[0].fence, from: "a")
    }
    #expect(fleet.run.state == .complete)
    fleet.perform(fleet.machine.retry("run", now: fleet.now))
    #expect(fleet.run.quarantined.isEmpty)
    #expect(fleet.written.suffix(2) == [.release, .state(.unfinished)])
    let again = fleet.pull("a")[0].fence
    #expect(again.attempt == 3)
    fleet.deliver(again, from: "a")
    #expect(fleet.run.state == .complete)
    #expect(fleet.finished == ["run", "run"])
  }

  @Test func coordinatorThatCannotWriteGrantsNothingRetriesAndLosesNothing() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 4)])
    let fence = fleet.join("a")[0].fence
    fleet.isDiskHeld = true
    fleet.deliver(fence, from: "a")
    fleet.releaseDisk(error: "disk full")
    #expect(fleet.pull("a").isEmpty)
    #expect(fleet.status.recentErrors.last?.text.contains("disk full") == true)
    for _ in 0..<10 {
      fleet.wait(.seconds(31), beating: ["a": []])
      #expect(fleet.heldRuns.count == 1, "it is tried again")
      fleet.releaseDisk(error: "disk full")
    }
    #expect(fleet.acknowledged(by: "a").isEmpty)
    #expect(fleet.leases(to: "a").count == 1)
    fleet.isDiskHeld = false
    fleet.wait(.seconds(31), beating: ["a": []])
    #expect(fleet.acknowledged(by: "a") == [fence])
    #expect(fleet.storedDeltas == [0])
    #expect(fleet.leases(to: "a").count == 2)
  }

  @Test func leasesAreHeldBackWhileTooMuchIsUncommitted() {
    var settings = FleetSettings()
    settings.maximumUncommittedDeltas = 2
    var fleet = FleetFixture(settings: settings, runs: [FleetFixture.run(prompts: 20)])
    let leases = fleet.join("a", slots: 6)
    fleet.isDiskHeld = true
    for lease in leases { fleet.deliver(lease.fence, from: "a") }
    #expect(fleet.run.mergeLag == 4, "the rest is left to the worker")
    #expect(fleet.machine.uncommittedCount == 4)
    #expect(fleet.pull("a", 4).isEmpty)
    fleet.isDiskHeld = false
    fleet.releaseDisk()
    for lease in leases { fleet.deliver(lease.fence, from: "a") }
    #expect(fleet.storedDeltas.sorted() == [0, 1, 2, 3, 4, 5])
  }

  @Test func stragglerGetsOneBackupCopyAndTheFirstDeltaWins() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 2)])
    let slow = fleet.join("slow")[0].fence
    fleet.deliver(fleet.join("fast")[0].fence, from: "fast")
    #expect(fleet.pull("fast").isEmpty)
    fleet.join("other")
    fleet.wait(.seconds(11), beating: ["slow": [slow], "fast": [], "other": []], progressing: true)
    let copies = fleet.leases(to: "fast").suffix(1) + fleet.leases(to: "other")
    let copy = copies.filter { $0.fence.prompt == slow.prompt }
    #expect(copy.count == 1)
    #expect(copy.first?.fence.attempt == 2)
    fleet.deliver(copy[0].fence, from: "fast")
    #expect(fleet.run.done == 2)
    fleet.deliver(slow, from: "slow")
    #expect(fleet.machine.counters.deltasDuplicate == 1)
    #expect(fleet.storedDeltas.sorted() == [0, 1])
  }

  @Test func rateIsThatOfTheLastMinute() {
    var meter = RateMeter()
    #expect(meter.perSecond(at: .seconds(10)) == 0)
    for second in 100..<110 { meter.record(at: .seconds(second)) }
    #expect(meter.perSecond(at: .seconds(109)) == 1)
    #expect(meter.perSecond(at: .seconds(119)) == 0.5)
    #expect(meter.perSecond(at: .seconds(165)) == 4.0 / 60)
    #expect(meter.perSecond(at: .seconds(500)) == 0)
    meter.record(at: .seconds(1000))
    #expect(meter.perSecond(at: .seconds(1000)) == 1.0 / 60)
  }
}
