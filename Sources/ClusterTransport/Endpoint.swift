// autointerp
// `Endpoint` is the TCP address at which a socket binds or to which it connects.
// SPDX-License-Identifier: Apache-2.0

/// A ZeroMQ TCP endpoint, `tcp://HOST:PORT`. `*` as the port means that the system chooses; as the host it means all
/// IPv4 interfaces. Names stand for IPv4 addresses; IPv6 addresses are written in brackets.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  package let host: String
  package private(set) var port: String

  package init(_ text: String) throws(TransportError) {
    guard text.hasPrefix("tcp://") else { throw .invalidEndpoint(text, reason: "only tcp is supported") }
    let address = text.dropFirst(6)
    guard let colon = address.lastIndex(of: ":") else { throw .invalidEndpoint(text, reason: "the port is missing") }
    let host = address[..<colon]
    let port = address[address.index(after: colon)...]
    guard port == "*" || UInt16(port) != nil else { throw .invalidEndpoint(text, reason: "'\(port)' is not a port") }
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
    guard !host.isEmpty, isBracketed || !host.contains(":"), !host.contains(where: \.isWhitespace),
      !host.contains(";"), !host.contains("/")
    else { throw .invalidEndpoint(text, reason: "'\(host)' is not a host") }
    self.host = String(host)
    self.port = String(port)
  }

  package var description: String { "tcp://\(host):\(port)" }

  func with(port: String) -> Endpoint {
    var copy = self
    copy.port = port
    return copy
  }

  var isIPv6: Bool { host.hasPrefix("[") }

  /// True if the other end must be on this machine.
  package var isLoopback: Bool {
    if host == "localhost" || host == "[::1]" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
