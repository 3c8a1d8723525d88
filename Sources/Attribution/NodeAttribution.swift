// autointerp
// `NodeAttribution` holds the total effects of the selected neurons and of all embeddings on the metric.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// The total effects of the selected neurons and of all embeddings on the metric, by both rules.
package struct NodeAttribution: Sendable {
  /// Sorted by layer, position and index. `gradient` follows the graph's rule.
  package var neurons = NeuronColumns()
  /// `dh/dgate` and `dh/dup` of each selected neuron in RelP's linear model.
  var gateFactors: [Float] = []
  var upFactors: [Float] = []
  /// The inverse rms before the MLP at each selected neuron's position.
  var inverses: [Float] = []
  /// `[tokens]`
  package var embeddingRelp: [Float] = []
  package var embeddingGradientScore: [Float] = []
  package var candidateCount = 0
  package var truncated = false
  /// The selected neurons' share of the |score| of all neurons.
  package var keptScoreShare = 1.0
  /// `[layers]`: the summed |score| of all neurons of each layer, up to the depth of the metric.
  var layerScores: [Float] = []
  var peaks = PeakActivations()
  /// The residuals of RelP's scores; see `ConservationResiduals`.
  package var nodeTotalResidual = 0.0
  package var layerCutResidual = 0.0
}
