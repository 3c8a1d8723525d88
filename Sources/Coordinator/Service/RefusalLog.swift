// autointerp
// `RefusalLog` counts and logs what the coordinator's socket refuses.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import ClusterTransport
internal import Logging
internal import Platform
internal import Synchronization

/// Counts every refusal, also by key, and logs as many as `RefusalThrottle` permits. Any thread may call it.
final class RefusalLog: Sendable {
  private struct State {
    var throttle = RefusalThrottle()
    /// Removed keys that were logged. Each is logged once.
    var removedKeys: Set<CurvePublicKey> = []
    var connectionsRefused: Int64 = 0
    var framesRefused: Int64 = 0
  }

  private let state = Mutex(State())
  let keys = KeyTally()
  private let clock: FleetClock
  private let logger: Logger

  init(clock: FleetClock, logger: Logger) {
    self.clock = clock
    self.logger = logger
  }

  /// The counts since the start.
  var counts: (connections: Int64, frames: Int64) {
    state.withLock { ($0.connectionsRefused, $0.framesRefused) }
  }

  func note(_ event: RouterEvent) {
    switch event {
    case .connectionRefused(let key, let address):
      state.withLock { $0.connectionsRefused += 1 }
      // Count by address, because anyone can make any number of keys.
      tell(
        "connections from \(address.harmless)", "Refused a connection: its key is not on the allow-list",
        ["address": "\(address.harmless)", "key": "\(key.map(\.text) ?? "none")"])
    case .removedKeySpoke(let key):
      let isNew = state.withLock { state in
        state.framesRefused += 1
        return state.removedKeys.insert(key).inserted
      }
      keys.count(key) { $0.framesRefused += 1 }
      if isNew {
        logger.warning("A connection is ignored: its key was removed from the allow-list", metadata: ["key": "\(key)"])
      }
    case .ignoredPeerSpoke:
      state.withLock { $0.framesRefused += 1 }
    }
  }

  /// Logs a frame that could not be read, or that this peer may not send.
  func note(frameOf peer: PeerID, reason: String) {
    state.withLock { $0.framesRefused += 1 }
    keys.count(peer) { $0.framesRefused += 1 }
    let name = Self.name(of: peer)
    tell(
      "frames of \(name)", "Refused a frame",
      ["peer": "\(name)", "reason": "\(reason.harmless(maximumBytes: 500))"])
  }

  /// Logs a request that is not answered because its client does not read the answers.
  func note(unread peer: PeerID) {
    state.withLock { $0.framesRefused += 1 }
    keys.count(peer) { $0.framesRefused += 1 }
    let name = Self.name(of: peer)
    tell(
      "requests of \(name) without an answer",
      "A client gets no answers until it has read the earlier ones", ["peer": "\(name)"])
  }

  func noteIgnored(_ peer: PeerID) {
    let name = Self.name(of: peer)
    tell(
      "peers that are ignored: \(name)", "A peer is ignored: too many of its frames were refused",
      ["peer": "\(name)"])
  }

  /// If an allowed key is removed again, it is logged again.
  func forget(_ allowed: AllowList) {
    state.withLock { state in state.removedKeys = state.removedKeys.filter { allowed.role(of: $0) == nil } }
  }

  /// Logs what was held back for a minute.
  func flush() {
    for (subject, untold) in state.withLock({ $0.throttle.overdue(now: clock.now) }) {
      logger.warning("More refusals", metadata: ["what": "\(subject)", "times": "\(untold)"])
    }
  }

  private func tell(_ subject: String, _ text: Logger.Message, _ metadata: Logger.Metadata) {
    guard let untold = state.withLock({ $0.throttle.admit(subject, now: clock.now) }) else { return }
    var metadata = metadata
    if untold > 0 { metadata["untold-before"] = "\(untold)" }
    logger.warning(text, metadata: metadata)
  }

  /// The peer's key or, without CURVE, its connection.
  private static func name(of peer: PeerID) -> String {
    peer.publicKey?.text
      ?? "connection "
      + peer.bytes.prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
