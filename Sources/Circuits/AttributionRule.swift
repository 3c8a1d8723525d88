// autointerp
// `AttributionRule` says how a node's score is computed; `NodeSelection` says which nodes a graph keeps.
// SPDX-License-Identifier: Apache-2.0

/// How the derivative of the metric with respect to a neuron is computed. The score is the derivative times the
/// activation.
package enum AttributionRule: String, Hashable, Sendable, CaseIterable {
  /// The derivative of RelP's conserved linear model. Scores add up exactly, but predict interventions poorly.
  case relp
  /// The true derivative. Scores do not add up, but predict the effect of removing a node.
  case gradient

  package var other: AttributionRule { self == .relp ? .gradient : .relp }
}

extension AttributionRule: SettingText {
  package static let expectedText = "relp or gradient"
  package var settingText: String { rawValue }
  package init?(settingText: String) { self.init(rawValue: settingText) }
}

/// Which neurons of a prompt become nodes of its graph, by their |score|.
package enum NodeSelection: Hashable, Sendable {
  /// The strongest that together hold this share of the |score| of all neurons.
  case share(Double)
  /// This many of the strongest.
  case top(Int)
  /// Those with at least this |score|, in the unit of the metric.
  case floor(Double)
  /// Those with at least this share of |metric|. 0 selects every neuron.
  case tau(Double)
}

extension NodeSelection: SettingText {
  package static let expectedText = "share=X (0 to 1), top=N, floor=X or tau=X (0 to 1)"

  package var settingText: String {
    switch self {
    case .share(let share): "share=\(share)"
    case .top(let count): "top=\(count)"
    case .floor(let floor): "floor=\(floor)"
    case .tau(let tau): "tau=\(tau)"
    }
  }

  package init?(settingText: String) {
    let parts = settingText.split(separator: "=", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let number = Double(parts[1])
    switch (parts[0], number) {
    case ("share", let share?) where share > 0 && share <= 1: self = .share(share)
    case ("floor", let floor?) where floor >= 0 && floor.isFinite: self = .floor(floor)
    case ("tau", let tau?) where tau >= 0 && tau <= 1: self = .tau(tau)
    case ("top", _):
      guard let count = Int32(parts[1]), count >= 1 else { return nil }
      self = .top(Int(count))
    default: return nil
    }
  }
}
