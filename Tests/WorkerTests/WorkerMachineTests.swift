// autointerp
// `WorkerMachineTests` tests what `WorkerMachine` does at each event.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol
import Testing

@testable import Worker

struct WorkerMachineTests {
  private func fence(_ prompt: Int32, attempt: Int32 = 1, epoch: Int64 = 1) -> Fence {
    MachineRig.fence(prompt, attempt: attempt, epoch: epoch)
  }

  private func lease(_ fence: Fence) -> CoordinatorMessage { .lease(MachineRig.lease(fence)) }

  // MARK: Getting in

  @Test func helloIsRepeatedWithGrowingPausesUntilWelcomed() throws {
    var rig = MachineRig()
    let hello = WorkerAction.send(.hello(MachineRig.hello(slots: 2)))
    #expect(rig.deeds == [hello])
    var pauses: [Duration] = []
    for _ in 0..<4 {
      let deadline = try #require(rig.machine.nextDeadline)
      pauses.append(deadline - rig.now)
      rig.advance(by: deadline - rig.now)
      #expect(rig.deeds == [hello])
    }
    #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 < $1 })
    rig.receive(.welcome(MachineRig.welcome))
    #expect(rig.deeds.contains(.send(.ready(credit: 2))))
    #expect(rig.heartbeat?.slots == [])
  }

  @Test func pausesOfAFleetAreSpread() {
    let deadlines = (0..<100).map { number in
      var machine = WorkerMachine(hello: MachineRig.hello(slots: 1, incarnation: UInt64(number)))
      _ = machine.start(at: .zero)
      return machine.nextDeadline!
    }
    #expect(Set(deadlines).count > 90)
    #expect(deadlines.allSatisfy { $0 >= .milliseconds(375) && $0 <= .milliseconds(625) })
  }

  @Test func refusedWorkerStopsWithTheReason() {
    var rig = MachineRig()
    rig.receive(.refused(reason: "another model"))
    #expect(rig.deeds == [.stop(.failed(.refused(reason: "another model")))])
    #expect(rig.machine.isStopped)
    #expect(rig.machine.nextDeadline == nil)
    rig.receive(.welcome(MachineRig.welcome))
    #expect(rig.actions.isEmpty)
  }

  @Test func refusedMessageOfAWelcomedWorkerIsOnlyNoted() {
    var rig = MachineRig.welcomed()
    rig.receive(.refused(reason: "malformed"))
    #expect(rig.deeds.isEmpty)
    #expect(!rig.machine.isStopped)
  }

  @Test func secondWelcomeChangesNothing() {
    var rig = MachineRig.welcomed()
    rig.receive(.welcome(MachineRig.welcome))
    #expect(rig.actions.isEmpty)
  }

  // MARK: Work

  @Test func leaseIsComputedReportedAndForgottenWhenAcknowledged() {
    var rig = MachineRig.welcomed()
    rig.receive(lease(fence(0)))
    #expect(rig.deeds == [.compute(MachineRig.lease(fence(0)))])
    rig.finish(fence(0))
    #expect(rig.deeds == [MachineRig.report(fence(0)), .send(.ready(credit: 2))])
    #expect(rig.machine.reportCount == 1)
    rig.receive(.acknowledged(fence(0)))
    #expect(rig.machine.reportCount == 0)
    rig.receive(lease(fence(0)))
    #expect(rig.deeds == [MachineRig.refusal(fence(0))], "a late copy of a lease that is done must start nothing")
  }

  @Test func leaseIsTakenOnceHoweverOftenItArrives() {
    var rig = MachineRig.welcomed()
    rig.receive(lease(fence(0)))
    rig.receive(lease(fence(0)))
    #expect(rig.deeds.isEmpty)
    rig.finish(fence(0))
    rig.receive(lease(fence(0)))
    #expect(rig.deeds == [MachineRig.report(fence(0))], "the report may have been lost")
  }

  @Test func leaseOfAnotherIncarnationIsIgnored() {
    var rig = MachineRig.welcomed()
    rig.receive(lease(MachineRig.fence(0, incarnation: 1)))
    #expect(rig.deeds.isEmpty)
  }

  @Test func leaseWithoutAFreeSlotIsIgnored() {
    var rig = MachineRig.welcomed(slots: 1)
    rig.receive(lease(fence(0)))
    rig.receive(lease(fence(1)))
    #expect(rig.deeds.isEmpty)
    #expect(rig.machine.executingCount == 1)
  }

  @Test func resultGoesOutUnderTheNewestFence() {
    var rig = MachineRig.welcomed()
    rig.receive(lease(fence(0)))
    rig.receive(lease(fence(0, attempt: 1, epoch: 2)))
    #expect(rig.deeds.isEmpty, "the prompt is under way")
    rig.receive(lease(fence(0, attempt: 2, epoch: 1)))
    rig.finish(fence(0))
    #expect(rig.deeds.first == MachineRig.report(fence(0, epoch: 2)))
    rig.receive(lease(fence(0, attempt: 4, epoch: 2)))
    #expect(rig.deeds == [MachineRig.report(fence(0, attempt: 4, epoch: 2))])
    rig.receive(lease(fence(0, attempt: 3, epoch: 2)))
    #expect(rig.deeds.isEmpty)
  }

  @Test func failureIsReportedLikeAResult() {
    var rig = MachineRig.welcomed()
    rig.receive(lease(fence(0)))
    rig.finish(fence(0), .failed(LeaseFailure(.worker, "out of memory")))
    #expect(
      rig.deeds.first == .send(.failed(.init(fence: fence(0), kind: .worker, error: "out of memory"))))
    #expect(rig.machine.reportCount == 1)
  }

  @Test func deltaTooLargeForAMessageBecomesAFailure() {
    var settings = WorkerSettings()
    settings.maximumPayloadBytes = 10
    var rig = MachineRig.welcomed(settings: settings)
    rig.receive(lease(fence(0)))
    rig.finish(fence(0), .computed(payload: [UInt8](repeating: 0, count: 11), computeMilliseconds: 1))
    guard case .send(.failed(let report)) = rig.deeds.first else {
      Issue.record("no failure")
      return
    }
    #expect(report.kind == .prompt)
    #expect(report.error.contains("11 bytes"))
  }

  @Test func resultThatAnotherWorkerWasFasterWithIsDropped() {
    var rig = MachineRig.welcomed()
    rig.receive(lease(fence(0)))
    rig.receive(.acknowledged(fence(0)))
    rig.finish(fence(0))
    #expect(rig.deeds == [.send(.ready(credit: 2))])
  }

  @Test func unacknowledgedReportIsRepeatedMoreAndMoreSeldomWhileTheCoordinatorCanBeHeard() {
    var rig = MachineRig.welcomed()
    rig.receive(lease(fence(0)))
    rig.finish(fence(0))
    var repeats: [Int] = []
    for second in 1...120 {
      rig.advance(by: .seconds(1), hearing: true)
      if rig.deeds.contains(MachineRig.report(fence(0))) { repeats.append(second) }
    }
    #expect(repeats == [5, 15, 35, 75, 115])
  }

  @Test func noMoreWorkIsTakenWhileTooManyReportsWait() {
    var rig = MachineRig.welcomed(slots: 1)
    for prompt in 0..<4 {
      rig.receive(lease(fence(Int32(prompt))))
      rig.finish(fence(Int32(prompt)))
    }
    #expect(rig.machine.credit == 0)
    #expect(!rig.deeds.contains { if case .send(.ready) = $0 { true } else { false } })
    rig.receive(.acknowledged(fence(2)))
    #expect(rig.deeds == [.send(.ready(credit: 1))])
  }

  // MARK: Staying in touch

  @Test func heartbeatListsWhatIsHeldWithProgress() {
    var rig = MachineRig.welcomed()
    rig.receive(lease(fence(0)))
    rig.receive(lease(fence(1)))
    rig.finish(fence(1))
    rig.advance(by: .seconds(1))
    #expect(
      rig.heartbeat
        == .init(
          slots: [
            .init(fence: fence(0), phase: .executing, progress: 5),
            .init(fence: fence(1), phase: .reported, progress: 0),
          ], residentBytes: 99))
    #expect(rig.deeds.contains(.send(.ready(credit: 1))), "a lost ready must not stall the worker")
    rig.advance(by: .milliseconds(999))
    #expect(rig.heartbeat == nil)
    rig.advance(by: .milliseconds(1))
    #expect(rig.heartbeat != nil)
  }

  @Test func forgottenWorkerSaysHelloAndKeepsItsResults() {
    var rig = MachineRig.welcomed()
    rig.receive(lease(fence(0)))
    rig.receive(lease(fence(1)))
    rig.finish(fence(0))
    rig.receive(.unknownWorker)
    #expect(rig.deeds == [.send(.hello(MachineRig.hello(slots: 2)))])
    rig.receive(.unknownWorker)
    #expect(rig.deeds.isEmpty, "the hello is on its way")
    rig.finish(fence(1))
    #expect(rig.deeds.isEmpty, "nobody would take it yet")
    rig.receive(.welcome(.init(epoch: 2, heartbeatMilliseconds: 1000, deadAfterMilliseconds: 10_000)))
    #expect(rig.deeds.contains(MachineRig.report(fence(0))))
    #expect(rig.deeds.contains(MachineRig.report(fence(1))))
    #expect(rig.heartbeat?.slots.map(\.phase) == [.reported, .reported])
  }

  @Test func silenceMakesTheConnectionAnewAgainAndAgain() throws {
    var rig = MachineRig.welcomed()
    var reconnects = 0
    while rig.now < .seconds(200) {
      let deadline = try #require(rig.machine.nextDeadline)
      #expect(deadline > rig.now, "a deadline that does not move makes the shell spin")
      rig.advance(by: deadline - rig.now)
      if rig.deeds.contains(.reconnect) {
        reconnects += 1
        #expect(rig.deeds == [.reconnect, .send(.hello(MachineRig.hello(slots: 2)))])
      }
    }
    // After 10 s, as the welcome said, then every 30 s, as the settings say.
    #expect(reconnects == 7)
    rig.receive(.welcome(MachineRig.welcome))
    #expect(rig.deeds.contains(.send(.ready(credit: 2))))
  }

  @Test func workerGivesUpWhenToldTo() {
    var settings = WorkerSettings()
    settings.giveUpAfter = .seconds(5)
    var rig = MachineRig.welcomed(settings: settings)
    rig.advance(by: .seconds(4))
    #expect(!rig.machine.isStopped)
    rig.advance(by: .seconds(1))
    #expect(rig.deeds == [.stop(.failed(.coordinatorGone(silence: .seconds(5))))])
  }

  // MARK: Leaving

  @Test func idleWorkerLeavesAtOnce() {
    var rig = MachineRig.welcomed()
    rig.drain()
    #expect(rig.deeds == [.send(.goodbye(reason: "test")), .stop(.drained(handedBack: 0))])
  }

  /// Leaves after ten seconds without work.
  private func impatientRig() -> MachineRig {
    var settings = WorkerSettings()
    settings.leaveWhenIdle = .seconds(10)
    return MachineRig.welcomed(settings: settings)
  }

  private let leavesIdle: [WorkerAction] = [
    .send(.goodbye(reason: "nothing to do for 10 s")), .stop(.drained(handedBack: 0)),
  ]

  @Test func workerWithoutWorkLeavesWhenToldTo() throws {
    var rig = impatientRig()
    while !rig.machine.isStopped, rig.now < .seconds(20) {
      rig.advance(by: try #require(rig.machine.nextDeadline) - rig.now, hearing: true)
    }
    #expect(rig.now == .seconds(10))
    #expect(rig.deeds == leavesIdle)
  }

  @Test func workerStaysWhileItHoldsWorkAndIsIdleFromTheAcknowledgementOn() {
    var rig = impatientRig()
    rig.advance(by: .seconds(8), hearing: true)
    rig.receive(lease(fence(0)))
    rig.advance(by: .seconds(30), hearing: true)
    rig.finish(fence(0))
    rig.advance(by: .seconds(30), hearing: true)
    #expect(!rig.machine.isStopped, "a result that is not acknowledged is work")
    rig.receive(.acknowledged(fence(0)))
    rig.advance(by: .milliseconds(9999), hearing: true)
    #expect(!rig.machine.isStopped)
    rig.advance(by: .milliseconds(1), hearing: true)
    #expect(rig.deeds == leavesIdle)
  }

  @Test func silenceOfTheCoordinatorIsNotIdleness() {
    var settings = WorkerSettings()
    settings.leaveWhenIdle = .seconds(60)
    settings.giveUpAfter = .seconds(300)
    var rig = MachineRig.welcomed(settings: settings)
    for _ in 0..<299 { rig.advance(by: .seconds(1)) }
    #expect(!rig.machine.isStopped)
    rig.advance(by: .seconds(1))
    #expect(rig.deeds == [.stop(.failed(.coordinatorGone(silence: .seconds(300))))])
  }

  @Test func drainingWorkerFinishesReportsAndThenLeaves() {
    var rig = MachineRig.welcomed()
    rig.receive(lease(fence(0)))
    rig.receive(.drain(reason: "upgrade"))
    #expect(rig.deeds == [.send(.ready(credit: 0))])
    rig.receive(lease(fence(1)))
    #expect(rig.deeds.isEmpty, "a draining worker takes no work")
    rig.finish(fence(0))
    #expect(rig.deeds == [MachineRig.report(fence(0))])
    rig.receive(.acknowledged(fence(0)))
    #expect(rig.deeds == [.send(.goodbye(reason: "upgrade")), .stop(.drained(handedBack: 0))])
  }

  @Test func drainingEndsInTimeAndHandsBackTheRest() {
    var settings = WorkerSettings()
    settings.drainLimit = .seconds(3)
    var rig = MachineRig.welcomed(settings: settings)
    rig.receive(lease(fence(0)))
    rig.receive(lease(fence(1)))
    rig.finish(fence(1))
    rig.drain()
    rig.drain()
    #expect(rig.deeds.isEmpty)
    rig.advance(by: .milliseconds(2999))
    #expect(!rig.machine.isStopped)
    rig.advance(by: .milliseconds(1))
    #expect(rig.deeds == [.send(.goodbye(reason: "test")), .stop(.drained(handedBack: 2))])
  }
}
