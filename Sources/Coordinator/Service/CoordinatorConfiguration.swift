// autointerp
// `CoordinatorConfiguration` holds the settings of a coordinator with their defaults.
// SPDX-License-Identifier: Apache-2.0

package import ClusterTransport
internal import Foundation

/// The settings of a coordinator. All defaults are written out.
package struct CoordinatorConfiguration: Sendable {
  /// The address to which workers and clients connect. Port 0 means that the system chooses.
  package var endpoint = "tcp://127.0.0.1:7645"
  package var security = ServerSecurity.plain()
  package var fleet = FleetSettings()
  package var socket = SocketOptions.router
  package var softwareVersion: String
  /// How many deltas are decoded at the same time. One core stays free for everything else.
  package var parallelDecodes = max(1, ProcessInfo.processInfo.activeProcessorCount - 1)
  /// How many bytes of deltas may wait to be decoded. Beyond that nothing more is read.
  package var maximumUndecodedBytes = 128 << 20
  /// How long the coordinator ignores a key at an address that sent too many bad frames.
  package var ignoreTime: Duration = .seconds(600)
  /// How long a shutdown waits for writes in progress.
  package var shutdownGrace: Duration = .seconds(10)
  /// A finished run's aggregate leaves memory if nobody has needed it for this long.
  package var aggregateIdleTime: Duration = .seconds(600)
  /// How many bytes of an export one reply holds.
  package var exportPieceBytes = 4 << 20
  /// After this time a client that waits for a piece of an export gets an empty answer.
  package var exportPatience: Duration = .seconds(2)

  package init(softwareVersion: String) { self.softwareVersion = softwareVersion }
}
