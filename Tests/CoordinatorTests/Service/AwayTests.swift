// autointerp
// `AwayTests` tests a coordinator that is away for a while, or whose disk is full when it starts.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import ClusterTransport
import Foundation
import Synchronization
import Testing

@testable import Coordinator

/// Flags that the tasks of a test share.
private final class Noticeboard: Sendable {
  let silences = Mutex(0)
  let isAnswered = Mutex(false)
  let seen = Mutex<RunStatus?>(nil)
}

@Suite(.timeLimit(.minutes(2))) struct AwayTests {
  @Test func aRunThatFindsNoRoomAtTheStartIsOpenedOnceThereIsSome() async throws {
    try await withTemporaryDirectory { directory in
      let stores = FlakyStores(try RunsDirectory(path: directory))
      try await withCoordinator(stores) { coordinator, _ in
        _ = try await coordinator.submit(FleetFixture.run(prompts: 4))
      }
      stores.isFull.withLock { $0 = true }
      try await withCoordinator(stores) { coordinator, endpoint in
        while stores.refusals.withLock({ $0 }) < 2 { try await pause() }
        #expect(await coordinator.problems().count == 1)
        #expect(await coordinator.status().counters.runsUnusable == 1)
        stores.isFull.withLock { $0 = false }
        while await coordinator.status().runs.isEmpty { try await pause() }
        #expect(await coordinator.problems().isEmpty)
        try await withThrowingTaskGroup(of: Int.self) { group in
          group.addTask { try await FakeWorker(name: "a").run(at: endpoint) }
          #expect(try await coordinator.waitForCompletion(of: "run").done == 4)
          await coordinator.drainWorkers(reason: "done")
          try await group.waitForAll()
        }
      }
    }
  }

  @Test func aCopyOfARunsFileIsNotTakenForARun() async throws {
    try await withTemporaryDirectory { directory in
      let runs = try RunsDirectory(path: directory)
      try await withCoordinator(runs) { coordinator, _ in
        _ = try await coordinator.submit(FleetFixture.run(prompts: 4))
      }
      try FileManager.default.copyItem(atPath: runs.file(of: "run"), toPath: runs.file(of: "run-backup"))
      try await withCoordinator(runs) { coordinator, _ in
        let status = await coordinator.status()
        #expect(status.runs.map(\.name) == ["run"])
        #expect(status.counters.runsUnusable == 1)
        #expect(status.recentErrors.contains { $0.text.contains("run-backup") })
      }
    }
  }

  @Test func ordersAreAnsweredWhenTheyAreOnTheDisk() async throws {
    try await withTemporaryDirectory { directory in
      let stores = FlakyStores(try RunsDirectory(path: directory))
      try await withCoordinator(stores) { coordinator, _ in
        try await coordinator.submit(FleetFixture.run(prompts: 4))
        stores.isFull.withLock { $0 = true }
        let board = Noticeboard()
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            let outcome = try await coordinator.cancel("run")
            #expect(outcome == .cancelled)
            board.isAnswered.withLock { $0 = true }
          }
          while stores.refusals.withLock({ $0 }) < 3 { try await pause() }
          #expect(!board.isAnswered.withLock { $0 })
          stores.isFull.withLock { $0 = false }
          try await group.waitForAll()
        }
        let (again, retried) = (try await coordinator.cancel("run"), try await coordinator.retry("run"))
        #expect(again == .alreadyCancelled && retried == .runIsCancelled)
      }
      let atlas = try RunAtlas(
        existing: RunsDirectory(path: directory).file(of: "run"), softwareVersion: "test", now: 0)
      #expect(try atlas.ledger().state == .cancelled)
    }
  }

  @Test func aClientGoesOnWaitingForACoordinatorThatIsAway() async throws {
    try await withTemporaryDirectory { directory in
      let runs = try RunsDirectory(path: directory)
      var configuration = testConfiguration()
      configuration.endpoint = try await withCoordinator(runs) { coordinator, endpoint in
        try await coordinator.submit(FleetFixture.run(prompts: 4))
        return endpoint
      }
      let board = Noticeboard()
      let restarted = configuration
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          let status = try await CoordinatorClient.with(
            restarted.endpoint, security: .plain(), patience: .milliseconds(300)
          ) { client in
            try await client.waitForCompletion(
              of: "run", every: .milliseconds(20), onSilence: { _ in board.silences.withLock { $0 += 1 } })
          }
          board.seen.withLock { $0 = status }
        }
        while board.silences.withLock({ $0 }) < 2 { try await pause() }
        group.addTask {
          try await withCoordinator(runs, restarted) { coordinator, endpoint in
            async let leases = FakeWorker(name: "a").run(at: endpoint)
            while board.seen.withLock({ $0 == nil }) { try await pause() }
            await coordinator.drainWorkers(reason: "done")
            _ = try await leases
          }
        }
        try await group.waitForAll()
        let done = board.seen.withLock { $0?.done }
        #expect(done == 4)
      }
    }
  }

  @Test func aStatusTellsTheFirstOfManyQuarantinedPromptsAndPagesTellAll() async throws {
    var ledger = RunLedger()
    let errors = (0..<6).map { "w\($0): " + String(repeating: "x", count: 1500) }
    ledger.quarantined = (0..<5000).map { StoredQuarantine(prompt: $0, reason: errors.joined(separator: "\n"), at: 0) }
    var fleet = FleetFixture()
    fleet.add(FleetFixture.run(prompts: 5000), ledger: ledger)
    #expect(fleet.run.quarantined.count == 100)
    #expect(fleet.run.quarantinedCount == 5000)
    #expect(try StatusJSON.encode(fleet.status).count < 200_000)
    var told: [Int32] = []
    while true {
      let page = try #require(
        fleet.machine.quarantinedPrompts(of: "run", from: (told.last ?? -1) + 1, maximumBytes: 1 << 20))
      #expect(page.prompts.allSatisfy { $0.errors == errors })
      told += page.prompts.map(\.prompt)
      if page.isLast { break }
    }
    #expect(told == Array(0..<5000))
  }

  /// Lets other tests have the thread while this one waits for seconds.
  private func pause() async throws { try await Task.sleep(for: .milliseconds(5)) }
}
