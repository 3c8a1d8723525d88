// autointerp
// Tells of connections made, refused and lost.
// SPDX-License-Identifier: Apache-2.0

internal import CZeroMQ
internal import Synchronization

/// What happened to the connection of a dealer.
package enum ConnectionEvent: Equatable, Sendable {
  /// Connected and, with CURVE, mutually authenticated.
  case connected
  /// Lost, or not made; ZeroMQ goes on trying.
  case disconnected
  /// The peer does not accept our key; ZeroMQ gives up (see `DealerSocket.reconnect`).
  case keyRefused
  /// The peer is not what we expect: another key than the one we know, no CURVE, or not ZeroMQ at all; ZeroMQ may
  /// give up.
  case handshakeFailed
}

/// The monitor of one socket, on the same loop.
final class ConnectionMonitor: Sendable {
  private static let count = Atomic<Int>(0)
  private let socket: ZeroMQSocket

  init(
    _ monitored: ZeroMQSocket, on core: SocketLoopCore, _ onEvent: @escaping @Sendable (ConnectionEvent) -> Void
  ) throws(TransportError) {
    let number = Self.count.add(1, ordering: .relaxed).newValue
    let endpoint = "inproc://monitor-\(number)"
    let events =
      ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
      | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
    guard zmq_socket_monitor(monitored.pointer, endpoint, events) == 0 else {
      throw .zeroMQ("cannot monitor the socket")
    }
    let socket = try ZeroMQSocket(on: core, type: ZMQ_PAIR)
    self.socket = socket
    do {
      try socket.set(ZMQ_LINGER, Int32(0))
      try socket.connect(endpoint)
    } catch {
      socket.close()
      throw error
    }
    socket.onReady = { [unowned socket] _, _ in
      while let parts = socket.receive() {
        if let event = Self.event(parts[0].bytes) { onEvent(event) }
      }
    }
  }

  func close() { socket.close() }

  /// The first part of a monitor's message is the event's number and its value, both in host order.
  private static func event(_ bytes: [UInt8]) -> ConnectionEvent? {
    guard bytes.count == 6 else { return nil }
    switch Int32(bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt16.self) }) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return .connected
    case ZMQ_EVENT_DISCONNECTED: return .disconnected
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return .keyRefused
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: return .handshakeFailed
    default: return nil
    }
  }
}
