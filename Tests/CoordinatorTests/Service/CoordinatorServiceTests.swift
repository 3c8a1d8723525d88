// autointerp
// `CoordinatorServiceTests` tests the whole coordinator with real sockets, real files and fake workers.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import ClusterTransport
import Foundation
import Knowledge
import Logging
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct CoordinatorServiceTests {
  @Test func everyPromptIsMergedExactlyOnceHoweverOftenItsDeltaArrives() async throws {
    try await withTemporaryDirectory { directory in
      let specification = FleetFixture.run(prompts: 60)
      let bytes = try await withCoordinator(RunsDirectory(path: directory)) { coordinator, endpoint in
        try await coordinator.submit(specification)
        return try await withThrowingTaskGroup(of: Int.self) { group in
          for number in 0..<3 {
            group.addTask { try await FakeWorker(name: "w\(number)", copies: 3).run(at: endpoint) }
          }
          let run = try await coordinator.waitForCompletion(of: "run")
          #expect(run.done == 60)
          #expect(run.quarantined.isEmpty)
          #expect(run.domainDone == 30 && run.baselineDone == 30)
          await coordinator.drainWorkers(reason: "done")
          try await group.waitForAll()
          let status = await coordinator.status()
          #expect(status.counters.deltasMerged == 60)
          #expect(status.counters.deltasConflicting == 0)
          return try await coordinator.export("run")
        }
      }
      #expect(try bytes == reference(specification))
    }
  }

  @Test func coordinatorThatRestartsGoesOnAndTheResultIsTheSame() async throws {
    try await withTemporaryDirectory { directory in
      let specification = FleetFixture.run(prompts: 40)
      let finishedBefore = try await withCoordinator(RunsDirectory(path: directory)) { coordinator, endpoint in
        try await coordinator.submit(specification)
        // One worker takes a lease and never answers.
        try await FakeWorker(name: "mortal", slots: 1, diesAfterLeases: 15).run(at: endpoint)
        var done = 0
        while done < 15 { done = await coordinator.status().runs[0].done }
        return done
      }
      #expect(finishedBefore == 15)
      let bytes = try await withCoordinator(RunsDirectory(path: directory)) { coordinator, endpoint in
        #expect(try await coordinator.submit(specification) == 15)
        return try await withThrowingTaskGroup(of: Int.self) { group in
          group.addTask { try await FakeWorker(name: "second").run(at: endpoint) }
          let run = try await coordinator.waitForCompletion(of: "run")
          #expect(run.done == 40)
          await coordinator.drainWorkers(reason: "done")
          #expect(try await group.next() == 25, "what was committed is not done again")
          return try await coordinator.export("run")
        }
      }
      #expect(try bytes == reference(specification))
      // After another restart the finished run is still there and is not computed again.
      let again = try await withCoordinator(RunsDirectory(path: directory)) { coordinator, _ in
        #expect(try await coordinator.waitForCompletion(of: "run").done == 40)
        return try await coordinator.export("run")
      }
      #expect(again == bytes)
    }
  }

  @Test func tablesThatACrashKeptFromBeingWrittenAreWrittenAtTheNextStart() async throws {
    try await withTemporaryDirectory { directory in
      let runs = try RunsDirectory(path: directory)
      try await withCoordinator(runs) { coordinator, endpoint in
        try await coordinator.submit(FleetFixture.run(prompts: 4))
        try await withThrowingTaskGroup(of: Int.self) { group in
          group.addTask { try await FakeWorker(name: "a").run(at: endpoint) }
          _ = try await coordinator.waitForCompletion(of: "run")
          await coordinator.drainWorkers(reason: "done")
          try await group.waitForAll()
        }
      }
      func openAtlas() throws -> RunAtlas {
        try RunAtlas(existing: runs.file(of: "run"), softwareVersion: "test", now: 0)
      }
      let interrupted = try openAtlas()
      #expect(try interrupted.ledger().isArchived)
      try interrupted.replaceAggregate(EdgeAggregate(), now: 0)
      try interrupted.close()
      try await withCoordinator(runs) { coordinator, _ in _ = try await coordinator.boundEndpoint() }
      #expect(try openAtlas().ledger().isArchived)
    }
  }

  @Test func aRunWhosePromptsDoNotFitIntoAFrameIsRefused() async throws {
    try await withTemporaryDirectory { directory in
      try await withCoordinator(RunsDirectory(path: directory)) { coordinator, endpoint in
        let run = {
          var run = FleetFixture.run(prompts: 2)
          run.prompts[1].text = String(repeating: "x", count: (1 << 20) + 1)
          return run
        }()
        await #expect(throws: CoordinatorError.self) { try await coordinator.submit(run) }
        try await CoordinatorClient.with(endpoint, security: .plain()) { client in
          await #expect(throws: CoordinatorError.self) { _ = try await client.submit(run) }
          let runs = try await client.status().runs
          #expect(runs.isEmpty)
        }
      }
    }
  }

  @Test func fullDiskHoldsTheRunBackAndLosesNothing() async throws {
    try await withTemporaryDirectory { directory in
      let specification = FleetFixture.run(prompts: 30)
      let stores = FlakyStores(try RunsDirectory(path: directory))
      let bytes = try await withCoordinator(stores) { coordinator, endpoint in
        try await coordinator.submit(specification)
        stores.isFull.withLock { $0 = true }
        return try await withThrowingTaskGroup(of: Int.self) { group in
          group.addTask { try await FakeWorker(name: "a").run(at: endpoint) }
          while stores.refusals.withLock({ $0 }) < 3 { await Task.yield() }
          #expect(await coordinator.status().counters.deltasMerged == 0)
          #expect(await coordinator.problems().count == 1)
          stores.isFull.withLock { $0 = false }
          let run = try await coordinator.waitForCompletion(of: "run")
          #expect(run.done == 30 && run.quarantined.isEmpty)
          #expect(await coordinator.problems().isEmpty)
          await coordinator.drainWorkers(reason: "done")
          try await group.waitForAll()
          return try await coordinator.export("run")
        }
      }
      #expect(try bytes == reference(specification))
    }
  }

  @Test func clientsSubmitWatchRetryAndExportOverCurve() async throws {
    try await withTemporaryDirectory { directory in
      let (server, workerKeys, clientKeys) = (
        try CurveKeyPair.generate(), try CurveKeyPair.generate(), try CurveKeyPair.generate()
      )
      var allowed = AllowList()
      allowed.allow(workerKeys.publicKey, as: .worker)
      allowed.allow(clientKeys.publicKey, as: .client)
      var configuration = testConfiguration()
      configuration.security = .curve(server, allowed)
      // Several pieces per export.
      configuration.exportPieceBytes = 1000
      let specification = FleetFixture.run(prompts: 10)
      let different = FleetFixture.run(prompts: 11)
      try await withCoordinator(RunsDirectory(path: directory), configuration) { coordinator, endpoint in
        try await withThrowingTaskGroup(of: Int.self) { group in
          group.addTask {
            try await FakeWorker(name: "a", failing: [3]).run(
              at: endpoint, security: .curve(workerKeys, server: server.publicKey))
          }
          let bytes = try await CoordinatorClient.with(
            endpoint, security: .curve(clientKeys, server: server.publicKey)
          ) { client in
            #expect(try await client.submit(specification) == ("run", 0))
            #expect(try await client.submit(specification).run == "run", "submitting twice is submitting once")
            let run = try await client.waitForCompletion(of: "run", every: .milliseconds(20))
            #expect(run.quarantined.map(\.prompt) == [3])
            #expect(run.quarantined.first?.errors.count == 2)
            #expect(run.done == 9)
            try await client.retry(run: "run")
            let again = try await client.waitForCompletion(of: "run", every: .milliseconds(20))
            #expect(again.quarantined.map(\.prompt) == [3])
            await #expect(throws: CoordinatorError.self) { try await client.cancel(run: "other") }
            await #expect(throws: CoordinatorError.self) { _ = try await client.submit(different) }
            return try await client.export(run: "run")
          }
          #expect(bytes.count > 2000)
          #expect(try bytes == reference(specification, quarantined: [3]))
          #expect(try await coordinator.export("run") == bytes)
          await coordinator.drainWorkers(reason: "done")
          try await group.waitForAll()
        }
        // A worker's key may not give orders.
        await #expect(throws: CoordinatorError.self) {
          try await CoordinatorClient.with(
            endpoint, security: .curve(workerKeys, server: server.publicKey)
          ) { try await $0.status() }
        }
      }
    }
  }

  /// A request is sent again only after an hour here, so the test does not end in time if a reply was lost.
  @Test(.timeLimit(.minutes(20))) func replyIsNeverMissedHoweverFastItComes() async throws {
    try await withTemporaryDirectory { directory in
      try await withCoordinator(RunsDirectory(path: directory)) { coordinator, endpoint in
        try await CoordinatorClient.with(
          endpoint, security: .plain(), patience: .seconds(7200), resendInterval: .seconds(3600)
        ) { client in
          for _ in 0..<300 { _ = try await client.status() }
        }
        #expect(await coordinator.status().counters.framesReceived == 300)
      }
    }
  }

  @Test func framesThatAreNoMessagesAreRefusedAndCounted() async throws {
    try await withTemporaryDirectory { directory in
      try await withCoordinator(RunsDirectory(path: directory)) { coordinator, endpoint in
        let loop = try SocketLoop()
        let dealer = DealerSocket(loop: loop)
        try await dealer.connect(endpoint, security: .plain())
        try await dealer.send([0xFF, 0x00, 0x13])
        var replies = dealer.incoming.makeAsyncIterator()
        let reply = try CoordinatorMessage(frame: await replies.next() ?? [])
        guard case .refused = reply else {
          Issue.record("answered with \(reply)")
          return
        }
        #expect(await coordinator.status().counters.framesRefused == 1)
        await dealer.close()
        await loop.shutDown()
      }
    }
  }

  @Test func deltaThatBreaksTheContractCountsAgainstItsWorkerAndReachesNoFile() async throws {
    try await withTemporaryDirectory { directory in
      var settings = FleetSettings()
      settings.failuresToQuarantine = 1
      var configuration = testConfiguration()
      configuration.fleet = settings
      try await withCoordinator(RunsDirectory(path: directory), configuration) { coordinator, endpoint in
        try await coordinator.submit(FleetFixture.run(prompts: 1))
        let loop = try SocketLoop()
        let dealer = DealerSocket(loop: loop)
        try await dealer.connect(endpoint, security: .plain())
        try await dealer.send(WorkerMessage.hello(FleetFixture.hello("liar")).encoded())
        try await dealer.send(WorkerMessage.ready(credit: 1).encoded())
        for await frame in dealer.incoming {
          guard case .lease(let lease) = try CoordinatorMessage(frame: frame) else { continue }
          var delta = EdgeDelta.synthetic(prompt: 0, origin: lease.origin)
          delta.graph.neurons.relp[0] = 1e30
          let report = WorkerMessage.DeltaReport(fence: lease.fence, delta: delta, computeMilliseconds: 1)
          try await dealer.send(WorkerMessage.delta(report).encoded())
          break
        }
        let run = try await coordinator.waitForCompletion(of: "run")
        #expect(run.done == 0)
        #expect(run.quarantined.first?.errors.first?.contains("relp") == true)
        await dealer.close()
        await loop.shutDown()
      }
    }
  }
}

/// The expected export: every prompt's delta merged in order, without a coordinator.
func reference(_ specification: RunSpecification, quarantined: [Int32] = []) throws -> [UInt8] {
  var (aggregate, digests) = (EdgeAggregate(), ResultSetDigest())
  for (number, prompt) in specification.prompts.enumerated() where !quarantined.contains(Int32(number)) {
    let delta = EdgeDelta.synthetic(prompt: Int32(number), origin: prompt.origin)
    try aggregate.merge(delta)
    digests.add(prompt: delta.prompt, digest: DeltaDigest(of: delta.payload()).bytes)
  }
  let merged = aggregate
  return EdgeStatisticsExport(
    aggregate: merged, specification: specification, quarantined: quarantined, resultsDigest: digests.text,
    additions: { RunKnowledge(aggregate: merged, specification: specification) }
  ).bytes()
}

func testConfiguration() -> CoordinatorConfiguration {
  var configuration = CoordinatorConfiguration(softwareVersion: "test")
  configuration.endpoint = "tcp://127.0.0.1:0"
  configuration.fleet.heartbeat = .milliseconds(250)
  configuration.fleet.firstStorageRetry = .milliseconds(10)
  configuration.fleet.lastStorageRetry = .milliseconds(50)
  return configuration
}

/// Runs a coordinator while `body` uses it, and shuts it down.
func withCoordinator<Result: Sendable>(
  _ stores: any RunStores, _ configuration: CoordinatorConfiguration = testConfiguration(),
  logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
  _ body: (Coordinator, _ endpoint: String) async throws -> Result
) async throws -> Result {
  let coordinator = Coordinator(
    configuration: configuration, stores: stores, logger: logger)
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await coordinator.run() }
    defer { coordinator.shutDown() }
    let result = try await body(coordinator, coordinator.boundEndpoint())
    coordinator.shutDown()
    try await group.waitForAll()
    return result
  }
}

func withTemporaryDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("autointerp-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try await body(path)
}
