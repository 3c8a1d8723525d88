// autointerp
// `StatusAddress` takes the URL of a status port apart.
// SPDX-License-Identifier: Apache-2.0

/// The parts of `http://host[:port][/prefix]`.
///
/// Foundation's URLs would need ICU's tables of domain names, which statically built programs are without.
struct StatusAddress: Equatable {
  /// Without the brackets of an IPv6 address.
  let host: String
  let port: Int
  /// Without a slash at its end; empty if there is none.
  let path: String

  /// The header `Host`.
  var authority: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

  /// - Throws: ``StatusClientError/badURL(_:problem:)``.
  init(url: String) throws(StatusClientError) {
    func bad(_ problem: String) -> StatusClientError { .badURL(url, problem: problem) }
    let notURL = bad("not a URL; expected something like http://127.0.0.1:7646")
    guard let scheme = url.firstRange(of: "://") else { throw notURL }
    guard url[..<scheme.lowerBound].lowercased() == "http" else {
      throw bad("only http is spoken here; reach a remote port through an SSH tunnel")
    }
    let rest = url[scheme.upperBound...]
    guard !rest.contains("?"), !rest.contains("#"), !rest.contains("@") else {
      throw bad("expected neither user nor query in it")
    }
    let authority = rest.prefix { $0 != "/" }
    let path = rest[authority.endIndex...]
    self.path = String(path.hasSuffix("/") ? path.dropLast() : path)
    let isIPv6 = authority.hasPrefix("[")
    let hostEnd = isIPv6 ? authority.firstIndex(of: "]") : authority.firstIndex(of: ":") ?? authority.endIndex
    guard let hostEnd else { throw notURL }
    host = String(isIPv6 ? authority[authority.startIndex..<hostEnd].dropFirst() : authority[..<hostEnd])
    let after = isIPv6 ? authority[hostEnd...].dropFirst() : authority[hostEnd...]
    guard !host.isEmpty, rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw notURL }
    if after.isEmpty {
      port = 80
    } else {
      guard after.hasPrefix(":"), let port = UInt16(after.dropFirst()), port > 0 else {
        throw bad("expected a port from 1 to 65535 after the host")
      }
      self.port = Int(port)
    }
  }
}
