// autointerp
// Tests that whoever waits for a run learns why it is not open.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import ClusterTransport
import Dispatch
import Foundation
import Platform
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct ClosedRunTests {
  private static func make(_ name: String, in runs: RunsDirectory, prompts: [Int32] = [0, 1, 2]) throws {
    let specification = FleetFixture.run(name, prompts: 8)
    let atlas = try RunAtlas(path: runs.file(of: name), specification: specification, softwareVersion: "test", now: 0)
    var batch = AtlasBatch()
    for prompt in prompts {
      let payload = EdgeDelta.synthetic(prompt: prompt, origin: specification.prompts[Int(prompt)].origin).payload()
      batch.deltas.append(
        StoredDelta(
          prompt: prompt, attempt: 1, worker: "w", incarnation: 1, computeKernel: "fake", computeMilliseconds: 1,
          receivedAt: 0, digest: DeltaDigest(of: payload).bytes, payload: payload))
    }
    _ = try atlas.commit(batch)
    try atlas.close()
  }

  private static func wait(for run: String, at endpoint: String) async throws -> String {
    do {
      _ = try await CoordinatorClient.with(endpoint, security: .plain()) { try await $0.waitForCompletion(of: run) }
      return "complete"
    } catch let error as CoordinatorError {
      return error.description
    }
  }

  @Test func aClientOfARunWhoseFileWasRenamedIsToldSo() async throws {
    try await withTemporaryDirectory { directory in
      let runs = try RunsDirectory(path: directory)
      try Self.make("job", in: runs)
      try FileManager.default.moveItem(atPath: runs.file(of: "job"), toPath: runs.file(of: "copy"))
      try await withCoordinator(runs) { coordinator, endpoint in
        #expect(await coordinator.status().closedRuns.map(\.run) == ["job"])
        let (job, copy) = (
          try await Self.wait(for: "job", at: endpoint), try await Self.wait(for: "copy", at: endpoint)
        )
        #expect(job.contains("copy.sqlite holds the run job"))
        #expect(copy.contains("renamed"))
        // An export says the same.
        let error = await #expect(throws: CoordinatorError.self) {
          try await CoordinatorClient.with(endpoint, security: .plain()) { try await $0.openRun("job") }
        }
        #expect(error?.description.contains("copy.sqlite holds the run job") == true)
      }
    }
  }

  /// Deltas of such runs are no forgeries: their workers keep them until the run is open again.
  @Test func aRunWhoseFileIsNotOpenIsKnown() {
    var directory = VaultDirectory()
    directory.setUnusable("copy", run: "job", reason: "it is renamed")
    _ = directory.setUnavailable("full", reason: "the disk is full")
    #expect(["job", "copy", "full"].allSatisfy { directory.isClosed($0) } && !directory.isClosed("other"))
  }

  /// A repair that was killed left them. One that is under way holds the lock of its run.
  @Test func unfinishedRepairsAreRemovedAtTheStartAndThoseUnderWayAreNot() async throws {
    try await withTemporaryDirectory { directory in
      let runs = try RunsDirectory(path: directory)
      try Self.make("job", in: runs)
      let whole = try Data(contentsOf: URL(filePath: runs.file(of: "job")))
      // The name of a run may look like that of a file.
      try Self.make("swapped", in: runs)
      let left = ["job", "busy", "job.sqlite.busy", "swapped"].flatMap { run in
        ["", "-wal", "-lock"].map { "\(runs.file(of: run)).repair\($0)" }
      }
      for path in left { try Data("part".utf8).write(to: URL(filePath: path)) }
      let underWay = try ["busy", "job.sqlite.busy"].map { try FileLock(protecting: runs.file(of: $0)) }
      // Killed after its damaged file got a second name: the repaired one may be the only one that is whole.
      try FileManager.default.linkItem(
        atPath: runs.file(of: "swapped"), toPath: runs.file(of: "swapped") + ".damaged")
      _ = try runs.openAll(softwareVersion: "test", now: 0).map { try $0.get().finish() }
      runs.release()
      let kept = left.filter { FileManager.default.fileExists(atPath: $0) }
      #expect(kept == left.filter { $0.contains("busy") || $0.contains("swapped") })
      #expect(try Data(contentsOf: URL(filePath: runs.file(of: "job"))).count >= whole.count)
      for lock in underWay { lock.release() }
    }
  }

  @Test func aClientOfARunThatLostItsLogIsToldSo() async throws {
    try await withTemporaryDirectory { directory in
      let runs = try RunsDirectory(path: directory)
      try Data().write(to: URL(filePath: runs.file(of: "job")))
      try await withCoordinator(runs) { _, endpoint in
        let (job, other) = (
          try await Self.wait(for: "job", at: endpoint), try await Self.wait(for: "other", at: endpoint)
        )
        #expect(job.contains("-wal"))
        #expect(other.contains("no run named other"))
      }
    }
  }

  @Test func aDamagedResultMakesARunUnusableByNameWithAWayOut() async throws {
    try await withTemporaryDirectory { directory in
      let runs = try RunsDirectory(path: directory)
      try Self.make("job", in: runs)
      let atlas = try RunAtlas(existing: runs.file(of: "job"), softwareVersion: "test", now: 0)
      var batch = AtlasBatch()
      batch.deltas = [
        StoredDelta(
          prompt: 5, attempt: 1, worker: "w", incarnation: 1, computeKernel: "fake", computeMilliseconds: 1,
          receivedAt: 0, digest: [UInt8](repeating: 0, count: 32), payload: [1])
      ]
      _ = try atlas.commit(batch)
      try atlas.close()
      try await withCoordinator(runs) { _, endpoint in
        let told = try await Self.wait(for: "job", at: endpoint)
        #expect(told.contains("prompt 5") && told.contains("autointerp check"), "\(told)")
      }
    }
  }

  /// A disk whose results come when told to.
  private final class SlowResults: RunStores {
    let directory: RunsDirectory
    let isReading = DispatchSemaphore(value: 0)
    let mayAnswer = DispatchSemaphore(value: 0)

    init(_ directory: RunsDirectory) { self.directory = directory }

    func openAll(softwareVersion: String, now: Int64) throws -> [Result<any RunStore, CoordinatorError>] {
      try directory.openAll(softwareVersion: softwareVersion, now: now).map { $0.map { Store($0, self) } }
    }

    func openExisting(_ run: String, softwareVersion: String, now: Int64) throws -> any RunStore {
      try directory.openExisting(run, softwareVersion: softwareVersion, now: now)
    }

    func release() { directory.release() }

    func open(_ specification: RunSpecification, softwareVersion: String, now: Int64) throws -> any RunStore {
      try directory.open(specification, softwareVersion: softwareVersion, now: now)
    }

    struct Store: RunStore {
      let store: any RunStore
      let disk: SlowResults

      init(_ store: any RunStore, _ disk: SlowResults) { (self.store, self.disk) = (store, disk) }

      var name: String { store.name }
      var epoch: Int64 { store.epoch }
      var identity: RunIdentity { store.identity }
      func specification() throws -> RunSpecification { try store.specification() }
      func ledger() throws -> RunLedger { try store.ledger() }
      func softwareVersion() throws -> String { try store.softwareVersion() }
      func figures() throws -> StoredFigures? { try store.figures() }
      func write(_ batches: [AtlasBatch]) throws -> (outcomes: [DeltaOutcome], times: CommitTimes) {
        try store.write(batches)
      }
      func store(_ aggregate: EdgeAggregate, resultsDigest: String, now: Int64) throws -> Bool {
        try store.store(aggregate, resultsDigest: resultsDigest, now: now)
      }
      func finish() throws { try store.finish() }
      func forEachDelta(in prompts: Range<Int32>, _ body: (StoredDelta) throws -> Void) throws {
        if prompts.lowerBound == 0 {
          disk.isReading.signal()
          disk.mayAnswer.wait()
        }
        try store.forEachDelta(in: prompts, body)
      }
    }
  }

  /// Otherwise its next start would warn that results may be missing.
  @Test func aFileThatASubmissionCannotReadIsClosedInOrder() async throws {
    struct Unreadable: Error {}
    try await withTemporaryDirectory { directory in
      let runs = try RunsDirectory(path: directory)
      let stores = FlakyStores(runs)
      stores.onRead.withLock { $0 = { throw Unreadable() } }
      try await withCoordinator(stores) { coordinator, _ in
        try Self.make("job", in: runs)
        await #expect(throws: CoordinatorError.self) {
          try await coordinator.submit(FleetFixture.run("job", prompts: 8))
        }
        let atlas = try RunAtlas(existing: runs.file(of: "job"), softwareVersion: "test", now: 0)
        #expect(atlas.warning == nil)
        try atlas.close()
      }
    }
  }

  @Test func theSocketAnswersWhileResultsAreReadBackAndNothingIsLostMeanwhile() async throws {
    try await withTemporaryDirectory { directory in
      let runs = try RunsDirectory(path: directory)
      try Self.make("job", in: runs)
      let stores = SlowResults(runs)
      try await withCoordinator(stores) { coordinator, endpoint in
        try await offPool { stores.isReading.wait() }
        try await CoordinatorClient.with(endpoint, security: .plain()) { client in
          let status = try await client.status()
          #expect(status.runs.isEmpty)
          #expect(status.closedRuns.map(\.kind) == [.rebuilding])
          #expect(status.closedRuns.first?.reason.contains("of 3") == true)
          // A submission is answered from what is known already, and a different one is refused.
          let submitted = try await client.submit(FleetFixture.run("job", prompts: 8))
          #expect(submitted.finishedPrompts == 3)
          await #expect(throws: CoordinatorError.self) {
            _ = try await client.submit(FleetFixture.run("job", prompts: 7))
          }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await FakeWorker(name: "a").run(at: endpoint) }
          stores.mayAnswer.signal()
          #expect(try await Self.wait(for: "job", at: endpoint) == "complete")
          await coordinator.drainWorkers(reason: "done")
          try await group.waitForAll()
        }
        #expect(try await coordinator.export("job") == reference(FleetFixture.run("job", prompts: 8)))
        #expect(await coordinator.status().closedRuns.isEmpty)
      }
    }
  }
}
