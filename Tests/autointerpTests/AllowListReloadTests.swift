// autointerp
// `AllowListReloadTests` tests that keys are added and removed while a coordinator runs.
// SPDX-License-Identifier: Apache-2.0

import ClusterTransport
import Coordinator
import Foundation
import Logging
import Testing

@testable import autointerp

@Suite(.timeLimit(.minutes(1))) struct AllowListReloadTests {
  /// Log lines as a sequence.
  private struct Lines: LogHandler {
    let continuation: AsyncStream<String>.Continuation
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { continuation.yield("\(event.message)") }
  }

  @Test func aChangedFileCountsAndABadOneDoesNot() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "reload-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "allowed")
    let (server, early, late) = (try CurveKeyPair.generate(), try CurveKeyPair.generate(), try CurveKeyPair.generate())
    func write(_ text: String) throws { try Data(text.utf8).write(to: file, options: .atomic) }
    try write("client \(early.publicKey)\n")

    var settings = CoordinatorConfiguration(softwareVersion: "test")
    settings.endpoint = "tcp://127.0.0.1:0"
    let list = try AllowList(contentsOf: file.path)
    settings.security = .curve(server, list)
    let coordinator = Coordinator(
      configuration: settings, stores: try RunsDirectory(path: folder.path),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let (lines, continuation) = AsyncStream<String>.makeStream()
    let logger = Logger(label: "test") { _ in Lines(continuation: continuation) }

    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await coordinator.run() }
      group.addTask {
        try await AllowListReload(
          coordinator: coordinator, path: file.path, current: list, logger: logger, interval: .milliseconds(5),
          reminderInterval: .milliseconds(200)
        ).run()
      }
      defer { group.cancelAll() }
      let endpoint = try await coordinator.boundEndpoint()
      var heard = lines.makeAsyncIterator()
      /// Waits for a line with this text. Others, such as reminders of a mistake, may come before.
      func hear(_ text: String) async -> Bool {
        while let line = await heard.next() { if line.contains(text) { return true } }
        return false
      }
      func ask(_ keys: CurveKeyPair, patience: Duration = .seconds(30)) async throws {
        let security = ClientSecurity.curve(keys, server: server.publicKey)
        _ = try await CoordinatorClient.with(endpoint, security: security, patience: patience) { try await $0.status() }
      }
      try await ask(early)
      try write("client \(early.publicKey)\nclient \(late.publicKey)\n")
      #expect(await hear("Allow-list read again"))
      try await ask(late)

      try write("client nonsense\n")
      #expect(await hear("previous keys stay valid"))
      try await ask(late)
      #expect(await coordinator.problems().contains { $0.contains("allow-list") && $0.contains("\(file.path):1:") })
      #expect(await coordinator.status().problems.contains { $0.contains("allow-list") })

      try write("#client \(late.publicKey)\nclient \(early.publicKey)\n")
      #expect(await hear("Allow-list read again"))
      #expect(await coordinator.problems().isEmpty)
      try await ask(early)
      await #expect(throws: CoordinatorError.self) { try await ask(late, patience: .milliseconds(600)) }

      try FileManager.default.removeItem(at: file)
      #expect(await hear("previous keys stay valid"))
      #expect(await hear("previous keys stay valid"), "it is said again")
      #expect(await coordinator.problems().contains { $0.contains("allow-list") && $0.contains(file.path) })
      try await ask(early)
      try write("client \(early.publicKey)\n")
      while await !coordinator.problems().isEmpty { try await Task.sleep(for: .milliseconds(5)) }
      coordinator.shutDown()
    }
  }
}
