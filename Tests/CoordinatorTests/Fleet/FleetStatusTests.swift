// autointerp
// `FleetStatusTests` tests what `FleetMachine.status` says about workers.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol
import Testing

@testable import Coordinator

@Suite struct FleetStatusTests {
  @Test func whoSaidGoodbyeHasLeftAndIsSoonForgotten() {
    var fleet = FleetFixture(runs: [FleetFixture.run()])
    fleet.join("a")
    fleet.join("b")
    fleet.say("a", .goodbye(reason: "drained"))
    #expect(fleet.worker("a")?.state == .left)
    fleet.wait(.seconds(119), beating: ["b": []])
    #expect(fleet.worker("a")?.state == .left)
    fleet.wait(.seconds(2), beating: ["b": []])
    #expect(fleet.worker("a") == nil)
    // The silent one is lost and stays visible.
    fleet.wait(.seconds(300))
    #expect(fleet.worker("b")?.state == .lost)
    #expect(!fleet.join("a").isEmpty)
    #expect(fleet.worker("a")?.state == .working)
  }
}
