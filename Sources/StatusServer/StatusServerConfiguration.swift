// autointerp
// Where the status port listens, who may read it, and its limits.
// SPDX-License-Identifier: Apache-2.0

/// Settings of the status port, every default written out.
package struct StatusServerConfiguration: Equatable, Sendable {
  /// Address to bind. Anything but loopback needs `allowRemote`.
  package var host = "127.0.0.1"
  /// Port to bind; 0 takes a free one, which `onListening` reports.
  package var port = 7646
  /// Readers must present this token as `Authorization: Bearer …` (browsers: a cookie made from it). Nil lets in
  /// everybody who can reach the port. `/healthz` and `/readyz` are always open.
  package var bearerToken: String?
  /// Where whoever reads these settings finds the token, when it is not in the environment; empty for nowhere.
  package var tokenFile = ""
  /// Permits binding to an address that other machines can reach.
  package var allowRemote = false
  /// Names besides the loopback ones that a `Host` header may carry, without port. On loopback the header is always
  /// checked, so that a page of another site cannot reach the port through a name it controls (DNS rebinding); on
  /// other addresses it is checked when this list is not empty.
  package var allowedHosts: [String] = []
  /// Time between looks at the state for each event stream; an event is sent when something changed.
  package var eventInterval: Duration = .seconds(1)
  /// An event stream that has been silent for this long sends a heartbeat.
  package var heartbeatInterval: Duration = .seconds(5)
  /// A snapshot of the state serves every reader for this long.
  package var snapshotLifetime: Duration = .milliseconds(250)
  /// A list of top neurons serves every reader who asks the same for this long: it takes a pass over all edges.
  package var neuronsLifetime: Duration = .seconds(2)
  /// Time between samples of the progress history at the start of a run; it doubles as the run gets long.
  package var historyInterval: Duration = .seconds(2)
  /// More simultaneous `/events` readers than this are answered 503.
  package var maximumEventStreams = 32
  /// Simultaneous connections. When they are all taken, a new one takes the place of the one that has been without a
  /// request for longest; when all have requests under way, it may still probe.
  package var maximumConnections = 256
  /// Simultaneous connections from one address, likewise.
  package var maximumConnectionsPerAddress = 64
  /// Connections beyond these bounds that may ask for `/healthz` and `/readyz`.
  package var reservedConnections = 16
  /// A new connection that has not sent the header of a request after this time is closed.
  package var headerTimeout: Duration = .seconds(5)
  /// A connection whose last request was answered this long ago is closed.
  package var idleTimeout: Duration = .seconds(60)
  /// Upper bound on the bytes of a request's header.
  package var maximumHeaderBytes = 16 * 1024
  /// Upper bound on `limit` of `/neurons`.
  package var maximumNeurons = 500
  /// Upper bound on `limit` times `edges` of `/neurons`.
  package var maximumNeuronEdges = 2500
  /// Quarantined prompts of a run that an event lists; `/status` lists all.
  package var maximumQuarantinedInEvents = 50
  /// Readers that have not taken their answers this long after shutdown began are cut off.
  package var shutdownGrace: Duration = .seconds(2)

  package init() {}

  /// True when only this machine can reach `host`.
  package var isLoopback: Bool { Self.isLoopback(host) }

  /// True for `localhost`, `127.0.0.0/8` and `::1`, with or without brackets.
  static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" || host == "[::1]" { return true }
    let octets = host.split(separator: ".", omittingEmptySubsequences: false)
    return octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0) != nil }
  }

  /// Refuses settings that could not work or would expose the port by accident.
  ///
  /// - Throws: ``StatusServerError/configuration(setting:problem:)``.
  package func validate() throws(StatusServerError) {
    guard !host.isEmpty else { throw .configuration(setting: "host", problem: "is empty") }
    guard (0...65535).contains(port) else {
      throw .configuration(setting: "port", problem: "is \(port), expected 0 to 65535")
    }
    guard isLoopback || allowRemote else {
      throw .configuration(
        setting: "host",
        problem: """
          is \(host), which other machines can reach; bind to 127.0.0.1 and use a tunnel or proxy, or allow remote \
          readers explicitly (and set a bearer token)
          """)
    }
    if let bearerToken {
      guard bearerToken.utf8.count >= 16, bearerToken.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        throw .configuration(
          setting: "bearer token",
          problem: "must be at least 16 visible ASCII characters without spaces, such as 64 hex digits")
      }
    }
    guard maximumConnectionsPerAddress > 0, reservedConnections > 0 else {
      throw .configuration(setting: "connections", problem: "need room for at least one an address and one probe")
    }
    guard maximumEventStreams > 0, maximumConnections > maximumEventStreams else {
      throw .configuration(
        setting: "maximum connections",
        problem: "is \(maximumConnections), expected more than the \(maximumEventStreams) event streams")
    }
  }
}
