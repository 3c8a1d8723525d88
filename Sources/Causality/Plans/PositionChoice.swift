// autointerp
// `PositionChoice` says at which positions of a prompt an intervention applies.
// SPDX-License-Identifier: Apache-2.0

/// The positions of a prompt at which neurons are changed.
package enum PositionChoice: Hashable, Sendable {
  case all
  case last
  /// All but the first, where some neurons store what no token needs.
  case notFirst
  case given([Int])

  /// The positions in a prompt of `tokens` tokens, in order.
  ///
  /// - Throws: `CausalityError.invalid` if a given position does not exist, or none is left.
  package func positions(tokens: Int) throws(CausalityError) -> [Int] {
    switch self {
    case .all: return Array(0..<tokens)
    case .last: return [tokens - 1]
    case .notFirst:
      guard tokens > 1 else {
        throw .invalid(name: "--positions not-first", value: "empty", expected: "a prompt of at least two tokens")
      }
      return Array(1..<tokens)
    case .given(let positions):
      for position in positions where !(0..<tokens).contains(position) {
        throw .invalid(name: "position", value: "\(position)", expected: "0 to \(tokens - 1) in this prompt")
      }
      return Set(positions).sorted()
    }
  }
}

extension PositionChoice: LosslessStringConvertible {
  package var description: String {
    switch self {
    case .all: "all"
    case .last: "last"
    case .notFirst: "not-first"
    case .given(let positions): positions.map(String.init).joined(separator: ",")
    }
  }

  /// Reads `all`, `last`, `not-first` or a list such as `0,3`. Returns nil for anything else.
  package init?(_ text: String) {
    switch text {
    case "all": self = .all
    case "last": self = .last
    case "not-first": self = .notFirst
    default:
      let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
      guard !numbers.isEmpty, numbers.allSatisfy({ $0.map { $0 >= 0 } ?? false }) else { return nil }
      self = .given(numbers.compactMap(\.self))
    }
  }
}
