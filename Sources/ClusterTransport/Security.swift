// autointerp
// How a socket and its peers know each other.
// SPDX-License-Identifier: Apache-2.0

/// What protects a bound socket.
package enum ServerSecurity: Sendable {
  /// CURVE: encrypted, and only keys of the list get in.
  case curve(CurveKeyPair, AllowList)
  /// Nothing. Refused off loopback unless `insecure`.
  case plain(insecure: Bool = false)

  /// The endpoint of this text, if what is spoken there may be protected like this.
  package func endpoint(_ text: String) throws(TransportError) -> Endpoint {
    let endpoint = try Endpoint(text)
    if case .plain(insecure: false) = self, !endpoint.isLoopback { throw .plainOffLoopback(endpoint: text) }
    return endpoint
  }
}

/// What protects a connecting socket.
package enum ClientSecurity: Sendable {
  /// CURVE: encrypted, and the peer proves that it has the secret of `server`.
  case curve(CurveKeyPair, server: CurvePublicKey)
  /// Nothing. Refused off loopback unless `insecure`.
  case plain(insecure: Bool = false)
}

/// What a peer's key entitles it to.
package enum PeerRole: String, Hashable, Sendable, CaseIterable {
  case worker
  case client
}
