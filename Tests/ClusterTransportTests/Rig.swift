// autointerp
// `Rig` sets up a router and dealers on loopback for tests of sockets.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ClusterTransport

/// A loop with a bound router. Dealers get their own loop, as in another process.
struct Rig {
  let serverLoop: SocketLoop
  let clientLoop: SocketLoop
  let router: RouterSocket
  let endpoint: Endpoint

  init(
    security: ServerSecurity = .plain(), options: SocketOptions = .router,
    onEvent: (@Sendable (RouterEvent) -> Void)? = nil
  ) async throws {
    serverLoop = try SocketLoop()
    clientLoop = try SocketLoop()
    router = RouterSocket(loop: serverLoop, options: options, onEvent: onEvent)
    endpoint = try await router.bind("tcp://127.0.0.1:0", security: security)
  }

  func dealer(
    security: ClientSecurity = .plain(), options: SocketOptions = .dealer,
    onEvent: (@Sendable (ConnectionEvent) -> Void)? = nil
  ) async throws -> DealerSocket {
    // Do not wait for frames that a refused dealer still has.
    var options = options
    options.linger = .zero
    let dealer = DealerSocket(loop: clientLoop, options: options, onEvent: onEvent)
    try await dealer.connect(endpoint.description, security: security)
    return dealer
  }

  func close() async {
    await serverLoop.shutDown()
    await clientLoop.shutDown()
  }
}

/// The events of a connection, to await in order.
func connectionEvents() -> (AsyncStream<ConnectionEvent>, @Sendable (ConnectionEvent) -> Void) {
  let (stream, continuation) = AsyncStream.makeStream(of: ConnectionEvent.self)
  return (stream, { continuation.yield($0) })
}

/// What a router refused, to await in order.
func routerEvents() -> (AsyncStream<RouterEvent>, @Sendable (RouterEvent) -> Void) {
  let (stream, continuation) = AsyncStream.makeStream(of: RouterEvent.self)
  return (stream, { continuation.yield($0) })
}
