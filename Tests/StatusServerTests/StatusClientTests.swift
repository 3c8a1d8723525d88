// autointerp
// `StatusClientTests` tests `StatusClient` against real ports.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol
import Console
import Glibc
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import StatusServer

@Suite struct StatusClientTests {
  @Test(arguments: [nil, "0123456789abcdef"])
  func theStateArrivesAsItWasServed(token: String?) async throws {
    let status = try await withStatusServer(configure: { $0.bearerToken = token }) { port in
      try await StatusClient(url: "http://127.0.0.1:\(port)/", token: token).status()
    }
    #expect(status == .sample())
  }

  @Test func aMissingTokenIsExplained() async throws {
    try await withStatusServer(configure: { $0.bearerToken = "0123456789abcdef" }) { port in
      let client = try StatusClient(url: "http://localhost:\(port)", token: nil)
      await #expect {
        _ = try await client.status()
      } throws: { error in
        "\(error)".contains("AUTOINTERP_STATUS_TOKEN")
      }
    }
  }

  @Test func aPortThatNobodyListensOnIsUnreachable() async throws {
    let (socket, port) = try Self.boundSocket()
    defer { close(socket) }
    let client = try StatusClient(url: "http://127.0.0.1:\(port)", token: nil)
    await #expect {
      _ = try await client.status()
    } throws: { error in
      guard case StatusClientError.unreachable = error else { return false }
      return "\(error)".contains("is the coordinator running?")
    }
  }

  /// A TCP socket that is bound but does not listen: its port refuses connections, and nobody else can take it.
  private static func boundSocket() throws -> (socket: Int32, port: Int) {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
      }
    }
    try #require(isBound)
    return (socket, Int(UInt16(bigEndian: address.sin_port)))
  }

  @Test(arguments: [
    "not http at all\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "",
    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
  ])
  func anythingElseThatAnswersIsNotMistakenForAStatusPort(answer: String) async throws {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    let port = try #require(server.channel.localAddress?.port)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await server.executeThenClose { connections in
          for try await connection in connections {
            try await connection.executeThenClose { inbound, outbound in
              var bytes = inbound.makeAsyncIterator()
              _ = try await bytes.next()
              if !answer.isEmpty { try await outbound.write(ByteBuffer(string: answer)) }
            }
          }
        }
      }
      let client = try StatusClient(url: "http://127.0.0.1:\(port)", token: nil)
      await #expect(throws: StatusClientError.self) { _ = try await client.status() }
      group.cancelAll()
    }
  }

  @Test(arguments: ["https://localhost", "localhost:7646", "", "http://", "http://user@host", "http://host/?token=x"])
  func urlsThatCannotBeUsedAreRefused(url: String) {
    #expect(throws: StatusClientError.self) { _ = try StatusClient(url: url, token: nil) }
  }
}
