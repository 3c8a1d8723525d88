// autointerp
// `WriteBatchTests` tests that writes in batches have the same effect as writes one by one.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import ClusterProtocol
import Platform
import Testing

@testable import Coordinator

@Suite struct WriteBatchTests {
  private static func delta(_ prompt: Int32) -> RunWrite {
    let fence = Fence(run: "run", prompt: prompt, attempt: 1, incarnation: 1, epoch: 1)
    return .delta(FleetFixture.delta(fence), worker: "w", sender: nil, computeKernel: "k")
  }

  private static func quarantine(_ prompt: Int32) -> RunWrite {
    .quarantine(StoredQuarantine(prompt: prompt, reason: "r", at: 0))
  }

  @Test func aQuarantineAndTheDeltaAfterItShareABatchInThatOrder() {
    let batches = AtlasBatch.batches(of: [Self.quarantine(1), Self.delta(1), Self.delta(2)], at: 0)
    #expect(batches.count == 1)
    #expect(batches[0].quarantined.map(\.prompt) == [1])
    #expect(batches[0].deltas.map(\.prompt) == [1, 2])
  }

  @Test func whatMustComeAfterSomethingElseIsInALaterBatch() {
    let state = RunWrite.state(.complete)
    let cases: [([RunWrite], Int)] = [
      ([], 0), ([state], 1), ([state, state], 2), ([Self.delta(1), state, Self.delta(2)], 2),
      ([Self.quarantine(1), .release], 2), ([.release, Self.quarantine(1)], 1), ([.release, .release], 2),
      ([.model(fingerprint: "a"), .model(fingerprint: "a")], 1),
      ([.model(fingerprint: "a"), .model(fingerprint: "b")], 2), ([Self.delta(1), Self.quarantine(1)], 2),
    ]
    for (writes, count) in cases { #expect(AtlasBatch.batches(of: writes, at: 0).count == count, "\(writes)") }
  }

  /// What an earlier version could leave behind: a delta and a quarantine for the same prompt.
  @Test func promptThatIsDoneAndInQuarantineIsDoneAfterARestart() {
    var ledger = RunLedger()
    ledger.digests = [0: DeltaDigest(0, 0, 0, 0).bytes]
    ledger.quarantined = [StoredQuarantine(prompt: 0, reason: "r", at: 0)]
    var fleet = FleetFixture()
    fleet.add(FleetFixture.run(prompts: 2), ledger: ledger)
    #expect(fleet.run.quarantined.isEmpty)
    #expect(fleet.run.done == 1)
    fleet.perform(fleet.machine.retry("run", now: fleet.now))
    let lease = fleet.join("a")[0]
    #expect(lease.fence.prompt == 1)
    fleet.deliver(lease.fence, from: "a")
    #expect(fleet.run.state == .complete)
  }
}
