// autointerp
// `RawPeer` is a peer that speaks ZMTP byte by byte, so that tests can break its rules.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform

@testable import ClusterTransport

/// A TCP connection to a router over which a test sends any bytes (ZMTP 3.0, ZeroMQ RFC 23). Its calls block for at
/// most ten seconds each, so run them through `onThread`.
final class RawPeer {
  struct Failure: Error { let operation: String }

  /// How the other side reacted.
  enum Reaction: Equatable {
    case closed
    /// It did not end the connection in time.
    case open
  }

  private let descriptor: Int32

  init(_ endpoint: Endpoint) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(endpoint.port)!.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var time = timeval(tv_sec: 10, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
    let status = withUnsafeBytes(of: &address) {
      connect(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
    guard status == 0 else { throw Failure(operation: "connect") }
  }

  deinit { close(descriptor) }

  /// Runs blocking calls outside the cooperative pool.
  static func onThread<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      do {
        try DedicatedThread.start(name: "raw-peer") { continuation.resume(with: Swift.Result(catching: body)) }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }

  /// Sends bytes. Returns false if the other side has closed the connection.
  @discardableResult
  func say(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Completes the NULL handshake. Anything sent before the other side is ready would break it off.
  func shakeHands() throws {
    say(Self.greeting(mechanism: "NULL") + Self.ready)
    _ = try hear(64)
    let head = try hear(2)
    _ = try hear(Int(head[1]))
  }

  private func hear(_ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    guard recv(descriptor, &bytes, count, Int32(MSG_WAITALL)) == count else { throw Failure(operation: "recv") }
    return bytes
  }

  /// Reads until the other side closes the connection or is silent for `time`.
  func reaction(within time: Duration) -> Reaction {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&wait, 1, time.wholeMilliseconds) > 0 else { return .open }
      if recv(descriptor, &bytes, bytes.count, 0) <= 0 { return .closed }
    }
  }

  /// The signature, version 3.0, the mechanism, and the client flag.
  static func greeting(mechanism: String) -> [UInt8] {
    let name = Array(mechanism.utf8)
    let padding = [UInt8](repeating: 0, count: 20 - name.count)
    return [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0] + name + padding + [0] + [UInt8](repeating: 0, count: 31)
  }

  /// The command that ends the NULL handshake.
  private static let ready: [UInt8] = {
    let name = Array("Socket-Type".utf8)
    let type = Array("DEALER".utf8)
    let command = [5] + Array("READY".utf8) + [UInt8(name.count)] + name + [0, 0, 0, UInt8(type.count)] + type
    return [4, UInt8(command.count)] + command
  }()

  /// The head of a frame with an 8-byte length. Flags: 1 for further parts, 4 for a command.
  static func head(flags: UInt8 = 0, byteCount: Int) -> [UInt8] {
    [flags | 2] + (0..<8).map { UInt8(truncatingIfNeeded: byteCount >> (56 - 8 * $0)) }
  }
}
