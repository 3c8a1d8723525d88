// autointerp
// How far the computation of a graph has come.
// SPDX-License-Identifier: Apache-2.0

/// One more layer of a pass has been computed.
package struct AttributionStep: Sendable {
  package enum Stage: String, Sendable {
    case forward
    case nodes
    case edges
  }

  package var stage: Stage
  /// Steps that this stage takes in all.
  package var stepCount: Int
}
