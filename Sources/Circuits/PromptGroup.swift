// autointerp
// `PromptGroup` names a set of prompts that is compared with others; `GroupColumn` says which count it adds to.
// SPDX-License-Identifier: Apache-2.0

/// A named set of prompts that is compared with others. Any number is possible; `domain` and `baseline` are the default two.
package struct PromptGroup: Hashable, Sendable {
  package let rawValue: String

  /// The domain under study.
  package static let domain = PromptGroup(valid: "domain")
  /// Everyday text to compare it with.
  package static let baseline = PromptGroup(valid: "baseline")

  /// The most characters of a name.
  package static let maximumLength = 40

  private init(valid name: String) { rawValue = name }

  /// Nil unless the name has 1 to 40 small ASCII letters, digits, `-` and `_`, a letter first: it becomes a key of exports
  /// and a label of metrics.
  package init?(rawValue: String) {
    let isLetter = { (byte: UInt8) in (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    guard rawValue.utf8.count <= Self.maximumLength, rawValue.utf8.first.map(isLetter) == true,
      rawValue.utf8.allSatisfy({
        isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
          || $0 == UInt8(ascii: "_")
      })
    else { return nil }
    self.rawValue = rawValue
  }

  /// Which of the counts that every edge has a prompt of this group adds to.
  var column: GroupColumn {
    switch self {
    case .domain: .domain
    case .baseline: .baseline
    default: .other
    }
  }
}

extension PromptGroup: CustomStringConvertible {
  package var description: String { rawValue }
}

/// The name that it had when there were two of them.
package typealias PromptOrigin = PromptGroup

/// The counts of prompts that each neuron and each edge has: millions of edges cannot have one for every group. The counts
/// of a neuron in any group follow from the prompts that it appears in.
enum GroupColumn: UInt32, Sendable, CaseIterable {
  case domain = 0
  case baseline = 1
  /// All other groups together.
  case other = 2
}
