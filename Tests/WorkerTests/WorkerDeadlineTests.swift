// autointerp
// `WorkerDeadlineTests` tests that the next thing that a worker has to do is the earliest of all.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol
import Testing

@testable import Worker

@Suite struct WorkerDeadlineTests {
  /// Heartbeats come every second, and the drain ends after two and a half.
  @Test func aDrainingWorkerGoesOnBeatingUntilItsLimit() {
    var settings = WorkerSettings()
    settings.drainLimit = .milliseconds(2500)
    var rig = MachineRig.welcomed(settings: settings)
    rig.receive(.lease(MachineRig.lease(MachineRig.fence(0))))
    rig.drain()
    var deadlines: [Duration] = []
    while let next = rig.machine.nextDeadline, deadlines.count < 10 {
      deadlines.append(next)
      rig.advance(by: next - rig.now, hearing: true)
      #expect((rig.heartbeat != nil) == (next < settings.drainLimit))
    }
    #expect(deadlines == [.seconds(1), .seconds(2), .milliseconds(2500)])
    #expect(rig.machine.isStopped)
  }

  @Test func pausesBetweenHellosDoubleUpToTheirBound() throws {
    var settings = WorkerSettings()
    settings.maximumHelloInterval = .seconds(3)
    settings.deadAfter = .seconds(1000)
    var rig = MachineRig(settings: settings)
    for expected in [500, 1000, 2000, 3000, 3000, 3000] {
      let pause = try #require(rig.machine.nextDeadline) - rig.now
      // The jitter is a quarter at most.
      #expect(pause >= .milliseconds(expected * 3 / 4) && pause <= .milliseconds(expected * 5 / 4), "\(expected)")
      rig.advance(by: pause)
    }
  }
}
