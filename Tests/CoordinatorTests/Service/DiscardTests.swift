// autointerp
// `DiscardTests` tests that a worker's results can be taken back exactly.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import ClusterTransport
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct DiscardTests {
  @Test func withoutTheResultsOfAKeyARunIsAsIfItHadNeverBeenThere() async throws {
    let (server, liar, honest) = (
      try CurveKeyPair.generate(), try CurveKeyPair.generate(), try CurveKeyPair.generate()
    )
    try await withTemporaryDirectory { directory in
      let specification = FleetFixture.run(prompts: 20)
      var configuration = testConfiguration()
      configuration.security = .curve(
        server, AllowList([liar.publicKey: .worker, honest.publicKey: .worker]))
      try await withCoordinator(RunsDirectory(path: directory), configuration) { coordinator, endpoint in
        try await coordinator.submit(specification)
        var lying = FakeWorker(name: "liar", slots: 2, diesAfterLeases: 8)
        lying.forging = { _, delta in delta.graph.edges.flow[0] = 999 }
        try await lying.run(at: endpoint, security: .curve(liar, server: server.publicKey))
        try await work(FakeWorker(name: "honest"), honest, server, on: coordinator, at: endpoint)
        #expect(try await coordinator.export("run") != reference(specification))
      }
      // The file knows which worker did what.
      let bytes = try await withCoordinator(RunsDirectory(path: directory), configuration) { coordinator, endpoint in
        #expect(
          try await coordinator.discard("run", key: honest.publicKey.text, worker: "liar") == .discarded(prompts: 0))
        let outcome = try await coordinator.discard("run", key: liar.publicKey.text, worker: nil)
        guard case .discarded(let prompts) = outcome else { throw CoordinatorError.unknownRun("run") }
        #expect(prompts >= 8)
        let status = await coordinator.status().runs[0]
        #expect(status.done == 20 - prompts)
        #expect(status.state != .complete)
        // Discarding twice changes nothing more.
        #expect(try await coordinator.discard("run", key: liar.publicKey.text, worker: nil) == .discarded(prompts: 0))
        try await work(FakeWorker(name: "honest"), honest, server, on: coordinator, at: endpoint)
        return try await coordinator.export("run")
      }
      #expect(try bytes == reference(specification))
      let again = try await withCoordinator(RunsDirectory(path: directory), configuration) { coordinator, _ in
        #expect(try await coordinator.waitForCompletion(of: "run").done == 20)
        return try await coordinator.export("run")
      }
      #expect(again == bytes)
    }
  }

  private func work(
    _ worker: FakeWorker, _ keys: CurveKeyPair, _ server: CurveKeyPair, on coordinator: Coordinator, at endpoint: String
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await worker.run(at: endpoint, security: .curve(keys, server: server.publicKey)) }
      _ = try await coordinator.waitForCompletion(of: "run")
      group.cancelAll()
    }
  }

  @Test func whatWasDiscardedDoesNotComeBackAfterARestartEither() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    let fence = fleet.join("a")[0].fence
    fleet.deliver(fence, from: "a")
    fleet.perform(fleet.machine.discard("run", key: nil, worker: "a", now: fleet.now))
    #expect(fleet.run.done == 0)
    let before = fleet.storedDeltas.count
    fleet.deliver(fence, from: "a")
    #expect(fleet.storedDeltas.count == before, "its grant is void")
    guard case .discard(let discards)? = fleet.written.last(where: { if case .discard = $0 { true } else { false } })
    else { return #expect(Bool(false), "nothing was discarded on the disk") }
    var ledger = RunLedger()
    ledger.voided = [0: discards[0].attempt]
    ledger.attempts = ledger.voided
    var restarted = FleetFixture()
    restarted.add(FleetFixture.run(prompts: 1), ledger: ledger)
    restarted.say("a", .hello(FleetFixture.hello("a")))
    restarted.deliver(fence, from: "a")
    #expect(restarted.storedDeltas == [])
    // A later grant is valid.
    let next = restarted.pull("a")[0].fence
    restarted.deliver(next, from: "a")
    #expect(restarted.storedDeltas == [0])
  }

  /// Its next delta would always be on the way to the disk when the last one has arrived there.
  @Test func aWorkerThatGoesOnDeliveringCannotPutOffTheDiscard() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 3)])
    fleet.isDiskHeld = true
    let fences = fleet.join("a", slots: 3).map(\.fence)
    fleet.deliver(fences[0], from: "a")
    func isEarly() -> Bool? { fleet.machine.outcome(ofDiscarding: "run", key: nil, worker: "a")?.isEarly }
    #expect(isEarly() == true)
    fleet.perform(fleet.machine.bar("run", key: nil, worker: "a", now: fleet.now))
    fleet.deliver(fences[1], from: "a")
    fleet.releaseDisk()
    #expect(isEarly() == false)
    #expect(!fleet.acknowledged(by: "a").contains(fences[1]), "it keeps what was not taken")
    fleet.perform(fleet.machine.discard("run", key: nil, worker: "a", now: fleet.now))
    fleet.perform(fleet.machine.unbar("run", key: nil, worker: "a", now: fleet.now))
    fleet.isDiskHeld = false
    fleet.releaseDisk()
    #expect(fleet.run.done == 0)
    fleet.deliver(fences[1], from: "a")
    #expect(fleet.acknowledged(by: "a").contains(fences[1]), "and sends it again")
  }

  /// An order that names neither a key nor a worker means nobody, not everybody.
  @Test func anOrderThatNamesNobodyTakesNothingBack() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 4)])
    let fences = fleet.join("a", slots: 2).map(\.fence)
    fleet.deliver(fences[0], from: "a")
    #expect(
      fleet.machine.outcome(ofDiscarding: "run", key: nil, worker: nil)?.outcome == .discarded(prompts: 0))
    fleet.perform(fleet.machine.discard("run", key: nil, worker: nil, now: fleet.now))
    #expect(fleet.run.done == 1 && !fleet.written.contains { if case .discard = $0 { true } else { false } })
    fleet.perform(fleet.machine.bar("run", key: nil, worker: nil, now: fleet.now))
    fleet.deliver(fences[1], from: "a")
    #expect(fleet.run.done == 2, "and nobody is kept from delivering meanwhile")
    for (key, worker) in [(nil, nil), ("K", "b"), ("L", nil), (nil, "b"), ("L", "a")] as [(String?, String?)] {
      #expect(!StoredAuthor(worker: "a", key: "K").matches(key: key, worker: worker))
    }
  }

  @Test func failuresAndQuarantineOfAWorkerAreTakenBackWithItsResults() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 2)])
    for lease in fleet.join("a", slots: 2) {
      fleet.fail(lease.fence, from: "a")
    }
    for lease in fleet.pull("a", 2) { fleet.fail(lease.fence, from: "a") }
    #expect(fleet.run.quarantined.count == 2)
    fleet.perform(fleet.machine.discard("run", key: nil, worker: "a", now: fleet.now))
    #expect(fleet.run.quarantined.isEmpty)
    #expect(fleet.run.done == 0)
    #expect(fleet.join("b", slots: 2).count == 2)
  }

  /// An earlier start of the coordinator gave grants of which the file knows nothing. Their numbers are higher than those
  /// of the grants that it knows.
  @Test func grantsOfEarlierStartsAreVoidToo() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    let lease = fleet.join("a")[0]
    fleet.deliver(lease.fence, from: "a")
    fleet.perform(fleet.machine.discard("run", key: nil, worker: "a", now: fleet.now))
    let before = fleet.storedDeltas.count
    fleet.deliver(FleetFixture.fence(prompt: 0, attempt: lease.fence.attempt + 2, epoch: 2), from: "a")
    #expect(fleet.storedDeltas.count == before)
    fleet.deliver(fleet.pull("a")[0].fence, from: "a")
    #expect(fleet.storedDeltas.count == before + 1)
  }

  /// The machine would think that the prompt is done, while the disk has discarded it after the delta.
  @Test func whatAnotherWorkerIsAboutToHaveDoneIsNotTakenBackWithAFailure() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    let failed = fleet.join("a")[0].fence
    fleet.fail(failed, from: "a")
    let fence = fleet.join("b")[0].fence
    fleet.isDiskHeld = true
    fleet.deliver(fence, from: "b")
    fleet.perform(fleet.machine.discard("run", key: nil, worker: "a", now: fleet.now))
    fleet.isDiskHeld = false
    fleet.releaseDisk()
    #expect(fleet.run.done == 1)
    #expect(!fleet.written.contains { if case .discard = $0 { true } else { false } })
  }

  @Test func afterARestartAFailureThatAResultHasOutdoneStillDoesNotMatter() {
    var ledger = RunLedger()
    ledger.digests = [0: [UInt8](repeating: 1, count: 32)]
    ledger.authors = [0: StoredAuthor(worker: "b", key: nil)]
    ledger.failures = [
      StoredFailure(
        prompt: 0, attempt: 1, worker: "a", incarnation: 1, kind: FailureKind.prompt.rawValue, error: "it broke", at: 0)
    ]
    var fleet = FleetFixture()
    fleet.add(FleetFixture.run(prompts: 2), ledger: ledger)
    #expect(
      fleet.machine.outcome(ofDiscarding: "run", key: nil, worker: "a")?.outcome == .discarded(prompts: 0))
    #expect(fleet.machine.outcome(ofDiscarding: "run", key: nil, worker: "b")?.outcome == .discarded(prompts: 1))
  }
}
