// autointerp
// `BackupTests` tests that stragglers get backup copies.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol
import Testing

@testable import Coordinator

@Suite struct BackupTests {
  /// `slow` has the last prompt of `run`; `idle` has nothing to do and gets a copy of it.
  private func race(_ others: [RunSpecification] = []) -> (FleetFixture, slow: Fence, copy: Fence?) {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 2)] + others)
    let slow = fleet.join("slow")[0].fence
    let quick = fleet.join("idle")[0].fence
    fleet.deliver(quick, from: "idle")
    let before = fleet.sent.count
    fleet.pull("idle")
    fleet.wait(.seconds(30), beating: ["slow": [slow], "idle": []], progressing: true)
    return (fleet, slow, fleet.leases(since: before, to: "idle").first?.fence)
  }

  @Test func aRunOfAnotherModelDoesNotKeepIdleWorkersFromCopies() {
    let (_, slow, copy) = race([FleetFixture.run("other", fingerprint: "another model")])
    #expect(copy?.prompt == slow.prompt)
  }

  @Test func whoLosesTheRaceIsTold() throws {
    var (fleet, slow, copy) = race()
    fleet.deliver(try #require(copy), from: "idle")
    #expect(fleet.acknowledged(by: "slow") == [slow])
    #expect(fleet.worker("slow")?.busySlots == 0)
    #expect(fleet.run.state == .complete)
    // It may be too late to tell the slower worker.
    fleet.deliver(slow, from: "slow")
    #expect(fleet.machine.counters.deltasDuplicate == 1)
  }
}
