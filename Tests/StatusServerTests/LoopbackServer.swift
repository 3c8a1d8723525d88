// autointerp
// `withStatusServer` runs a status port on a loopback socket; `RawHTTP` is a client that sends exact bytes.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

@testable import StatusServer

/// Runs a status port on a free loopback port while `body` runs. `stop` begins its graceful shutdown.
@discardableResult
func withStatusServer<Result: Sendable>(
  _ source: FakeSource = FakeSource(), atlas: AtlasPage? = nil,
  configure: (inout StatusServerConfiguration) -> Void = { _ in },
  body: @escaping @Sendable (_ port: Int, _ stop: @escaping @Sendable () async -> Void) async throws -> Result
) async throws -> Result {
  var configuration = StatusServerConfiguration()
  configuration.port = 0
  configuration.eventInterval = .milliseconds(10)
  configuration.heartbeatInterval = .milliseconds(20)
  configuration.snapshotLifetime = .zero
  configuration.neuronsLifetime = .zero
  configure(&configuration)
  let (ports, listening) = AsyncStream.makeStream(of: Int.self)
  let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  let server = try StatusServer(configuration: configuration, source: source, atlas: atlas, logger: logger) { port in
    listening.yield(port)
  }
  let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
  return try await withThrowingTaskGroup(of: Result?.self) { tasks in
    tasks.addTask {
      defer { listening.finish() }
      try await group.run()
      return nil
    }
    tasks.addTask {
      guard let port = await ports.first(where: { _ in true }) else { throw CancellationError() }
      let result = try await body(port) { await group.triggerGracefulShutdown() }
      await group.triggerGracefulShutdown()
      return result
    }
    var result: Result?
    while let finished = try await tasks.next() { result = finished ?? result }
    guard let result else { throw CancellationError() }
    return result
  }
}

@discardableResult
func withStatusServer<Result: Sendable>(
  _ source: FakeSource = FakeSource(), atlas: AtlasPage? = nil,
  configure: (inout StatusServerConfiguration) -> Void = { _ in },
  body: @escaping @Sendable (_ port: Int) async throws -> Result
) async throws -> Result {
  try await withStatusServer(source, atlas: atlas, configure: configure) { port, _ in try await body(port) }
}

/// An answer, parsed as far as tests need it.
struct RawAnswer: Sendable {
  var status: Int
  /// Names are in lower case; the last value wins.
  var headers: [String: String]
  var body: String

  init(_ text: String) {
    let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
    let lines = parts[0].split(separator: "\r\n")
    status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    headers = [:]
    for line in lines.dropFirst() {
      let field = line.split(separator: ":", maxSplits: 1)
      headers[field[0].lowercased()] = field.count > 1 ? String(field[1].drop { $0 == " " }) : ""
    }
    body = parts.count > 1 ? String(parts[1]) : ""
  }
}

/// A TCP connection that sends given bytes and returns what arrives.
enum RawHTTP {
  /// Sends one GET (or another method) on a new connection.
  static func get(
    _ path: String, port: Int, method: String = "GET", host: String? = "127.0.0.1", headers: [String] = []
  ) async throws -> RawAnswer {
    var lines = ["\(method) \(path) HTTP/1.1", "Connection: close"]
    if let host { lines.append("Host: \(host)") }
    return try await exchange(port: port, request: (lines + headers).joined(separator: "\r\n") + "\r\n\r\n")
  }

  static func exchange(port: Int, request: String) async throws -> RawAnswer {
    try await connect(port: port, request: request) { bytes in
      var text = ByteBuffer()
      for try await piece in bytes { text.writeImmutableBuffer(piece) }
      return RawAnswer(String(buffer: text))
    }
  }

  /// Sends a request and passes on the stream of the answer. The connection closes when `body` returns.
  static func connect<Result: Sendable>(
    port: Int, request: String, body: (NIOAsyncChannelInboundStream<ByteBuffer>) async throws -> Result
  ) async throws -> Result {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      try await outbound.write(ByteBuffer(string: request))
      return try await body(inbound)
    }
  }
}
