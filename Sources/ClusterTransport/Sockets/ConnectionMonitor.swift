// autointerp
// `ConnectionMonitor` reports when a socket's connection is made, refused or lost.
// SPDX-License-Identifier: Apache-2.0

internal import CZeroMQ
internal import Synchronization

/// What happened to a dealer's connection.
package enum ConnectionEvent: Equatable, Sendable {
  /// It is connected and, with CURVE, both sides are authenticated.
  case connected
  /// It was lost or could not be made. ZeroMQ keeps trying.
  case disconnected
  /// The peer does not accept our key. ZeroMQ stops trying (see `DealerSocket.reconnect`).
  case keyRefused
  /// The peer is not the expected one: it has another key, no CURVE, or is not ZeroMQ. ZeroMQ may stop trying.
  case handshakeFailed
}

/// Monitors one socket, on the same loop.
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

  /// Reads the first part of a monitor's message: the event's number and value, in host byte order.
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
