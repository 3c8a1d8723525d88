// autointerp
// `ComputedRules` says whether nodes get the scores of both rules or only of the chosen one.
// SPDX-License-Identifier: Apache-2.0

/// Which scores a graph's nodes get.
package enum ComputedRules: Sendable {
  case both
  /// Only the scores of the settings' rule, which saves a backward pass. Without RelP's scores, a graph does not know
  /// its node total and layer cuts; without both, it does not know how far a score can be trusted.
  case chosen

  /// How many backward passes are needed.
  package var count: Int { self == .both ? 2 : 1 }
}
