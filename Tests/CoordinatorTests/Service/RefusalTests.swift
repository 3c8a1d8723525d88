// autointerp
// `RefusalTests` tests how peers that do not belong to the fleet are counted, logged and answered, over real sockets.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol
import ClusterTransport
import Logging
import Platform
import Synchronization
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct RefusalTests {
  /// Collects everything that is logged.
  private final class Log: Sendable {
    private let text = Mutex<[String]>([])
    var lines: [String] { text.withLock { $0 } }

    private struct Handler: LogHandler {
      let log: Log
      var logLevel = Logger.Level.trace
      var metadata: Logger.Metadata = [:]
      subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
      }
      func log(event: LogEvent) {
        let more = (event.metadata ?? [:]).map { "\($0)=\($1)" }.sorted().joined(separator: " ")
        log.text.withLock { $0.append("\(event.message) \(more)") }
      }
    }

    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }
  }

  private let server: CurveKeyPair
  private let worker: CurveKeyPair
  private let other: CurveKeyPair
  private let log = Log()

  init() throws {
    (server, worker, other) = (try .generate(), try .generate(), try .generate())
  }

  private func configuration(_ allowed: [CurvePublicKey: PeerRole]?) -> CoordinatorConfiguration {
    var configuration = testConfiguration()
    if let allowed { configuration.security = .curve(server, AllowList(allowed)) }
    return configuration
  }

  private func connect(_ loop: SocketLoop, _ keys: CurveKeyPair?, to endpoint: String) async throws -> DealerSocket {
    var options = SocketOptions.dealer
    options.linger = .zero
    let dealer = DealerSocket(loop: loop, options: options)
    try await dealer.connect(endpoint, security: keys.map { .curve($0, server: server.publicKey) } ?? .plain())
    return dealer
  }

  /// The next message that `isWanted` accepts.
  private func next(
    _ dealer: DealerSocket, _ isWanted: (CoordinatorMessage) -> Bool
  ) async throws -> CoordinatorMessage? {
    for await frame in dealer.incoming {
      let message = try CoordinatorMessage(frame: frame)
      if isWanted(message) { return message }
    }
    return nil
  }

  private func isLease(_ message: CoordinatorMessage) -> Bool { if case .lease = message { true } else { false } }

  @Test func aRemovedKeyGetsNoMorePromptsOverAConnectionThatIsUp() async throws {
    try await withTemporaryDirectory { directory in
      let keys = [worker.publicKey: PeerRole.worker, other.publicKey: .worker]
      try await withCoordinator(
        RunsDirectory(path: directory), configuration(keys), logger: log.logger
      ) { coordinator, endpoint in
        try await coordinator.submit(FleetFixture.run(prompts: 1))
        let loop = try SocketLoop()
        let removed = try await connect(loop, worker, to: endpoint)
        try await removed.send(WorkerMessage.hello(FleetFixture.hello("removed")).encoded())
        try await removed.send(WorkerMessage.ready(credit: 1).encoded())
        #expect(try await next(removed, isLease) != nil)

        await coordinator.replaceAllowList(AllowList([other.publicKey: .worker]))
        let status = await coordinator.status()
        #expect(status.workers.map(\.busySlots) == [0])
        #expect(status.runs[0].queued == 1 && status.runs[0].inFlight == 0)
        let refused = status.counters.framesRefused
        for _ in 0..<20 {
          try await removed.send(WorkerMessage.hello(FleetFixture.hello("removed")).encoded())
          try await removed.send(WorkerMessage.ready(credit: 1).encoded())
        }
        while await coordinator.status().counters.framesRefused < refused + 40 { await Task.yield() }
        #expect(await coordinator.status().runs[0].inFlight == 0)
        #expect(log.lines.count { $0.contains("A connection is ignored: its key was removed") } == 1)

        let allowed = try await connect(loop, other, to: endpoint)
        try await allowed.send(WorkerMessage.hello(FleetFixture.hello("allowed")).encoded())
        try await allowed.send(WorkerMessage.ready(credit: 1).encoded())
        guard case .lease(let lease) = try await next(allowed, isLease) else { return }
        #expect(lease.fence.prompt == 0)
        #expect(await coordinator.status().runs[0].quarantined.isEmpty)
        await loop.shutDown()
      }
    }
  }

  @Test func refusedKeysAreCountedAndToldOfWithTheirAddress() async throws {
    try await withTemporaryDirectory { directory in
      try await withCoordinator(
        RunsDirectory(path: directory), configuration([:]), logger: log.logger
      ) { coordinator, endpoint in
        let loop = try SocketLoop()
        let stranger = try await connect(loop, worker, to: endpoint)
        for count in 1...5 {
          while await coordinator.status().counters.connectionsRefused < Int64(count) { await Task.yield() }
          try await stranger.reconnect()
        }
        let lines = log.lines.filter { $0.contains("Refused a connection") }
        #expect(lines.count == 1)
        #expect(lines.first?.contains("127.0.0.1") == true && lines.first?.contains(worker.publicKey.text) == true)
        await loop.shutDown()
      }
    }
  }

  @Test func aFloodOfBadFramesIsALineOrTwoOfHarmlessTextAndThenNotRead() async throws {
    try await withTemporaryDirectory { directory in
      try await withCoordinator(
        RunsDirectory(path: directory), configuration(nil), logger: log.logger
      ) { coordinator, endpoint in
        let loop = try SocketLoop()
        let dealer = try await connect(loop, nil, to: endpoint)
        // {"v": 2, "t": "x", newline, escape}
        let hostile: [UInt8] = [0x82, 0xa1, 0x76, 2, 0xa1, 0x74, 0xa6, 0x78, 0x0a, 0x1b, 0x5b, 0x32, 0x4a]
        for _ in 0..<20_000 { try await dealer.send(hostile) }
        while await coordinator.status().counters.framesRefused < 20_000 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(log.lines.contains { $0.contains("Refused a frame") && $0.contains("unknown message type") })
        #expect(log.lines.contains { $0.contains("too many of its frames were refused") })
        #expect(log.lines.allSatisfy { $0 == $0.harmless })
        #expect(log.lines.count < 10)
        // Other peers are still heard.
        let answer = try await CoordinatorClient.with(endpoint, security: .plain()) { try await $0.status() }
        #expect(answer.counters.framesRefused >= 20_000)
        await loop.shutDown()
      }
    }
  }
}
