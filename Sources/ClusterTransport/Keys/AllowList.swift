// autointerp
// Which keys get in, and as what.
// SPDX-License-Identifier: Apache-2.0

/// The public keys that a coordinator accepts, each with its role.
///
/// As a file: a line `worker KEY [NAME]` or `client KEY [NAME]` each; empty lines and lines that start with `#` and a
/// blank are comments.
package struct AllowList: Sendable, Equatable {
  private var roles: [CurvePublicKey: PeerRole]

  package init(_ roles: [CurvePublicKey: PeerRole] = [:]) { self.roles = roles }

  /// Reads a file.
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
    }
  }

  package var count: Int { roles.count }

  package mutating func allow(_ key: CurvePublicKey, as role: PeerRole) { roles[key] = role }

  package func role(of key: CurvePublicKey) -> PeerRole? { roles[key] }
}
