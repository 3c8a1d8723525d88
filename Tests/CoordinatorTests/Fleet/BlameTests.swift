// autointerp
// `BlameTests` tests whether a failure is blamed on the prompt or on the worker.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import Testing

@testable import Coordinator

@Suite struct BlameTests {
  @Test func oneDeathDoesNotSetAWorkerWithManySlotsAside() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 40)])
    fleet.join("good")
    #expect(fleet.join("big", slots: 8).count == 8)
    let again = fleet.join("big", incarnation: 2, slots: 8)
    #expect(fleet.worker("big")?.state == .working)
    #expect(again.count == 8)
  }

  @Test func aNameWhoseProcessesDieOneAfterTheOtherIsSetAside() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 40)])
    fleet.join("good")
    var leases: [CoordinatorMessage.Lease] = []
    for incarnation in 1...6 { leases = fleet.join("bad", incarnation: UInt64(incarnation), slots: 2) }
    #expect(leases.isEmpty)
    #expect(fleet.worker("bad")?.state == .setAside)
  }

  /// Six processes of `bad` die, each with a prompt that `other` has failed, and perhaps with one that nobody else has.
  @Test(arguments: [(false, false), (true, false), (true, true)])
  func aDeathOverAPromptThatOthersFailIsNoBlame(hasOtherFailed: Bool, holdsAnother: Bool) {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 80)])
    fleet.join("good")
    fleet.say("other", .hello(FleetFixture.hello("other")))
    for incarnation in 1...6 {
      var expected: [Int32] = []
      if hasOtherFailed, let fence = fleet.pull("other").first?.fence {
        fleet.fail(fence, from: "other")
        expected = [fence.prompt]
      }
      fleet.say("bad", .hello(FleetFixture.hello("bad", incarnation: UInt64(incarnation), slots: 2)))
      let prompts = fleet.pull("bad", hasOtherFailed && !holdsAnother ? 1 : 2).map(\.fence.prompt)
      #expect(prompts.isEmpty || Array(prompts.prefix(expected.count)) == expected)
    }
    fleet.say("bad", .hello(FleetFixture.hello("bad", incarnation: 7, slots: 2)))
    let isSetAside = fleet.worker("bad")?.state == .setAside
    #expect(isSetAside == (!hasOtherFailed || holdsAnother))
    #expect(fleet.worker("other")?.state != .setAside, "the deaths speak for the other worker")
  }

  @Test func whatAProcessFailedIsNotHeldAgainstTheNextOne() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 40)])
    fleet.join("good")
    var lease = fleet.join("bad").first
    while let fence = lease?.fence {
      fleet.fail(fence, from: "bad", .worker)
      lease = fleet.pull("bad").first
    }
    #expect(fleet.worker("bad")?.state == .setAside)
    #expect(fleet.join("bad", incarnation: 2).count == 1)
  }

  @Test func aWorkerThatFellSilentAndCameBackIsNotToBlame() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 40)])
    fleet.join("a", slots: 8)
    fleet.join("good")
    for _ in 0..<6 {
      fleet.wait(.seconds(25), beating: ["good": []])
      #expect(fleet.worker("a")?.state == .lost)
      fleet.join("a", slots: 8)
    }
    #expect(fleet.worker("a")?.state == .working)
  }

  /// `a` fails a prompt whenever it gets it; `b` computes another one for a long time.
  private func loneAccuser(failures: Int) -> (FleetFixture, busy: Fence) {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 2)])
    let busy = fleet.join("b")[0].fence
    var fence = fleet.join("a")[0].fence
    for number in 1...failures {
      fleet.fail(fence, from: "a")
      guard number < failures else { break }
      let before = fleet.sent.count
      fleet.pull("a")
      let patience = fleet.machine.settings.secondOpinionPatience + .seconds(1)
      fleet.wait(patience, beating: ["a": [], "b": [busy]], progressing: true)
      guard let next = fleet.leases(since: before, to: "a").first?.fence else { break }
      fence = next
    }
    return (fleet, busy)
  }

  @Test func oneWorkerAloneQuarantinesNothingWhileAnotherCanBeAsked() {
    var (fleet, busy) = loneAccuser(failures: 5)
    #expect(fleet.worker("a")?.failed == 5)
    #expect(fleet.run.quarantined.isEmpty)
    fleet.deliver(busy, from: "b")
    let opinion = fleet.pull("b")[0].fence
    fleet.deliver(opinion, from: "b")
    #expect(fleet.run.state == .complete)
    #expect(fleet.run.done == 2)
  }

  @Test func theSecondWorkerThatReportsAPromptDecides() {
    var (fleet, busy) = loneAccuser(failures: 5)
    fleet.deliver(busy, from: "b")
    fleet.fail(fleet.pull("b")[0].fence, from: "b")
    #expect(fleet.run.quarantined.map(\.prompt) == [1])
    #expect(fleet.run.state == .complete)
  }

  @Test func aPromptIsNotTriedForEverWhenTheOtherWorkerNeverComes() {
    let (fleet, _) = loneAccuser(failures: 40)
    #expect(fleet.run.quarantined.map(\.prompt) == [1])
    let attempts = fleet.written.count { if case .failure(let failure) = $0 { failure.prompt == 1 } else { false } }
    #expect(attempts == 16)
  }

  @Test func aLoneAccuserIsNotExonerated() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 40)])
    var lease = fleet.join("a").first
    for _ in 0..<10 {
      guard let fence = lease?.fence else { break }
      fleet.fail(fence, from: "a")
      lease = fleet.pull("a").first
    }
    #expect(fleet.run.quarantined.count == 5)
    #expect(fleet.worker("a")?.state == .working, "a fleet never sets itself aside as a whole")
    fleet.join("good")
    #expect(fleet.worker("a")?.state == .setAside)
  }
}
