// autointerp
// `Admission` decides from which keys the coordinator accepts frames.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterTransport

/// The allowed keys, and how many bad frames each sender has sent.
struct Admission: Sendable {
  /// Nil without CURVE: then everybody may connect.
  private var allowList: AllowList?
  private var strikes = FrameStrikes()

  init(_ security: ServerSecurity) {
    if case .curve(_, let allowList) = security { self.allowList = allowList }
  }

  /// Replaces the allow-list. Without CURVE it does nothing and returns false.
  mutating func replace(_ allowList: AllowList) -> Bool {
    guard self.allowList != nil else { return false }
    self.allowList = allowList
    return true
  }

  /// True if the peer's key is on the allow-list.
  func allows(_ peer: PeerID) -> Bool {
    guard let allowList else { return true }
    return peer.publicKey.map { allowList.role(of: $0) == .worker } ?? false
  }

  /// The name that the allow-list gives the peer's key; may be empty.
  func name(of peer: PeerID) -> String { peer.publicKey.map(name) ?? "" }

  func name(of key: CurvePublicKey) -> String { allowList?.name(of: key) ?? "" }

  /// Counts a refused frame. Returns true if the sender should be ignored for a while.
  mutating func strike(_ peer: PeerID, weight: Int, now: Duration) -> Bool {
    strikes.add(peer.sender, weight: weight, now: now)
  }
}
