// autointerp
// `ProtocolError` says why bytes are not a valid message.
// SPDX-License-Identifier: Apache-2.0

/// Why bytes from the network or from a run's file are not a message of this protocol. Field names are paths such as
/// `lease.fence.run`.
package enum ProtocolError: Error, Equatable, Sendable {
  /// It is not MessagePack, or it is cut off.
  case malformed(offset: Int, reason: String)
  /// It is larger, deeper or longer than permitted. This is found before anything is allocated.
  case tooLarge(what: String, limit: Int, found: Int)
  case unsupportedVersion(found: Int64, supported: Int)
  case unknownType(String)
  case missing(field: String)
  case wrongType(field: String, expected: String, found: String)
  /// It is well-formed, but no message may have this value.
  case invalid(field: String, reason: String)
}

extension ProtocolError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .malformed(let offset, let reason): "malformed frame at byte \(offset): \(reason)"
    case .tooLarge(let what, let limit, let found): "frame refused: \(what) is \(found), more than \(limit)"
    case .unsupportedVersion(let found, let supported):
      "the peer speaks protocol version \(found), this build speaks \(supported): install the same release on both"
    case .unknownType(let type): "unknown message type '\(type)'"
    case .missing(let field): "'\(field)' is missing"
    case .wrongType(let field, let expected, let found): "'\(field)' is \(found), expected \(expected)"
    case .invalid(let field, let reason): "'\(field)' \(reason)"
    }
  }
}
