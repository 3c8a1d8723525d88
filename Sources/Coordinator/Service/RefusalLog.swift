// autointerp
// Tells and counts what a coordinator's socket turns away.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import ClusterTransport
internal import Logging
internal import Synchronization

/// Counts everything, and logs it as often as `RefusalThrottle` lets it. From any thread.
final class RefusalLog: Sendable {
  private struct State {
    var throttle = RefusalThrottle()
    /// Removed keys that were told of: once each.
    var removedKeys: Set<CurvePublicKey> = []
    var connectionsRefused: Int64 = 0
    var framesRefused: Int64 = 0
  }

  private let state = Mutex(State())
  private let clock: FleetClock
  private let logger: Logger

  init(clock: FleetClock, logger: Logger) {
    self.clock = clock
    self.logger = logger
  }

  /// What came since the start.
  var counts: (connections: Int64, frames: Int64) {
    state.withLock { ($0.connectionsRefused, $0.framesRefused) }
  }

  func note(_ event: RouterEvent) {
    switch event {
    case .connectionRefused(let key, let address):
      state.withLock { $0.connectionsRefused += 1 }
      // The address tells who it is: keys can be made as many as one likes.
      tell(
        "connections from \(address.harmless)", "Refused a connection: its key is not on the allow-list",
        ["address": "\(address.harmless)", "key": "\(key.map(\.text) ?? "none")"])
    case .removedKeySpoke(let key):
      let isNew = state.withLock { state in
        state.framesRefused += 1
        return state.removedKeys.insert(key).inserted
      }
      if isNew {
        logger.warning("A connection whose key was removed is not listened to any more", metadata: ["key": "\(key)"])
      }
    case .ignoredPeerSpoke:
      state.withLock { $0.framesRefused += 1 }
    }
  }

  /// A frame could not be read, or may not come from this peer.
  func note(frameOf peer: PeerID, reason: String) {
    state.withLock { $0.framesRefused += 1 }
    let name = Self.name(of: peer)
    tell(
      "frames of \(name)", "Refused a frame",
      ["peer": "\(name)", "reason": "\(reason.harmless(maximumBytes: 500))"])
  }

  func noteIgnored(_ peer: PeerID) {
    let name = Self.name(of: peer)
    tell(
      "peers that are ignored: \(name)", "Too many frames of a peer were refused; nothing more is taken from it",
      ["peer": "\(name)"])
  }

  /// A key that is back on the list and removed again is told of again.
  func forget(_ allowed: AllowList) {
    state.withLock { state in state.removedKeys = state.removedKeys.filter { allowed.role(of: $0) == nil } }
  }

  /// Tells of what was not told for a minute.
  func flush() {
    for (subject, untold) in state.withLock({ $0.throttle.overdue(now: clock.now) }) {
      logger.warning("More was refused", metadata: ["what": "\(subject)", "times": "\(untold)"])
    }
  }

  private func tell(_ subject: String, _ text: Logger.Message, _ metadata: Logger.Metadata) {
    guard let untold = state.withLock({ $0.throttle.admit(subject, now: clock.now) }) else { return }
    var metadata = metadata
    if untold > 0 { metadata["untold-before"] = "\(untold)" }
    logger.warning(text, metadata: metadata)
  }

  /// The key, or without CURVE the connection.
  private static func name(of peer: PeerID) -> String {
    peer.publicKey?.text
      ?? "connection "
      + peer.bytes.prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
