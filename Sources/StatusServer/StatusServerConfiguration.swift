// autointerp
// `StatusServerConfiguration` says where the status port listens, who may read it, and its limits.
// SPDX-License-Identifier: Apache-2.0

/// The settings of the status port. All defaults are written out.
package struct StatusServerConfiguration: Equatable, Sendable {
  /// The address to bind. Any address but loopback needs `allowRemote`.
  package var host = "127.0.0.1"
  /// The port to bind. 0 means any free port, which `onListening` reports.
  package var port = 7646
  /// The token that readers must present as `Authorization: Bearer …` (browsers: a cookie made from it). With nil,
  /// everybody who reaches the port may read it. `/healthz` and `/readyz` are always open.
  package var bearerToken: String?
  /// The file from which the token is read if the environment has none; empty for no file.
  package var tokenFile = ""
  /// Permits an address that other machines can reach.
  package var allowRemote = false
  /// Names, without port, that a `Host` header may have besides the loopback names. On loopback the header is always
  /// checked, so that another site's page cannot reach the port through a name it controls (DNS rebinding). On other
  /// addresses it is checked if this list is not empty.
  package var allowedHosts: [String] = []
  /// How often each event stream looks at the state. An event is sent if something changed.
  package var eventInterval: Duration = .seconds(1)
  /// An event stream that was silent for this long sends a heartbeat.
  package var heartbeatInterval: Duration = .seconds(5)
  /// How long a snapshot of the state serves all readers.
  package var snapshotLifetime: Duration = .milliseconds(250)
  /// How long a list of top neurons serves all readers that ask the same, because it takes a pass over all edges.
  package var neuronsLifetime: Duration = .seconds(2)
  /// The time between samples of the progress history at the start of a run. It doubles as the run gets longer.
  package var historyInterval: Duration = .seconds(2)
  /// Further readers of `/events` are answered with 503.
  package var maximumEventStreams = 32
  /// The largest number of connections. If all are taken, a new one replaces the one that has had no request for the
  /// longest time. If all have requests in progress, a new one may only probe.
  package var maximumConnections = 256
  /// The largest number of connections from one address, handled likewise.
  package var maximumConnectionsPerAddress = 64
  /// How many connections beyond these bounds may ask for `/healthz` and `/readyz`.
  package var reservedConnections = 16
  /// A new connection that has sent no request header after this time is closed.
  package var headerTimeout: Duration = .seconds(5)
  /// A connection is closed this long after its last answer.
  package var idleTimeout: Duration = .seconds(60)
  /// The largest request header, in bytes.
  package var maximumHeaderBytes = 16 * 1024
  /// The largest `limit` of `/neurons`.
  package var maximumNeurons = 500
  /// The largest `limit` times `edges` of `/neurons`.
  package var maximumNeuronEdges = 2500
  /// How many quarantined prompts of a run an event lists. `/status` lists all.
  package var maximumQuarantinedInEvents = 50
  /// Readers that have not read their answers this long after shutdown began are cut off.
  package var shutdownGrace: Duration = .seconds(2)

  package init() {}

  /// True if only this machine can reach `host`.
  package var isLoopback: Bool { Self.isLoopback(host) }

  /// True for `localhost`, `127.0.0.0/8` and `::1`, with or without brackets.
  static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" || host == "[::1]" { return true }
    let octets = host.split(separator: ".", omittingEmptySubsequences: false)
    return octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0) != nil }
  }

  /// Refuses settings that cannot work or would expose the port by accident.
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
      throw .configuration(
        setting: "connections", problem: "must allow at least one for each address and one for probes")
    }
    guard maximumEventStreams > 0, maximumConnections > maximumEventStreams else {
      throw .configuration(
        setting: "maximum connections",
        problem: "is \(maximumConnections), expected more than the \(maximumEventStreams) event streams")
    }
  }
}
