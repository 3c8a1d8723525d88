// autointerp
// `ValidDelta` holds a delta that was validated, so that it is validated once and not at every step.
// SPDX-License-Identifier: Apache-2.0

/// A delta that passed `EdgeDelta.validate()`. It can be merged without overflow, and cannot be changed.
package struct ValidDelta: Equatable, Sendable {
  package let delta: EdgeDelta

  package var prompt: Int32 { delta.prompt }

  /// - Throws: `CircuitError.malformedGraph` with the first defect.
  /// - Complexity: O(nodes + edges)
  package init(_ delta: EdgeDelta) throws(CircuitError) {
    try delta.validate()
    self.delta = delta
  }
}
