// autointerp
// `ClusterConfiguration.Security` turns key files into the security of a socket.
// SPDX-License-Identifier: Apache-2.0

package import ClusterTransport

extension ClusterConfiguration.Security {
  /// The protection of a coordinator's socket.
  ///
  /// - Throws: `TransportError` if a key file or the allow-list cannot be used; `ConfigurationError` for an allow-list
  ///   without a key pair, because it is meant to keep others out and plain TCP would admit everybody.
  package func server() throws -> ServerSecurity {
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

  /// The allow-list's file; nil if there is none or it has no effect.
  package var reloadableAllowList: String? { keyFile.isEmpty || allow.isEmpty ? nil : allow }

  /// The protection of a worker's or client's socket.
  ///
  /// - Throws: `TransportError` if a key cannot be used; `ConfigurationError` if only one of the two keys is given.
  package func client() throws -> ClientSecurity {
    switch (keyFile.isEmpty, serverKey.isEmpty) {
    case (true, true):
      return .plain(insecure: insecure)
    case (false, false):
      return .curve(try KeyFile.readPair(keyFile), server: try KeyFile.publicKey(serverKey))
    case (true, false), (false, true):
      let (present, missing) = keyFile.isEmpty ? ("server_key", "key_file") : ("key_file", "server_key")
      throw ConfigurationError(
        file: "security", line: nil,
        message:
          "\(present) is given without \(missing): both are needed, this process's key pair and the coordinator's key")
    }
  }
}
