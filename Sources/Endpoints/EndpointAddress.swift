// autointerp
// `EndpointAddress` checks the address of a chat-completions endpoint before anything is sent there.
// SPDX-License-Identifier: Apache-2.0

/// `http://host[:port][/path]` or `https://...`, with or without `/chat/completions` at the end.
struct EndpointAddress: Equatable, Sendable {
  private static let path = "/chat/completions"

  /// Where requests go.
  let url: String

  /// - Throws: `EndpointError.badURL`: another scheme, no host, a password, or a key that would cross a network in the clear.
  init(_ text: String, hasKey: Bool) throws(EndpointError) {
    let isPlain = text.lowercased().hasPrefix("http://")
    guard isPlain || text.lowercased().hasPrefix("https://") else {
      throw .badURL(text, problem: "the address must begin with http:// or https://")
    }
    guard text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F }), !text.contains("#") else {
      throw .badURL(text, problem: "the address has a character that addresses cannot have")
    }
    let rest = text.dropFirst(isPlain ? 7 : 8)
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard !authority.contains("@") else {
      throw .badURL("…", problem: "the address holds a name or password; put a key into AUTOINTERP_LLM_KEY instead")
    }
    guard !authority.isEmpty, !authority.hasPrefix(":") else { throw .badURL(text, problem: "the address has no host") }
    guard !(isPlain && hasKey) || Self.isThisMachine(authority) else {
      throw .badURL(
        text,
        problem: "the key would cross the network unencrypted: use https://, or remove the key from the environment")
    }
    guard !text.contains("?") else { throw .badURL(text, problem: "the address must have no query") }
    let base = String(text.reversed().drop { $0 == "/" }.reversed())
    url = base.hasSuffix(Self.path) ? base : base + Self.path
  }

  private static func isThisMachine(_ authority: Substring) -> Bool {
    if authority.hasPrefix("[") { return authority.hasPrefix("[::1]") }
    let host = authority.prefix { $0 != ":" }.lowercased()
    return host == "localhost" || host == "127.0.0.1"
  }
}
