// autointerp
// `FenceTests` tests that the proof of a grant holds for that grant alone.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol
import ClusterTransport
import Testing

@testable import Coordinator

@Suite struct FenceTests {
  @Test func aProofCoversEveryFieldOfItsGrant() throws {
    let keys = try (0..<2).map { _ in try CurveKeyPair.generate().publicKey }
    let identity = FleetFixture.identity
    let fence = identity.fence(run: "run", prompt: 3, attempt: 2, incarnation: 9, epoch: 4, for: keys[0])
    #expect(identity.vouches(for: fence, of: keys[0]))
    #expect(!identity.vouches(for: fence, of: keys[1]) && !identity.vouches(for: fence, of: nil))
    let changes: [(String, (inout Fence) -> Void)] = [
      ("file", { $0.file ^= 1 }), ("prompt", { $0.prompt += 1 }), ("attempt", { $0.attempt += 1 }),
      ("incarnation", { $0.incarnation += 1 }), ("the high half of the incarnation", { $0.incarnation |= 1 << 60 }),
      ("epoch", { $0.epoch += 1 }), ("proof", { $0.proof = GrantProof() }),
    ]
    for (name, change) in changes {
      var forged = fence
      change(&forged)
      #expect(!identity.vouches(for: forged, of: keys[0]), "\(name)")
    }
  }

  /// A new process of the worker has a grant of the one before it, and says that the grant was its own.
  @Test func aGrantIsGoodForTheProcessThatGotItAlone() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 4)])
    var fence = fleet.join("a")[0].fence
    fleet.say("a", .hello(FleetFixture.hello("a", incarnation: 2)))
    fleet.deliver(fence, from: "a")
    fence.incarnation = 2
    fleet.deliver(fence, from: "a")
    #expect(fleet.storedDeltas == [] && fleet.strikes.count == 2)
  }
}
