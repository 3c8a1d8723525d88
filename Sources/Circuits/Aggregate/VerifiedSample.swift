// autointerp
// `VerifiedSample` is one randomly chosen node whose removal was measured.
// SPDX-License-Identifier: Apache-2.0

/// One node of a prompt's random sample, with its scores and the measured effect of its removal.
package struct VerifiedSample: Equatable, Sendable {
  package var layer: Int32
  package var isFirstPosition: Bool
  /// See `NeuronColumns.streamShare`.
  package var streamShare: Float
  package var relp: Float
  package var gradientScore: Float
  /// The node's contribution: the metric minus the metric without the node.
  package var contribution: Float

  package init(
    layer: Int32, isFirstPosition: Bool, streamShare: Float, relp: Float, gradientScore: Float, contribution: Float
  ) {
    self.layer = layer
    self.isFirstPosition = isFirstPosition
    self.streamShare = streamShare
    self.relp = relp
    self.gradientScore = gradientScore
    self.contribution = contribution
  }

  /// See `AttributionGraph.isSink`.
  package var isSink: Bool { isFirstPosition || streamShare >= AttributionGraph.sinkShare }

  package func score(_ rule: AttributionRule) -> Float { rule == .relp ? relp : gradientScore }
}

extension AttributionGraph {
  /// The verified nodes that were chosen at random, in the order of nodes. Only these tell how well scores agree with
  /// interventions in general, because the strongest nodes differ from the others.
  package var verifiedSamples: [VerifiedSample] {
    guard !verified.zero.isEmpty, hasBothRules else { return [] }
    return verified.neuron.indices.compactMap { k in
      guard verified.isSampled(at: k) else { return nil }
      let i = Int(verified.neuron[k])
      return VerifiedSample(
        layer: neurons.layer[i], isFirstPosition: neurons.position[i] == 0, streamShare: neurons.streamShare[i],
        relp: neurons.relp[i], gradientScore: neurons.gradientScore[i], contribution: -verified.zero[k])
    }
  }
}
