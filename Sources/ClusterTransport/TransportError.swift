// autointerp
// `TransportError` says what went wrong with a socket, a key or an endpoint.
// SPDX-License-Identifier: Apache-2.0

package enum TransportError: Error, Equatable, Sendable {
  /// A ZeroMQ call failed; `reason` is the system's text.
  case system(operation: String, reason: String)
  case invalidEndpoint(String, reason: String)
  /// Unprotected TCP to or from another machine, without `insecure`.
  case plainOffLoopback(endpoint: String)
  case invalidKey(String)
  case unsafeKeyFile(path: String, mode: UInt32)
  case keyFile(path: String, reason: String)
  case allowList(path: String, line: Int, reason: String)
  case frameTooLarge(bytes: Int, limit: Int)
  /// The socket or its loop is closed.
  case closed
}

extension TransportError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .system(let operation, let reason): "\(operation): \(reason)"
    case .invalidEndpoint(let endpoint, let reason):
      "'\(endpoint)' is not an endpoint: \(reason) (expected tcp://HOST:PORT)"
    case .plainOffLoopback(let endpoint):
      """
      \(endpoint) is not on loopback and the connection would be neither encrypted nor authenticated: make keys with \
      'autointerp keygen', or set insecure if everyone on that network may use this fleet
      """
    case .invalidKey(let what): "\(what) is not a CURVE key (40 characters of Z85)"
    case .unsafeKeyFile(let path, let mode):
      "\(path) holds a secret key and has mode 0\(String(mode, radix: 8)): run 'chmod 600 \(path)'"
    case .keyFile(let path, let reason): "\(path): \(reason)"
    case .allowList(let path, let line, let reason): "\(path):\(line): \(reason)"
    case .frameTooLarge(let bytes, let limit): "a frame of \(bytes) bytes is larger than the limit of \(limit)"
    case .closed: "the socket is closed"
    }
  }
}
