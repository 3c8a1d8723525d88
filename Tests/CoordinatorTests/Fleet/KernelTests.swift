// autointerp
// Tests which models and kernels may work on a run.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol
import Testing

@testable import Coordinator

@Suite struct KernelTests {
  private func hello(_ name: String, kernel: String = "Haswell", model: String = "tiny", fingerprint: String = "model")
    -> WorkerMessage
  {
    .hello(
      WorkerMessage.Hello(
        worker: name, incarnation: 1, host: "host", slots: 1, modelName: model, modelFingerprint: fingerprint,
        softwareVersion: "1", computeKernel: kernel))
  }

  private func refusals(_ fleet: FleetFixture) -> [String] {
    fleet.sent.compactMap { if case .refused(let reason) = $0.message { reason } else { nil } }
  }

  @Test func aWorkerWithAnotherKernelIsRefusedWithAWayOut() {
    var fleet = FleetFixture(runs: [FleetFixture.run()])
    fleet.say("a", hello("a"))
    #expect(fleet.pull("a").count == 1)
    fleet.say("b", hello("b", kernel: "SkylakeX"))
    #expect(refusals(fleet).count == 1)
    #expect(refusals(fleet)[0].contains("Haswell") && refusals(fleet)[0].contains("--allow-mixed-kernels"))
    fleet.say("c", hello("c"))
    #expect(fleet.pull("c").count == 1)
  }

  /// It was granted a prompt, but only results decide.
  @Test func aWorkerThatDeliveredNothingDoesNotDecideTheKernel() {
    var fleet = FleetFixture(runs: [FleetFixture.run()])
    fleet.say("a", hello("a"))
    #expect(fleet.pull("a").count == 1)
    fleet.say("a", .goodbye(reason: "test"))
    fleet.say("b", hello("b", kernel: "SkylakeX"))
    let lease = fleet.pull("b").first
    #expect(refusals(fleet).isEmpty && lease != nil)
    if let lease { fleet.deliver(lease.fence, from: "b") }
    fleet.say("c", hello("c"))
    #expect(refusals(fleet).count == 1, "from the first result on its kernel decides")
    #expect(fleet.run.computeKernels == ["SkylakeX"])
    // And when all results are taken back, so is the decision.
    fleet.perform(fleet.machine.discard("run", key: nil, worker: "b", now: fleet.now))
    fleet.say("b", .goodbye(reason: "test"))
    fleet.say("c", hello("c"))
    #expect(fleet.pull("c").count == 1)
  }

  @Test func aRunThatNoConnectedWorkerCanTakeSaysWhy() {
    var fleet = FleetFixture()
    fleet.say("a", hello("a", kernel: "SkylakeX"))
    fleet.pull("a")
    #expect(fleet.machine.idleReasons(now: fleet.now).isEmpty)
    var stored = StoredRun(
      specification: FleetFixture.run(), epoch: 3, identity: FleetFixture.identity, ledger: .init())
    stored.computeKernels = ["Zen"]
    fleet.perform(fleet.machine.add(stored, now: fleet.now))
    #expect(fleet.machine.idleReasons(now: fleet.now).count == 1)
    #expect(fleet.machine.idleReasons(now: fleet.now).first?.contains("kernel Zen") == true)
    fleet.say("b", hello("b", kernel: "Zen"))
    #expect(fleet.machine.idleReasons(now: fleet.now).isEmpty)
  }

  /// Otherwise whoever waits for the run would wait without knowing for what.
  @Test func aRunWhoseOnlyWorkerWasRefusedSaysWhyForAWhile() {
    var fleet = FleetFixture(runs: [FleetFixture.run(fingerprint: "other")])
    fleet.say("a", hello("a", kernel: "Zen"))
    let reasons = fleet.machine.idleReasons(now: fleet.now)
    #expect(reasons.count == 1 && reasons[0].contains("was refused, because run run"), "\(reasons)")
    #expect(fleet.machine.idleReasons(now: fleet.now + .seconds(301)).isEmpty)
  }

  @Test func mixedKernelsMayBeAllowed() {
    var settings = FleetSettings()
    settings.allowsMixedKernels = true
    var fleet = FleetFixture(settings: settings, runs: [FleetFixture.run()])
    for (name, kernel) in [("a", "Haswell"), ("b", "SkylakeX")] {
      fleet.say(name, hello(name, kernel: kernel))
      #expect(fleet.pull(name).count == 1)
    }
  }

  @Test func theKernelOfStoredResultsHoldsAfterARestart() {
    var fleet = FleetFixture()
    var stored = StoredRun(
      specification: FleetFixture.run(), epoch: 3, identity: FleetFixture.identity, ledger: .init())
    stored.computeKernels = ["Zen"]
    fleet.perform(fleet.machine.add(stored, now: fleet.now))
    fleet.say("a", hello("a"))
    #expect(refusals(fleet).count == 1)
    fleet.say("b", hello("b", kernel: "Zen"))
    #expect(fleet.pull("b").count == 1)
  }

  @Test func aRunWithoutAFingerprintTakesTheModelOfItsName() {
    var run = FleetFixture.run(fingerprint: nil)
    run.modelName = "wanted"
    var fleet = FleetFixture(runs: [run])
    fleet.say("a", hello("a", model: "other", fingerprint: "other"))
    #expect(refusals(fleet).first?.contains("named wanted") == true)
    fleet.say("b", hello("b", model: "wanted", fingerprint: "f"))
    #expect(fleet.pull("b").count == 1)
    fleet.say("c", hello("c", model: "wanted", fingerprint: "g"))
    #expect(refusals(fleet).count == 2, "from then on the fingerprint decides")
  }
}
