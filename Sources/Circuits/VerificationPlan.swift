// autointerp
// `VerificationPlan` says which nodes of a graph are verified, and `VerifiedChanges` says what they are changed to.
// SPDX-License-Identifier: Apache-2.0

/// Which nodes of a graph are verified. To verify a node, the metric is measured again with only this node changed.
package enum VerificationPlan: Hashable, Sendable {
  case none
  /// The strongest: this many beyond position 0 and this many at position 0.
  case strongest(later: Int, first: Int)
  /// This many of the strongest, at any position.
  case count(Int)
  case all
  /// As many as a budget allows, counted in layers times recomputed rows, so that the choice depends only on the
  /// prompt: a few of the strongest nodes and a random sample of the others, seeded by the prompt.
  case budget(rowLayers: Int)

  /// What `graph` does by default.
  package static let standard = VerificationPlan.strongest(later: 20, first: 5)
}

extension VerificationPlan: SettingText {
  package static let expectedText = "a number of nodes, N+M (beyond position 0, and at it), all or budget=ROWLAYERS"

  package var settingText: String {
    switch self {
    case .none: "0"
    case .strongest(let later, let first): "\(later)+\(first)"
    case .count(let count): "\(count)"
    case .all: "all"
    case .budget(let rowLayers): "budget=\(rowLayers)"
    }
  }

  package init?(settingText: String) {
    if settingText == "all" {
      self = .all
      return
    }
    let isBudget = settingText.hasPrefix("budget=")
    let parts = settingText.dropFirst(isBudget ? 7 : 0).split(separator: "+", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int32($0) }.filter { $0 >= 0 }.map { Int($0) }
    guard numbers.count == parts.count else { return nil }
    switch numbers.count {
    case 1 where isBudget: self = numbers[0] == 0 ? .none : .budget(rowLayers: numbers[0])
    case 1: self = numbers[0] == 0 ? .none : .count(numbers[0])
    case 2 where !isBudget: self = .strongest(later: numbers[0], first: numbers[1])
    default: return nil
    }
  }
}

/// To what a node is changed when it is verified.
package struct VerifiedChanges: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The node is removed.
  package static let zero = VerifiedChanges(rawValue: 1)
  package static let twice = VerifiedChanges(rawValue: 2)
  /// The neuron's mean over a reference corpus. `autointerp calibrate` stores it.
  package static let mean = VerifiedChanges(rawValue: 4)

  static let names: [(VerifiedChanges, String)] = [(.zero, "zero"), (.twice, "twice"), (.mean, "mean")]
}

extension VerifiedChanges: SettingText {
  package static let expectedText = "zero, twice or mean, or several of them separated by commas"

  package var settingText: String { Self.names.filter { contains($0.0) }.map(\.1).joined(separator: ",") }

  package init?(settingText: String) {
    var all: VerifiedChanges = []
    for word in settingText.split(separator: ",", omittingEmptySubsequences: false) {
      guard let change = Self.names.first(where: { $0.1 == word })?.0 else { return nil }
      all.insert(change)
    }
    self = all
  }
}
