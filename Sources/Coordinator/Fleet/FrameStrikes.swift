// autointerp
// When a peer is not listened to any more.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterTransport

/// Counts the refused frames of each connection. A peer of another version has one now and then; one that has a hundred in
/// a minute is broken or hostile, and only costs time.
struct FrameStrikes: Sendable {
  static let limit = 100
  private static let interval: Duration = .seconds(60)
  private static let capacity = 16_384

  private var strikes: [PeerID: (count: Int, since: Duration)] = [:]

  /// Counts a refused frame; true when it was one too many.
  mutating func add(_ peer: PeerID, now: Duration) -> Bool {
    if strikes[peer] == nil, strikes.count >= Self.capacity {
      strikes = strikes.filter { now - $0.value.since < Self.interval }
      if strikes.count >= Self.capacity { strikes = [:] }
    }
    var entry = strikes[peer] ?? (0, now)
    if now - entry.since >= Self.interval { entry = (0, now) }
    entry.count += 1
    strikes[peer] = entry.count < Self.limit ? entry : nil
    return entry.count >= Self.limit
  }
}
