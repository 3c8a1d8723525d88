// autointerp
// Tests that statistics which need too much memory stop the leases instead of the process.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import ClusterTransport
import Dispatch
import Platform
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct MemoryBoundTests {
  @Test func aRunThatNeedsTooMuchMemoryIsHeldBackAndSaysSo() async throws {
    try await withTemporaryDirectory { directory in
      var configuration = testConfiguration()
      configuration.fleet.maximumAggregateMebibytes = 1
      let runs = try RunsDirectory(path: directory)
      let run = FleetFixture.run(prompts: 200)
      let done = try await withCoordinator(runs, configuration) { coordinator, endpoint in
        try await coordinator.submit(run)
        return try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await FakeWorker(name: "a", edgeCount: 4000).run(at: endpoint) }
          var status = await coordinator.status()
          while status.problems.isEmpty {
            try await Task.sleep(for: .milliseconds(5))
            status = await coordinator.status()
          }
          #expect(status.problems.first?.contains("max_aggregate_mib") == true)
          #expect(await coordinator.problems() == status.problems, "and it is not ready")
          #expect(status.runs[0].done < 200)
          // A run that is cancelled makes room.
          try await coordinator.cancel("run")
          await coordinator.drainWorkers(reason: "done")
          try await group.waitForAll()
          return status.runs[0].done
        }
      }
      #expect(done > 0)
    }
  }

  @Test func aRunThatIsTooLargeToReadBackIsUnusableAndTheCoordinatorLives() async throws {
    try await withTemporaryDirectory { directory in
      let runs = try RunsDirectory(path: directory)
      let specification = FleetFixture.run(prompts: 70)
      let atlas = try RunAtlas(
        path: runs.file(of: "run"), specification: specification, softwareVersion: "test", now: 0)
      var batch = AtlasBatch()
      for prompt in 0..<Int32(64) {
        let payload = EdgeDelta.synthetic(
          prompt: prompt, origin: specification.prompts[Int(prompt)].origin, edgeCount: 4000
        ).payload()
        batch.deltas.append(
          StoredDelta(
            prompt: prompt, attempt: 1, worker: "w", incarnation: 1, computeKernel: "k", computeMilliseconds: 1,
            receivedAt: 0, digest: DeltaDigest(of: payload).bytes, payload: payload))
      }
      _ = try atlas.commit(batch)
      try atlas.close()
      var configuration = testConfiguration()
      configuration.fleet.maximumAggregateMebibytes = 1
      try await withCoordinator(runs, configuration) { coordinator, endpoint in
        let error = await #expect(throws: CoordinatorError.self) {
          try await CoordinatorClient.with(endpoint, security: .plain()) { try await $0.waitForCompletion(of: "run") }
        }
        #expect(error?.description.contains("max_aggregate_mib") == true, "\(String(describing: error))")
        try await coordinator.submit(FleetFixture.run("other"))
      }
    }
  }

  /// A vault that is busy for minutes must not keep the coordinator from noticing that workers are silent.
  @Test func timePassesWhileAVaultIsBusyAndMemoryIsScarce() async throws {
    try await withTemporaryDirectory { directory in
      var configuration = testConfiguration()
      configuration.fleet.maximumAggregateMebibytes = 1
      configuration.fleet.deadAfter = .seconds(1)
      let stores = FlakyStores(try RunsDirectory(path: directory))
      try await withCoordinator(stores, configuration) { coordinator, endpoint in
        // One prompt is read back on the vault's own thread, so that no other thread is blocked below.
        try await coordinator.submit(FleetFixture.run("old", prompts: 1))
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await FakeWorker(name: "first").run(at: endpoint) }
          _ = try await coordinator.waitForCompletion(of: "old")
          group.cancelAll()
        }
      }
      let gate = DispatchSemaphore(value: 0)
      try await withCoordinator(stores, configuration) { coordinator, endpoint in
        try await coordinator.submit(FleetFixture.run("large", prompts: 200))
        // As if its statistics were large.
        let large = try #require(await coordinator.core.vaults["large"])
        large.figures.withLock { $0.aggregateBytes = 2 << 20 }
        try await withThrowingTaskGroup(of: Void.self) { group in
          while await coordinator.status().problems.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
          stores.onRead.withLock { $0 = { gate.wait() } }
          group.addTask {
            _ = try await coordinator.topNeurons(of: "old", sortedBy: .relp, limit: 1, edgesPerNeuron: 1)
          }
          group.addTask { try await FakeWorker(name: "silent").run(at: endpoint) }
          var state: WorkerState?
          while state != .lost {
            try await Task.sleep(for: .milliseconds(5))
            state = await coordinator.status().workers.first { $0.name == "silent" }?.state
          }
          stores.onRead.withLock { $0 = {} }
          gate.signal()
          group.cancelAll()
        }
      }
    }
  }

  @Test func theMachineHasMemory() { #expect(MachineMemory.limitBytes > 64 << 20) }
}
