// autointerp
// `PeerID` names a connection of a router, with its key and its address.
// SPDX-License-Identifier: Apache-2.0

/// Names a connection of a router. A peer that connects again gets a new one.
package struct PeerID: Hashable, Sendable {
  /// ZeroMQ's name of the connection. A peer may choose it, so it may equal the name of a closed connection.
  package var bytes: [UInt8]
  /// The authenticated key, which a peer cannot choose. Nil without CURVE.
  package var publicKey: CurvePublicKey?
  /// The network address of the other end. Empty if not known.
  package var address: String

  package init(bytes: [UInt8], publicKey: CurvePublicKey? = nil, address: String = "") {
    self.bytes = bytes
    self.publicKey = publicKey
    self.address = address
  }

  /// The unit to which limits apply: a key at an address, since the machines of a fleet may share a key. Without CURVE,
  /// a single connection.
  package enum Sender: Hashable, Sendable {
    case key(CurvePublicKey, address: String)
    case connection([UInt8])
  }

  package var sender: Sender { publicKey.map { .key($0, address: address) } ?? .connection(bytes) }
}
