// autointerp
// `NodePositions` says at which positions neurons may become nodes of a graph.
// SPDX-License-Identifier: Apache-2.0

/// The positions at which neurons are selected.
///
/// At the first position a few neurons with massive activations store what no token needs. They take places among the
/// strongest nodes, and no score predicts their removal. A graph without them says nothing about them: what passes
/// through them counts as not kept.
package enum NodePositions: String, Hashable, Sendable {
  case all
  /// All but the first.
  case beyondFirst = "beyond-first"
}

extension NodePositions: SettingText {
  package static let expectedText = "all or beyond-first"

  package var settingText: String { rawValue }

  package init?(settingText: String) { self.init(rawValue: settingText) }
}
