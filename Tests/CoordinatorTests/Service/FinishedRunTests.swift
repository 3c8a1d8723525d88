// autointerp
// `FinishedRunTests` tests what is reported about finished runs.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import ClusterTransport
import Foundation
import Knowledge
import Logging
import Platform
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct FinishedRunTests {
  private func finish(_ coordinator: Coordinator, _ endpoint: String, _ run: RunSpecification) async throws {
    try await coordinator.submit(run)
    try await withThrowingTaskGroup(of: Int.self) { group in
      group.addTask { try await FakeWorker(name: "a").run(at: endpoint) }
      _ = try await coordinator.waitForCompletion(of: run.name)
      await coordinator.drainWorkers(reason: "done")
      try await group.waitForAll()
    }
  }

  @Test func figuresAreToldAtOnceAfterARestart() async throws {
    try await withTemporaryDirectory { directory in
      let runs = try RunsDirectory(path: directory)
      let before = try await withCoordinator(runs) { coordinator, endpoint in
        try await finish(coordinator, endpoint, FleetFixture.run(prompts: 8))
        return await coordinator.status().runs[0]
      }
      #expect(before.neurons > 0 && before.edges > 0 && before.deltaBytes > 0 && before.computeMilliseconds == 8)
      let after = try await withCoordinator(runs) { coordinator, _ in
        _ = try await coordinator.boundEndpoint()
        return await coordinator.status().runs[0]
      }
      var expected = before
      // Nothing was read back, and the rate is this coordinator's.
      (expected.aggregateBytes, expected.promptsPerSecond) = (0, 0)
      #expect(after == expected)
    }
  }

  @Test func aClientGetsTheSummaryOfTheAggregate() async throws {
    try await withTemporaryDirectory { directory in
      try await withCoordinator(RunsDirectory(path: directory)) { coordinator, endpoint in
        let run = FleetFixture.run(prompts: 8)
        try await finish(coordinator, endpoint, run)
        let aggregate = try await coordinator.aggregate(of: "run")
        try await CoordinatorClient.with(endpoint, security: .plain()) { client in
          for seconds in [nil, 90.0] {
            let expected = RunSummary(
              aggregate: aggregate, specification: run, seconds: seconds,
              findings: RunKnowledge(aggregate: aggregate, specification: run).summaryFindings()
            ).text()
            let told = try await client.summary(of: "run", seconds: seconds)
            #expect(told == expected)
          }
          await #expect(throws: CoordinatorError.self) { _ = try await client.summary(of: "another", seconds: nil) }
        }
      }
    }
  }

  @Test func aFileIsReplacedAsAWholeOrNotAtAll() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "replaced-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "stats.json").path
    func write(_ text: String, finishing: Bool) throws {
      let file = try ReplacedFile(path)
      try Array(text.utf8).withUnsafeBytes { try file.write($0) }
      if finishing { try file.finish() }
    }
    try write("old", finishing: true)
    try write("half of the n", finishing: false)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    try write("new", finishing: true)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["stats.json"])
    #expect(throws: PlatformError.self) { _ = try ReplacedFile("\(folder.path)/missing/stats.json") }
  }

  @Test func aDeviceIsWrittenAndNotReplaced() throws {
    let file = try ReplacedFile("/dev/null")
    try Array("text".utf8).withUnsafeBytes { try file.write($0) }
    try file.finish()
    let kind = try FileManager.default.attributesOfItem(atPath: "/dev/null")[.type] as? FileAttributeType
    #expect(kind == .typeCharacterSpecial)
  }

  /// A new version may have to write the tables of all finished runs again, which together need not fit into memory.
  @Test func tablesAreWrittenForOneRunAfterTheOther() async throws {
    try await withTemporaryDirectory { directory in
      let stores = try RunsDirectory(path: directory)
      let (clock, logger) = (FleetClock(), Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
      let core = FleetCore(
        testConfiguration(), clock: clock, refusals: RefusalLog(clock: clock, logger: logger), logger: logger)
      for name in ["a", "b"] {
        let run = FleetFixture.run(name, prompts: 0)
        var ledger = RunLedger()
        ledger.state = .complete
        let vault = RunVault(try stores.open(run, softwareVersion: "test", now: 0), specification: run)
        await core.add(
          StoredRun(specification: run, epoch: 1, identity: FleetFixture.identity, ledger: ledger), vault: vault)
      }
      var works = core.work.makeAsyncIterator()
      for name in ["a", "b"] {
        #expect(await core.worksUnderWay == 1)
        let work = try #require(await works.next())
        guard case .archive(let run, _) = work else {
          Issue.record("not the tables of a run: \(work)")
          return
        }
        #expect(run == name)
        await core.finished(work, .success(()))
      }
      #expect(await core.isSettled)
    }
  }
}
