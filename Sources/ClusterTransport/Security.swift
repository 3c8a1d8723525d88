// autointerp
// `ServerSecurity` and `ClientSecurity` say how a connection is protected; `PeerRole` says what a key allows.
// SPDX-License-Identifier: Apache-2.0

/// The protection of a bound socket.
package enum ServerSecurity: Sendable {
  /// CURVE: encrypted, and only listed keys may connect.
  case curve(CurveKeyPair, AllowList)
  /// No protection. Refused outside loopback unless `insecure`.
  case plain(insecure: Bool = false)

  /// Parses an endpoint and checks that this protection is permitted there.
  package func endpoint(_ text: String) throws(TransportError) -> Endpoint {
    let endpoint = try Endpoint(text)
    if case .plain(insecure: false) = self, !endpoint.isLoopback { throw .plainOffLoopback(endpoint: text) }
    return endpoint
  }
}

/// The protection of a connecting socket.
package enum ClientSecurity: Sendable {
  /// CURVE: encrypted, and the peer proves that it has the secret key of `server`.
  case curve(CurveKeyPair, server: CurvePublicKey)
  /// No protection. Refused outside loopback unless `insecure`.
  case plain(insecure: Bool = false)
}

/// What a peer's key allows it to do.
package enum PeerRole: String, Hashable, Sendable, CaseIterable {
  case worker
  case client
}
