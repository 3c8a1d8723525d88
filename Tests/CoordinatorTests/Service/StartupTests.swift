// autointerp
// `StartupTests` tests what is reported while a coordinator starts, and about runs that it cannot open.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import ClusterTransport
import Dispatch
import Foundation
import Logging
import Platform
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct StartupTests {
  /// A disk that answers when told to.
  private final class SlowStores: RunStores {
    let directory: RunsDirectory
    let isReading = DispatchSemaphore(value: 0)
    let mayAnswer = DispatchSemaphore(value: 0)

    init(_ directory: RunsDirectory) { self.directory = directory }

    func openAll(softwareVersion: String, now: Int64) throws -> [Result<any RunStore, CoordinatorError>] {
      isReading.signal()
      mayAnswer.wait()
      return try directory.openAll(softwareVersion: softwareVersion, now: now)
    }

    func openExisting(_ run: String, softwareVersion: String, now: Int64) throws -> any RunStore {
      try directory.openExisting(run, softwareVersion: softwareVersion, now: now)
    }

    func release() { directory.release() }

    func open(_ specification: RunSpecification, softwareVersion: String, now: Int64) throws -> any RunStore {
      try directory.open(specification, softwareVersion: softwareVersion, now: now)
    }
  }

  private func coordinator(_ stores: any RunStores, at endpoint: String = "tcp://127.0.0.1:0") -> Coordinator {
    var configuration = testConfiguration()
    configuration.endpoint = endpoint
    return Coordinator(
      configuration: configuration, stores: stores,
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
  }

  @Test func itIsNotReadyBeforeItsRunsAreReadAndItListens() async throws {
    try await withTemporaryDirectory { directory in
      let stores = SlowStores(try RunsDirectory(path: directory))
      let coordinator = coordinator(stores)
      #expect(await coordinator.problems().first?.contains("is starting") == true)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await coordinator.run() }
        try await offPool { stores.isReading.wait() }
        #expect(await coordinator.problems().first?.contains("is starting") == true)
        stores.mayAnswer.signal()
        _ = try await coordinator.boundEndpoint()
        #expect(await coordinator.problems().isEmpty)
        coordinator.shutDown()
        try await group.waitForAll()
      }
    }
  }

  @Test func itIsNotReadyWhenItCouldNotStart() async throws {
    try await withTemporaryDirectory { directory in
      let coordinator = coordinator(try RunsDirectory(path: directory), at: "tcp://192.0.2.1:7645")
      await #expect(throws: TransportError.self) { try await coordinator.run() }
      #expect(await coordinator.problems().first?.contains("could not start") == true)
    }
  }

  @Test func runsThatCannotBeOpenedAreToldOfAndTheOthersGoOn() async throws {
    try await withTemporaryDirectory { directory in
      let runs = try RunsDirectory(path: directory)
      func make(_ name: String) throws -> RunAtlas {
        let specification = FleetFixture.run(name, prompts: 4)
        return try RunAtlas(path: runs.file(of: name), specification: specification, softwareVersion: "test", now: 0)
      }
      try make("good").close()
      let damaged = try make("damaged")
      var batch = AtlasBatch()
      batch.deltas = [
        StoredDelta(
          prompt: 0, attempt: 1, worker: "a", incarnation: 1, computeKernel: "k", computeMilliseconds: 1,
          receivedAt: 0, digest: [UInt8](repeating: 0, count: 32), payload: [1, 2, 3])
      ]
      _ = try damaged.commit(batch)
      try damaged.close()
      try Data("no database".utf8).write(to: URL(filePath: runs.file(of: "garbage")))

      try await withCoordinator(runs) { coordinator, _ in
        var status = await coordinator.status()
        // Asking without a pause would keep the pool's threads from those that read.
        while status.closedRuns.contains(where: { $0.kind == .rebuilding }) {
          try await Task.sleep(for: .milliseconds(5))
          status = await coordinator.status()
        }
        #expect(status.runs.map(\.name) == ["good"])
        #expect(status.counters.runsUnusable == 2)
        for name in ["damaged", "garbage"] {
          #expect(status.recentErrors.contains { $0.text.contains("run \(name)") }, "\(status.recentErrors)")
        }
        #expect(await coordinator.problems().isEmpty)
        #expect(status.closedRuns.map(\.name) == ["damaged", "garbage"])
        #expect(status.closedRuns.allSatisfy { $0.kind == .unusable && $0.reason.contains($0.name) })
        // It can be asked for by name, and the reason is given again.
        await #expect(throws: CoordinatorError.self) {
          try await coordinator.submit(FleetFixture.run("damaged", prompts: 4))
        }
        try FileManager.default.removeItem(atPath: runs.file(of: "garbage"))
        try await coordinator.submit(FleetFixture.run("garbage", prompts: 4))
        #expect(await coordinator.status().counters.runsUnusable == 1)
      }
    }
  }

  @Test(arguments: ["../escape", ".hidden", "", "two\nlines", "colour\u{1B}[31m", "a/b"])
  func namesThatCannotBeFilesOrDisturbALogAreRefused(name: String) async throws {
    try await withTemporaryDirectory { directory in
      try await withCoordinator(RunsDirectory(path: directory)) { coordinator, _ in
        await #expect(throws: CoordinatorError.self) { try await coordinator.submit(FleetFixture.run(name)) }
        let files = try FileManager.default.contentsOfDirectory(atPath: directory)
        #expect(files == [".coordinator-lock"])
      }
    }
  }
}
