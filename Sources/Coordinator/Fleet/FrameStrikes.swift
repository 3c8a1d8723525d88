// autointerp
// `FrameStrikes` decides when a peer has sent so many bad frames that it is ignored.
// SPDX-License-Identifier: Apache-2.0

package import ClusterTransport

/// Counts the refused frames of each sender. A peer of another version has one now and then; one that has a hundred in
/// a minute is broken or hostile, and only costs time.
package struct FrameStrikes: Sendable {
  static let limit = 100
  /// A delta without a lease, or one that breaks its contract, costs more than an unreadable frame.
  package static let deltaWeight = 5
  private static let interval: Duration = .seconds(60)
  private static let capacity = 16_384

  private var strikes: [PeerID.Sender: (count: Int, since: Duration)] = [:]

  package init() {}

  /// Counts a refused frame. Returns true if the peer must be ignored from now on.
  package mutating func add(_ peer: PeerID.Sender, weight: Int, now: Duration) -> Bool {
    if strikes[peer] == nil, strikes.count >= Self.capacity {
      strikes = strikes.filter { now - $0.value.since < Self.interval }
      if strikes.count >= Self.capacity { strikes = [:] }
    }
    var entry = strikes[peer] ?? (0, now)
    if now - entry.since >= Self.interval { entry = (0, now) }
    entry.count += weight
    strikes[peer] = entry.count < Self.limit ? entry : nil
    return entry.count >= Self.limit
  }
}
