// autointerp
// `RenewedLeaseTests` tests what a worker does with a newer lease for a prompt that it already had.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol
import Testing

@testable import Worker

@Suite struct RenewedLeaseTests {
  private func fence(_ attempt: Int32) -> Fence { MachineRig.fence(0, attempt: attempt) }
  private func lease(_ fence: Fence) -> CoordinatorMessage { .lease(MachineRig.lease(fence)) }

  /// The failure may have been counted and its acknowledgement lost, so it must not be counted again.
  @Test func newerLeaseOfAFailedPromptIsAnotherAttempt() {
    var rig = MachineRig.welcomed()
    rig.receive(lease(fence(1)))
    rig.finish(fence(1), .failed(LeaseFailure(.prompt, "too long")))
    rig.receive(lease(fence(2)))
    #expect(rig.deeds == [.compute(MachineRig.lease(fence(2)))])
    #expect(rig.machine.reportCount == 0)
    rig.receive(lease(fence(1)))
    #expect(rig.deeds.isEmpty)
  }

  @Test func lateCopyOfAReplacedLeaseStartsNothing() {
    var rig = MachineRig.welcomed()
    rig.receive(lease(fence(1)))
    rig.receive(lease(fence(2)))
    rig.finish(fence(1))
    #expect(rig.deeds.first == MachineRig.report(fence(2)))
    rig.receive(.acknowledged(fence(2)))
    rig.receive(lease(fence(1)))
    #expect(rig.deeds == [MachineRig.refusal(fence(1))])
  }

  @Test func lateCopyOfALeaseStartsNothingHoweverManyPromptsASlotFinishedSince() {
    var rig = MachineRig.welcomed(slots: 16)
    rig.receive(lease(fence(1)))
    rig.finish(fence(1))
    rig.receive(.acknowledged(fence(1)))
    for prompt in Int32(1)...500 {
      let other = MachineRig.fence(prompt)
      rig.receive(.lease(MachineRig.lease(other)))
      rig.finish(other)
      rig.receive(.acknowledged(other))
    }
    rig.receive(lease(fence(1)))
    #expect(rig.deeds == [MachineRig.refusal(fence(1))])
  }
}
