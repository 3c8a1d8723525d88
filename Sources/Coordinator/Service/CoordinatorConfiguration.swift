// autointerp
// What a coordinator is told at its start.
// SPDX-License-Identifier: Apache-2.0

package import ClusterTransport
internal import Foundation

/// Settings of a coordinator, every default written out.
package struct CoordinatorConfiguration: Sendable {
  /// Where workers and clients connect; port 0 is one of the system's choice.
  package var endpoint = "tcp://127.0.0.1:7645"
  package var security = ServerSecurity.plain()
  package var fleet = FleetSettings()
  package var socket = SocketOptions.router
  package var softwareVersion: String
  /// Deltas that are decoded at the same time: a core stays free for everything else.
  package var parallelDecodes = max(1, ProcessInfo.processInfo.activeProcessorCount - 1)
  /// Deltas that wait to be decoded; beyond it nothing more is read.
  package var maximumUndecodedBytes = 128 << 20
  /// How long a shutdown waits for writes that are on their way.
  package var shutdownGrace: Duration = .seconds(10)
  /// A finished run's aggregate leaves memory when nobody has needed it for this long.
  package var aggregateIdleTime: Duration = .seconds(600)
  /// Bytes of an export in one reply.
  package var exportPieceBytes = 4 << 20

  package init(softwareVersion: String) { self.softwareVersion = softwareVersion }
}
