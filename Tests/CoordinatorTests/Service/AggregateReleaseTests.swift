// autointerp
// `AggregateReleaseTests` tests that finished runs release their aggregate's memory.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol
import Foundation
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct AggregateReleaseTests {
  private func finishedRun(_ coordinator: Coordinator, _ endpoint: String) async throws {
    try await coordinator.submit(FleetFixture.run(prompts: 8))
    try await withThrowingTaskGroup(of: Int.self) { group in
      group.addTask { try await FakeWorker(name: "a").run(at: endpoint) }
      _ = try await coordinator.waitForCompletion(of: "run")
      await coordinator.drainWorkers(reason: "done")
      try await group.waitForAll()
    }
  }

  @Test func aFinishedRunGivesItsMemoryBackAndStillAnswers() async throws {
    try await withTemporaryDirectory { directory in
      try await withCoordinator(RunsDirectory(path: directory)) { coordinator, endpoint in
        try await finishedRun(coordinator, endpoint)
        let vault = try #require(await coordinator.core.vaults["run"])
        let before = try await coordinator.topNeurons(of: "run", sortedBy: .relp, limit: 5, edgesPerNeuron: 3)
        #expect(!before.isEmpty)
        let told = await coordinator.status().runs[0]
        #expect(told.aggregateBytes > 0)
        // How far scores can be believed is part of the status, for the rule that ranks.
        #expect(told.rule == FleetFixture.run(prompts: 8).settings.rule.rawValue)
        let agreement = try #require(told.agreement?.first)
        #expect(agreement.position == "later" && agreement.nodes == 16 && agreement.prompts == 8)
        #expect(agreement.text.hasPrefix("r "))

        // Just used, so it stays.
        await coordinator.core.releaseAggregates(idleFor: .seconds(3600))
        #expect(await vault.isAggregateInMemory)
        await coordinator.core.releaseAggregates(idleFor: .zero)
        #expect(await !vault.isAggregateInMemory)

        var expected = told
        expected.aggregateBytes = 0
        let after = await coordinator.status().runs[0]
        // This one is about the last seconds.
        expected.promptsPerSecond = after.promptsPerSecond
        #expect(after == expected)
        let again = try await coordinator.topNeurons(of: "run", sortedBy: .relp, limit: 5, edgesPerNeuron: 3)
        #expect(again == before)
      }
    }
  }

  @Test func aRunThatIsNotOverKeepsItsAggregate() async throws {
    try await withTemporaryDirectory { directory in
      try await withCoordinator(RunsDirectory(path: directory)) { coordinator, _ in
        try await coordinator.submit(FleetFixture.run(prompts: 8))
        _ = try await coordinator.aggregate(of: "run")
        await coordinator.core.releaseAggregates(idleFor: .zero)
        let vault = try #require(await coordinator.core.vaults["run"])
        #expect(await vault.isAggregateInMemory)
      }
    }
  }

  @Test func aRunTellsWhenItBeganAndWhenItEnded() async throws {
    try await withTemporaryDirectory { directory in
      let started = Int64(Date.now.timeIntervalSince1970 * 1000)
      let run = try await withCoordinator(RunsDirectory(path: directory)) { coordinator, endpoint in
        try await coordinator.submit(FleetFixture.run(prompts: 8))
        let queued = await coordinator.status().runs[0]
        #expect(queued.startedAt == nil && queued.finishedAt == nil)
        try await finishedRun(coordinator, endpoint)
        return await coordinator.status().runs[0]
      }
      let (begun, ended) = (try #require(run.startedAt), try #require(run.finishedAt))
      // A delta's computation starts before it arrives, so the first may seem as old as its computation.
      #expect(begun >= started - run.computeMilliseconds && begun <= ended)
      #expect(ended <= Int64(Date.now.timeIntervalSince1970 * 1000))
    }
  }
}
