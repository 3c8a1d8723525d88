// autointerp
// The settings that decide what a graph contains.
// SPDX-License-Identifier: Apache-2.0

/// Everything besides model and tokens that decides what an attribution graph contains.
///
/// Two workers with equal settings, model and BLAS kernel compute the same bits.
package struct AttributionSettings: Hashable, Sendable {
  package var metric: MetricSpecification = .topLogits(count: 5)
  /// The position whose logits are traced; nil is the last one.
  package var position: Int? = nil
  /// A neuron is selected when `|relp| >= tau * |metric|`; 0 selects every neuron.
  package var tau: Double = 0.005
  /// An edge is kept when `|flow| >= edgeThreshold * |metric|`; 0 keeps every edge.
  package var edgeThreshold: Double = 0.0005
  /// The largest |relp| are kept when more neurons than this pass `tau`; 0 is no cap.
  package var maximumNodeCount: Int = 500
  /// Upper bound on the rows of the edge sweep that are in memory at once (each takes a few kilobytes).
  package var maximumSweepRows: Int = 4096

  package init() {}
}
