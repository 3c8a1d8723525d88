// autointerp
// Tests decisions about failed prompts, blame and kernels where the next simpler rule would decide otherwise.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol
import ClusterTransport
import Testing

@testable import Coordinator

@Suite struct FleetEdgeTests {
  private func refusals(_ fleet: FleetFixture) -> Int {
    fleet.sent.count { if case .refused = $0.message { true } else { false } }
  }

  @Test func resultsThatStayKeepTheirKernel() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 4)])
    for name in ["a", "b"] { fleet.deliver(fleet.join(name)[0].fence, from: name) }
    fleet.perform(fleet.machine.discard("run", key: nil, worker: "a", now: fleet.now))
    for name in ["a", "b"] { fleet.say(name, .goodbye(reason: "test")) }
    #expect(fleet.run.done == 1 && fleet.run.computeKernels == ["kernel"])
    fleet.say(
      "c",
      .hello(
        WorkerMessage.Hello(
          worker: "c", incarnation: 1, host: "host", slots: 1, modelName: "tiny", modelFingerprint: "model",
          softwareVersion: "1", computeKernel: "other")))
    #expect(refusals(fleet) == 1)
    #expect(fleet.join("d").count == 1)
  }

  /// What a prompt did to one worker it may do to the next, so it has one worker at a time.
  @Test(arguments: [false, true]) func aPromptThatFailedGetsNoBackupCopy(hasFailed: Bool) {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    var holder = "a"
    var fence = fleet.join("a")[0].fence
    fleet.join("b")
    if hasFailed {
      fleet.fail(fence, from: "a", .worker)
      fence = fleet.leases(to: "b")[0].fence
      holder = "b"
      fleet.pull("a")
    }
    let idle = holder == "a" ? "b" : "a"
    let before = fleet.sent.count
    fleet.wait(fleet.machine.settings.lease / 2 + .seconds(5), beating: [holder: [fence], idle: []], progressing: true)
    #expect(fleet.leases(since: before, to: idle).isEmpty == hasFailed)
  }

  @Test func aProcessThatComesBackTakesBackItsOwnSilenceOnly() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    func failures() -> [UInt64]? { fleet.machine.runs.run(named: "run")?.failures[0]?.map(\.incarnation) }
    for incarnation in [1, 2] as [UInt64] {
      fleet.join("a", incarnation: incarnation)
      fleet.wait(.seconds(21))
    }
    #expect(failures() == [1, 2])
    fleet.join("a", incarnation: 2)
    #expect(failures() == [1], "the first process never came back")
  }

  /// A worker may try a prompt again on which it died once, as long as nobody else can; after two deaths it waits.
  @Test func aSuspectIsTriedAgainOnceByItsWorker() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 2)])
    #expect(fleet.join("busy").map(\.fence.prompt) == [0])
    #expect(fleet.join("a").map(\.fence.prompt) == [1])
    #expect(fleet.join("a", incarnation: 2).map(\.fence.prompt) == [1])
    #expect(fleet.join("a", incarnation: 3).isEmpty)
  }

  /// The worker says that it computes the prompt, which it has just failed.
  @Test func aFailedPromptIsNotAdopted() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    let fence = fleet.join("a")[0].fence
    fleet.say("b", .hello(FleetFixture.hello("b")))
    fleet.fail(fence, from: "a", .worker)
    let before = fleet.sent.count
    fleet.beat("a", [fence])
    #expect(fleet.leases(since: before, to: "a").isEmpty)
    #expect(fleet.pull("b").map(\.fence.prompt) == [0])
  }

  /// `bad` fails four prompts alone. That `good` fails one of them too speaks for `bad`.
  @Test(arguments: [false, true]) func whatAnotherWorkerFailsTooIsNoBlame(isConfirmed: Bool) throws {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 40)])
    let first = fleet.join("good")[0].fence
    var lease = fleet.join("bad").first
    func failOne() throws {
      fleet.fail(try #require(lease).fence, from: "bad", .worker)
      lease = fleet.pull("bad").first
    }
    for _ in 0..<4 { try failOne() }
    fleet.deliver(first, from: "good")
    let opinion = try #require(fleet.pull("good").first).fence
    #expect(opinion.prompt == 1)
    if isConfirmed { fleet.fail(opinion, from: "good", .worker) } else { fleet.deliver(opinion, from: "good") }
    try failOne()
    #expect(fleet.worker("bad")?.state == (isConfirmed ? .working : .setAside))
    #expect(fleet.worker("good")?.state != .setAside)
  }

  /// A key that has too many workers makes room among its own.
  @Test func aCrowdedKeyForgetsItsOwnWorkers() throws {
    let keys = try (0..<2).map { _ in try CurveKeyPair.generate().publicKey }
    var settings = FleetSettings()
    settings.maximumWorkersPerVoice = 2
    var fleet = FleetFixture(settings: settings, runs: [FleetFixture.run(prompts: 20)])
    func join(_ name: String, key: Int) {
      let peer = PeerID(bytes: Array(name.utf8), publicKey: keys[key], address: "10.0.0.1")
      fleet.perform(fleet.machine.receive(.hello(FleetFixture.hello(name)), from: peer, now: fleet.now))
    }
    join("other", key: 1)
    fleet.wait(.seconds(1))
    for name in ["x", "y"] { join(name, key: 0) }
    fleet.wait(.seconds(25))
    #expect(fleet.status.workers.allSatisfy { $0.state == .lost })
    join("z", key: 0)
    #expect(Set(fleet.status.workers.map(\.name)) == ["other", "y", "z"])
  }
}
