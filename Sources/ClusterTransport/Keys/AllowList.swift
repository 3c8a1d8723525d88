// autointerp
// `AllowList` holds the public keys that may connect to the coordinator, each with its role.
// SPDX-License-Identifier: Apache-2.0

/// The public keys that a coordinator accepts, and their roles.
///
/// In a file, each line is `worker KEY [NAME]` or `client KEY [NAME]`. Empty lines and lines that start with `#` are
/// comments.
package struct AllowList: Sendable, Equatable {
  private var roles: [CurvePublicKey: PeerRole]
  /// For people.
  private var names: [CurvePublicKey: String] = [:]

  package init(_ roles: [CurvePublicKey: PeerRole] = [:]) { self.roles = roles }

  /// Reads the list from a file.
  package init(contentsOf path: String) throws(TransportError) {
    self.init()
    for (number, line) in try TextFile(path).lines.enumerated() {
      let words = TextFile.words(line)
      if words.isEmpty { continue }
      guard (2...3).contains(words.count), let role = PeerRole(rawValue: String(words[0])) else {
        throw .allowList(
          path: path, line: number + 1, reason: "expected 'worker KEY [NAME]' or 'client KEY [NAME]'")
      }
      let key: CurvePublicKey
      do { key = try CurvePublicKey(String(words[1])) } catch {
        throw .allowList(path: path, line: number + 1, reason: error.description)
      }
      if let earlier = roles[key], earlier != role {
        throw .allowList(path: path, line: number + 1, reason: "the key is listed as \(earlier.rawValue) above")
      }
      roles[key] = role
      if words.count == 3 { names[key] = String(words[2]) }
    }
  }

  /// The name that the list gives the key; nil if it gives none.
  package func name(of key: CurvePublicKey) -> String? { names[key] }

  package var count: Int { roles.count }

  package mutating func allow(_ key: CurvePublicKey, as role: PeerRole) { roles[key] = role }

  package func role(of key: CurvePublicKey) -> PeerRole? { roles[key] }
}
