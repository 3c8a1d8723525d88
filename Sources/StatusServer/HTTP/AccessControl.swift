// autointerp
// `AccessControl` decides who may read the status port, by Host header, bearer token and session cookie.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

/// Decides whether a request is answered.
///
/// The token is only sent in the `Authorization` header. A browser exchanges it once for a cookie, whose value is a
/// keyed BLAKE2b of a fixed text with the token as the key. The cookie survives a restart of the coordinator, becomes
/// invalid when the token changes, and does not reveal the token. Digests of equal length are compared in constant
/// time.
struct AccessControl: Sendable {
  /// The name of the session cookie. All ports of a host share cookies, so the name contains the port.
  let cookieName: String
  private let tokenDigest: [UInt8]?
  private let session: String?
  private let acceptedHosts: Set<String>?

  init(configuration: StatusServerConfiguration) {
    cookieName = "autointerp_status_\(configuration.port)"
    tokenDigest = configuration.bearerToken.map { Digest.of(Array($0.utf8)) }
    session = tokenDigest.map { key in
      Digest.of(Array("autointerp status session 1".utf8), key: key).hexadecimal
    }
    if configuration.isLoopback || !configuration.allowedHosts.isEmpty {
      acceptedHosts = Set((configuration.allowedHosts + [configuration.host]).map { $0.lowercased() })
    } else {
      acceptedHosts = nil
    }
  }

  /// True if readers must present a token.
  var needsToken: Bool { tokenDigest != nil }

  /// True if the `Host` header (`name`, `name:port`, `[::1]:port`) names this server.
  func accepts(host: String) -> Bool {
    guard let acceptedHosts else { return true }
    guard let name = Self.name(ofHost: host)?.lowercased() else { return false }
    return StatusServerConfiguration.isLoopback(name) || acceptedHosts.contains(name)
  }

  /// True if `authorization` is `Bearer` and the token.
  func accepts(authorization: String) -> Bool {
    let parts = authorization.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return false }
    return accepts(token: parts[1])
  }

  func accepts(token: some StringProtocol) -> Bool {
    guard let tokenDigest else { return true }
    return Digest.of(Array(token.utf8)).equalsInConstantTime(tokenDigest)
  }

  /// True if one of the `Cookie` headers holds the token's session.
  func accepts(cookies: [String]) -> Bool {
    guard let session else { return true }
    for pair in cookies.flatMap({ $0.split(separator: ";") }) {
      let pair = pair.drop { $0 == " " }
      guard pair.hasPrefix(cookieName + "=") else { continue }
      let value = pair.dropFirst(cookieName.count + 1)
      if Digest.of(Array(value.utf8)).equalsInConstantTime(Digest.of(Array(session.utf8))) { return true }
    }
    return false
  }

  /// The `Set-Cookie` value that admits a browser.
  var setCookie: String {
    "\(cookieName)=\(session ?? ""); Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000"
  }

  /// The host without its port, or nil if it is malformed.
  static func name(ofHost host: String) -> String? {
    let end: String.Index
    if host.hasPrefix("[") {
      guard let bracket = host.firstIndex(of: "]") else { return nil }
      end = host.index(after: bracket)
    } else {
      end = host.firstIndex(of: ":") ?? host.endIndex
    }
    let name = host[..<end]
    let port = host[end...]
    guard !name.isEmpty, port.isEmpty || (port.first == ":" && UInt16(port.dropFirst()) != nil) else { return nil }
    return String(name)
  }
}
