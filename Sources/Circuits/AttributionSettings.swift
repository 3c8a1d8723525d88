// autointerp
// `AttributionSettings` holds the settings that determine what a graph contains.
// SPDX-License-Identifier: Apache-2.0

/// Everything besides model and tokens that determines what an attribution graph contains.
///
/// Two workers with equal settings, model and BLAS kernel compute the same bits.
///
/// The defaults agree best with interventions: the log probability of the most probable token, and scores by the true
/// gradient. (The sum of the largest logits mostly follows a shift of all logits, which changes no probability.) A
/// number of nodes works for every metric; a share of |metric| fails where log p is close to 0.
package struct AttributionSettings: Hashable, Sendable {
  package var metric: MetricSpecification = .logProbability([])
  /// The position whose logits are traced. Nil means the last one.
  package var position: Int? = nil
  /// The rule of the scores that select and rank nodes. The other rule's scores are computed as well.
  package var rule: AttributionRule = .gradient
  package var selection: NodeSelection = .top(200)
  /// Where neurons are selected.
  package var positions: NodePositions = .all
  /// An edge is kept if `|flow| >= edgeThreshold * scale`; 0 keeps every edge. The scale is |metric| for sums of
  /// logits, else the summed |score| of the selected neurons.
  package var edgeThreshold: Double = 0.0005
  /// If more neurons than this are selected, those with the largest |score| are kept. 0 means no cap.
  package var maximumNodeCount: Int = 500
  /// Which nodes are verified by intervention. The budget is about a tenth of the cost of a graph.
  package var verification: VerificationPlan = .budget(rowLayers: 1000)
  /// How many of the strongest activations of all neurons are reported beside the graph; see `PeakActivations`.
  package var peakCount: Int = 0
  /// What verified nodes are changed to.
  package var verifiedChanges: VerifiedChanges = .zero
  /// The largest number of edge-sweep rows that are in memory at once (each takes a few kilobytes).
  package var maximumSweepRows: Int = 4096

  package init() {}

  /// The defaults of runs, whose statistics also count how often neurons fire.
  package static var ofRuns: AttributionSettings {
    var settings = AttributionSettings()
    settings.peakCount = 1000
    return settings
  }
}
