// autointerp
// `ReportTests` tests what happens to deltas and failures, event by event.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import Testing

@testable import Coordinator

@Suite struct ReportTests {
  @Test func deltaIsAcknowledgedOnlyOnceItIsOnTheDisk() {
    var fleet = FleetFixture(runs: [FleetFixture.run()])
    let lease = fleet.join("a")[0]
    fleet.isDiskHeld = true
    fleet.deliver(lease.fence, from: "a")
    #expect(fleet.acknowledged(by: "a") == [])
    #expect(fleet.run.mergeLag == 1)
    #expect(fleet.run.done == 0)
    fleet.releaseDisk()
    #expect(fleet.acknowledged(by: "a") == [lease.fence])
    #expect(fleet.run.done == 1)
  }

  @Test func deltasThatArriveDuringACommitShareTheNextOne() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 8)])
    let leases = fleet.join("a", slots: 8)
    fleet.isDiskHeld = true
    for lease in leases { fleet.deliver(lease.fence, from: "a") }
    #expect(fleet.heldRuns.count == 1)
    fleet.releaseDisk()
    #expect(fleet.heldRuns.map(\.writes.count) == [7])
    fleet.releaseDisk()
    fleet.releaseDisk()
    #expect(fleet.finished == ["run"])
  }

  @Test(arguments: [(nil, 1, 0), (99, 0, 1)] as [(UInt64?, Int64, Int64)])
  func secondDeltaOfADonePromptIsComparedCountedDroppedAndAcknowledged(
    value: UInt64?, duplicates: Int64, conflicts: Int64
  ) {
    var fleet = FleetFixture(runs: [FleetFixture.run()])
    let fence = fleet.join("a")[0].fence
    fleet.deliver(fence, from: "a")
    fleet.deliver(fence, from: "a", says: value)
    #expect(fleet.machine.counters.deltasDuplicate == duplicates)
    #expect(fleet.machine.counters.deltasConflicting == conflicts)
    #expect(fleet.machine.counters.deltasMerged == 1)
    #expect(fleet.acknowledged(by: "a") == [fence, fence])
    #expect(fleet.storedDeltas == [fence.prompt])
  }

  @Test func secondDeltaOfAPromptThatIsBeingCommittedWaitsForTheCommit() {
    var fleet = FleetFixture(runs: [FleetFixture.run()])
    let fence = fleet.join("a")[0].fence
    fleet.isDiskHeld = true
    fleet.deliver(fence, from: "a")
    for _ in 0..<5 { fleet.deliver(fence, from: "a") }
    #expect(fleet.acknowledged(by: "a") == [])
    fleet.releaseDisk()
    #expect(fleet.acknowledged(by: "a") == [fence], "however often it was sent, it is acknowledged once")
    #expect(fleet.machine.counters.deltasDuplicate == 5)
  }

  @Test func absurdComputeTimesDoNotAddUpToACrash() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 3)])
    for _ in 0..<3 {
      let lease = fleet.pull("a").first ?? fleet.join("a")[0]
      fleet.deliver(lease.fence, from: "a", milliseconds: .max)
    }
    #expect(fleet.run.state == .complete)
    #expect(fleet.run.computeMilliseconds == .max)
  }

  @Test func noLeasesAreGrantedWhileManyBytesWaitForTheDisk() {
    var settings = FleetSettings()
    settings.maximumUncommittedBytes = 1000
    var fleet = FleetFixture(settings: settings, runs: [FleetFixture.run(prompts: 6)])
    let leases = fleet.join("a", slots: 4)
    #expect(leases.count == 4)
    fleet.isDiskHeld = true
    for lease in leases.prefix(2) { fleet.deliver(lease.fence, from: "a", byteCount: 1000) }
    #expect(fleet.pull("a", 2).isEmpty)
    // At twice the limit the worker keeps its delta.
    fleet.deliver(leases[2].fence, from: "a", byteCount: 1000)
    #expect(fleet.machine.uncommittedCount == 2)
    fleet.releaseDisk()
    fleet.releaseDisk()
    fleet.deliver(leases[2].fence, from: "a", byteCount: 1000)
    fleet.releaseDisk()
    #expect(fleet.storedDeltas.count == 3)
    #expect(fleet.machine.uncommittedBytes == 0)
  }

  @Test func everyProcessThatTookPartInARunIsRecordedWithIt() {
    var fleet = FleetFixture(runs: [FleetFixture.run("one", prompts: 3), FleetFixture.run("two", prompts: 3)])
    for incarnation in [1, 1, 2, 2, 3, 3] as [UInt64] {
      let lease = fleet.join("a", incarnation: incarnation)[0]
      fleet.deliver(lease.fence, from: "a")
    }
    let recorded = fleet.written.compactMap { write in
      if case .worker(let worker) = write { worker.incarnation } else { nil }
    }
    #expect(recorded == [1, 2, 2, 3])
  }

  @Test func lateDeltaOfAnUnfinishedPromptIsAsGoodAsAny() {
    var settings = FleetSettings()
    settings.lease = .seconds(30)
    var fleet = FleetFixture(settings: settings, runs: [FleetFixture.run(prompts: 1)])
    let fence = fleet.join("a")[0].fence
    fleet.wait(.seconds(31), beating: ["a": [fence]], progressing: true)
    #expect(fleet.machine.counters.leasesExpired == 1)
    #expect(fleet.run.queued == 1)
    fleet.deliver(fence, from: "a")
    #expect(fleet.run.state == .complete)
    #expect(fleet.storedDeltas == [0])
  }

  @Test func deltaOfAnEarlierCoordinatorIsAccepted() {
    var fleet = FleetFixture(runs: [FleetFixture.run()])
    fleet.say("a", .hello(FleetFixture.hello("a")))
    let fence = FleetFixture.fence(prompt: 2, epoch: 1)
    fleet.deliver(fence, from: "a")
    #expect(fleet.storedDeltas == [2])
    #expect(fleet.acknowledged(by: "a") == [fence])
  }

  /// Fences that no lease can have had.
  @Test(arguments: [
    FleetFixture.fence(run: "other", prompt: 0), FleetFixture.fence(prompt: 4), FleetFixture.fence(prompt: -1),
    FleetFixture.fence(prompt: 0, incarnation: 2),
    // These were never granted.
    Fence(run: "run", file: 5, prompt: 0, attempt: 77, incarnation: 1, epoch: 12345),
    Fence(
      run: "run", file: 6, prompt: 0, attempt: 1, incarnation: 1, epoch: 3, proof: FleetFixture.fence(prompt: 0).proof),
    Fence(
      run: "run", file: 5, prompt: 0, attempt: 2, incarnation: 1, epoch: 3, proof: FleetFixture.fence(prompt: 0).proof),
    Fence(
      run: "run", file: 5, prompt: 1, attempt: 1, incarnation: 1, epoch: 3, proof: FleetFixture.fence(prompt: 0).proof),
    Fence(
      run: "run", file: 5, prompt: 0, attempt: 1, incarnation: 1, epoch: 4, proof: FleetFixture.fence(prompt: 0).proof),
  ])
  func deltaWithAnImpossibleFenceIsDroppedForGoodAndHeldAgainstItsSender(fence: Fence) {
    var fleet = FleetFixture(runs: [FleetFixture.run()])
    fleet.join("a")
    fleet.deliver(fence, from: "a")
    #expect(fleet.machine.uncommittedCount == 0)
    #expect(fleet.acknowledged(by: "a") == [fence])
    #expect(fleet.machine.counters.framesRefused == 1)
    #expect(fleet.strikes == [FleetFixture.peer("a")])
    #expect(fleet.storedDeltas == [])
  }

  @Test func deltaOfAnotherModelIsNeverTaken() {
    var fleet = FleetFixture(runs: [FleetFixture.run("one"), FleetFixture.run("two", fingerprint: "other")])
    fleet.join("a", fingerprint: "other")
    fleet.deliver(FleetFixture.fence(run: "one", prompt: 0), from: "a")
    #expect(fleet.storedDeltas == [])
  }

  @Test func deltaFromAStrangerIsLeftToItUntilItSaysHello() {
    var fleet = FleetFixture(runs: [FleetFixture.run()])
    let fence = Fence(run: "run", prompt: 0, attempt: 1, incarnation: 1, epoch: 3)
    fleet.deliver(fence, from: "a")
    #expect(fleet.machine.uncommittedCount == 0)
    #expect(fleet.sent.map(\.message) == [.unknownWorker])
  }

  @Test func promptThatTwoWorkersReportIsQuarantinedWithBothErrors() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    let first = fleet.join("a")[0].fence
    fleet.say("b", .hello(FleetFixture.hello("b")))
    fleet.fail(first, from: "a")
    #expect(fleet.pull("a").isEmpty, "the second opinion is another worker's")
    let second = fleet.pull("b")[0].fence
    #expect(second.prompt == 0 && second.attempt == 2)
    fleet.fail(second, from: "b")
    #expect(fleet.run.quarantined.map(\.errors) == [["a: it broke", "b: it broke"]])
    #expect(fleet.run.state == .complete)
    #expect(fleet.finished == ["run"])
    #expect(fleet.written.contains { if case .quarantine(let it) = $0 { it.prompt == 0 } else { false } })
  }

  @Test func onlyWorkerOfAFleetGivesTheSecondOpinionItself() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    let first = fleet.join("a")[0].fence
    fleet.fail(first, from: "a")
    let second = fleet.pull("a")[0].fence
    fleet.fail(second, from: "a")
    #expect(fleet.run.quarantined.count == 1)
    #expect(fleet.run.state == .complete)
  }

  @Test func secondOpinionDoesNotWaitForAWorkerThatNeverPulls() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    let first = fleet.join("a")[0].fence
    fleet.say("b", .hello(FleetFixture.hello("b")))
    fleet.fail(first, from: "a")
    #expect(fleet.pull("a").isEmpty)
    let before = fleet.sent.count
    fleet.wait(fleet.machine.settings.secondOpinionPatience + .seconds(1), beating: ["a": [], "b": []])
    #expect(fleet.leases(since: before, to: "a").count == 1)
  }

  @Test func deltaThatCannotBeReadIsAFailureOfItsWorker() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    let fence = fleet.join("a")[0].fence
    fleet.perform(
      fleet.machine.reject(fence, error: "malformed", from: FleetFixture.peer("a"), now: fleet.now))
    #expect(fleet.acknowledged(by: "a") == [fence])
    #expect(fleet.worker("a")?.failed == 1)
    #expect(fleet.machine.counters.framesRefused == 1)
    #expect(fleet.pull("a").map(\.fence.prompt) == [0])
  }

  @Test func failureWhoseLeaseIsOverDoesNotCountTwice() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    let fence = fleet.join("a")[0].fence
    fleet.fail(fence, from: "a")
    fleet.fail(fence, from: "a")
    #expect(fleet.run.quarantined.isEmpty)
    #expect(fleet.worker("a")?.failed == 1)
    #expect(fleet.acknowledged(by: "a") == [fence, fence])
  }

  @Test func deltaTakesItsPromptOutOfQuarantineWhileTheRunIsOpen() {
    var settings = FleetSettings()
    settings.failuresToQuarantine = 1
    settings.lease = .seconds(30)
    var fleet = FleetFixture(settings: settings, runs: [FleetFixture.run(prompts: 2)])
    let fence = fleet.join("a")[0].fence
    fleet.wait(.seconds(31), beating: ["a": [fence]], progressing: true)
    #expect(fleet.run.quarantined.map(\.prompt) == [0])
    fleet.deliver(fence, from: "a")
    #expect(fleet.run.quarantined.isEmpty)
    #expect(fleet.run.done == 1)
  }

  @Test func workerThatFailsManyPromptsOthersCanDoIsSetAside() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 40)])
    fleet.join("good")
    var lease = fleet.join("bad").first
    for _ in 0..<fleet.machine.settings.promptsToSetAside {
      guard let fence = lease?.fence else { break }
      fleet.fail(fence, from: "bad", .worker)
      lease = fleet.pull("bad").first
    }
    #expect(lease == nil)
    #expect(fleet.worker("bad")?.state == .setAside)
    #expect(fleet.worker("good")?.state == .working)
    let before = fleet.sent.count
    fleet.wait(fleet.machine.settings.parole + .seconds(1), beating: ["bad": [], "good": []])
    #expect(!fleet.leases(since: before, to: "bad").isEmpty, "it is tried again after its parole")
  }

  @Test func fleetInWhichEveryPromptFailsStillEnds() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 30)])
    var leases = ["a": fleet.join("a"), "b": fleet.join("b")]
    for _ in 0..<200 where fleet.run.state != .complete {
      for name in ["a", "b"] {
        for lease in leases[name]! { fleet.fail(lease.fence, from: name) }
        leases[name] = fleet.pull(name)
      }
      fleet.wait(.seconds(1), beating: ["a": [], "b": []])
      for name in ["a", "b"] { leases[name] = fleet.machineLeases(of: name) }
    }
    #expect(fleet.run.state == .complete)
    #expect(fleet.run.quarantined.count == 30)
  }
}

extension FleetFixture {
  /// The leases that the machine believes the worker to hold.
  func machineLeases(of name: String) -> [CoordinatorMessage.Lease] {
    guard let worker = machine.workers.id(named: name) else { return [] }
    return machine.workers[worker].leases.map { machine.message(for: machine.leases[$0]) }
  }
}
