// autointerp
// `ConnectionGuardTests` tests how long `ConnectionGuard` lets a connection wait, on a clock that the test moves.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import StatusServer

@Suite struct ConnectionGuardTests {
  /// A connection that has just been opened, whose guard waits 50 ms for a header and 2 s for the next request.
  private func connection(on loop: EmbeddedEventLoop) throws -> EmbeddedChannel {
    let guardian = ConnectionGuard(
      Connections(configuration: StatusServerConfiguration()), headerTimeout: .milliseconds(50),
      idleTimeout: .seconds(2))
    let channel = EmbeddedChannel(handler: guardian, loop: loop)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 7646)).wait()
    return channel
  }

  private func ask(_ channel: EmbeddedChannel) throws {
    let head = HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/healthz")
    try channel.writeInbound(HTTPRequestPart.head(head))
  }

  private func answer(_ channel: EmbeddedChannel) throws {
    try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
    try channel.writeOutbound(HTTPResponsePart.end(nil))
  }

  @Test func aHeaderThatDoesNotComeInTimeEndsTheConnection() throws {
    let loop = EmbeddedEventLoop()
    let channel = try connection(on: loop)
    loop.advanceTime(by: .milliseconds(49))
    #expect(channel.isActive)
    loop.advanceTime(by: .milliseconds(1))
    #expect(!channel.isActive)
  }

  @Test func anAnswerMayTakeAsLongAsItLikes() throws {
    let loop = EmbeddedEventLoop()
    let channel = try connection(on: loop)
    try ask(channel)
    loop.advanceTime(by: .hours(1))
    #expect(channel.isActive)
  }

  @Test func aConnectionIsUsedAgainUntilItIsIdleForTooLong() throws {
    let loop = EmbeddedEventLoop()
    let channel = try connection(on: loop)
    for _ in 0..<3 {
      try ask(channel)
      try answer(channel)
      loop.advanceTime(by: .milliseconds(1999))
      #expect(channel.isActive)
    }
    loop.advanceTime(by: .milliseconds(1))
    #expect(!channel.isActive)
  }
}
