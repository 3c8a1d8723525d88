// autointerp
// From key files to the security of a socket.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterTransport

extension ClusterConfiguration.Security {
  /// What protects a coordinator's socket.
  ///
  /// - Throws: `TransportError` when a key file or the allow-list cannot be used; `ConfigurationError` for an allow-list
  ///   without a key pair: whoever lists keys wants nobody else in, and plain TCP would let everybody in.
  func server() throws -> ServerSecurity {
    guard !keyFile.isEmpty else {
      guard allow.isEmpty else {
        throw ConfigurationError(
          file: "security", line: nil,
          message: """
            allow is given without key_file: without the coordinator's own key pair (autointerp keygen NAME --role \
            coordinator) there is no encryption, and nobody would be kept out
            """)
      }
      return .plain(insecure: insecure)
    }
    let allowed = allow.isEmpty ? AllowList() : try AllowList(contentsOf: allow)
    return .curve(try KeyFile.readPair(keyFile), allowed)
  }

  /// The file of the allow-list, nil when there is none or it is of no use.
  var reloadableAllowList: String? { keyFile.isEmpty || allow.isEmpty ? nil : allow }

  /// What protects the socket of a worker or client.
  ///
  /// - Throws: `TransportError` when a key cannot be used; `ConfigurationError` when only one of two is there.
  func client() throws -> ClientSecurity {
    switch (keyFile.isEmpty, serverKey.isEmpty) {
    case (true, true):
      return .plain(insecure: insecure)
    case (false, false):
      return .curve(try KeyFile.readPair(keyFile), server: try KeyFile.publicKey(serverKey))
    case (true, false), (false, true):
      let (present, missing) = keyFile.isEmpty ? ("server_key", "key_file") : ("key_file", "server_key")
      throw ConfigurationError(
        file: "security", line: nil,
        message: "\(present) is given without \(missing): both are needed, the own key pair and the coordinator's key")
    }
  }
}
