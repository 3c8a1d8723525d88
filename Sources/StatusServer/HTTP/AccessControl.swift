// autointerp
// Who may read the status port: the Host header, the bearer token and the cookie made from it.
// SPDX-License-Identifier: Apache-2.0

import CSodium

/// Decides whether a request may be answered.
///
/// The token itself never leaves the `Authorization` header of a request: a browser exchanges it once for a cookie whose
/// value is a keyed BLAKE2b of a fixed text under the token. That survives a restart of the coordinator, dies with a
/// change of the token, and does not give the token away. Comparisons are of digests of equal length, in constant time.
struct AccessControl: Sendable {
  /// Name of the session cookie. Cookies are shared by all ports of a host, hence the port in the name.
  let cookieName: String
  private let tokenDigest: [UInt8]?
  private let session: String?
  private let acceptedHosts: Set<String>?

  init(configuration: StatusServerConfiguration) {
    cookieName = "autointerp_status_\(configuration.port)"
    tokenDigest = configuration.bearerToken.map { Self.digest($0.utf8) }
    session = tokenDigest.map { key in
      Self.hexadecimal(Self.digest("autointerp status session 1".utf8, key: key))
    }
    if configuration.isLoopback || !configuration.allowedHosts.isEmpty {
      acceptedHosts = Set((configuration.allowedHosts + [configuration.host]).map { $0.lowercased() })
    } else {
      acceptedHosts = nil
    }
  }

  /// True when readers have to present a token.
  var needsToken: Bool { tokenDigest != nil }

  /// True when the `Host` header (`name`, `name:port`, `[::1]:port`) names this server.
  func accepts(host: String) -> Bool {
    guard let acceptedHosts else { return true }
    guard let name = Self.name(ofHost: host)?.lowercased() else { return false }
    return StatusServerConfiguration.isLoopback(name) || acceptedHosts.contains(name)
  }

  /// True when `authorization` is `Bearer` and the token.
  func accepts(authorization: String) -> Bool {
    let parts = authorization.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return false }
    return accepts(token: parts[1])
  }

  func accepts(token: some StringProtocol) -> Bool {
    guard let tokenDigest else { return true }
    return Self.equal(Self.digest(token.utf8), tokenDigest)
  }

  /// True when one of the `Cookie` headers holds the session of the token.
  func accepts(cookies: [String]) -> Bool {
    guard let session else { return true }
    for pair in cookies.flatMap({ $0.split(separator: ";") }) {
      let pair = pair.drop { $0 == " " }
      guard pair.hasPrefix(cookieName + "=") else { continue }
      let value = pair.dropFirst(cookieName.count + 1)
      if Self.equal(Self.digest(value.utf8), Self.digest(session.utf8)) { return true }
    }
    return false
  }

  /// The `Set-Cookie` value that lets a browser in.
  var setCookie: String {
    "\(cookieName)=\(session ?? ""); Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000"
  }

  /// The host without its port; nil for a malformed one.
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

  private static func digest(_ text: some Collection<UInt8>, key: [UInt8] = []) -> [UInt8] {
    let bytes = [UInt8](text)
    var result = [UInt8](repeating: 0, count: 32)
    let code = crypto_generichash(&result, result.count, bytes, UInt64(bytes.count), key.isEmpty ? nil : key, key.count)
    precondition(code == 0, "BLAKE2b with 32 bytes of output and at most 64 of key cannot fail")
    return result
  }

  private static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    a.count == b.count && sodium_memcmp(a, b, a.count) == 0
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
