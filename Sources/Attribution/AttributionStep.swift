// autointerp
// `AttributionStep` reports the progress of a graph's computation.
// SPDX-License-Identifier: Apache-2.0

/// One more layer of a pass is computed.
package struct AttributionStep: Sendable {
  package enum Stage: String, Sendable {
    case forward
    case nodes
    case edges
  }

  package var stage: Stage
  /// How many steps this stage takes in total.
  package var stepCount: Int
}
