// autointerp
// `RelevancePropagation.agreement` measures how well the scores of one prompt agree with interventions.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// How well the scores of one prompt agree with interventions.
package struct PromptAgreement: Sendable {
  package var metric: Metric.Kind
  /// A random sample of the selected nodes.
  package var random: [VerifiedSample]
  /// The strongest nodes beyond position 0.
  package var strongest: [VerifiedSample]
}

extension RelevancePropagation {
  /// Scores a prompt's nodes and removes some of them. No edges are computed.
  ///
  /// - Parameters:
  ///   - tokens: the prompt.
  ///   - settings: metric, rule and selection; the verification is this method's own.
  ///   - strongestCount: nodes beyond position 0, by |score|.
  ///   - rowLayers: budget of the random sample.
  ///   - sums: takes the prompt's activations.
  /// - Returns: both groups, in the order of nodes.
  /// - Throws: as `graph`.
  package func agreement(
    of tokens: [Int32], settings: AttributionSettings, strongestCount: Int, rowLayers: Int,
    sums: inout ActivationSums
  ) throws(AttributionError) -> PromptAgreement {
    let prepared = try prepare(tokens, settings: settings)
    sums.add(prepared.trace, on: backend)
    var graph = AttributionGraph(
      tokens: tokens, metric: prepared.reading.metric, rule: settings.rule, neurons: prepared.nodes.neurons,
      embeddingRelp: [], edges: EdgeColumns(),
      conservation: ConservationResiduals(nodeTotal: 0, layerCut: 0, directEffects: 0),
      counts: GraphCounts(
        candidateNeurons: 0, candidateEdges: 0, truncated: false, keptScoreShare: 0, keptFlowShare: 0))
    func samples(_ plan: VerificationPlan) throws(AttributionError) -> [VerifiedSample] {
      var settings = settings
      settings.verification = plan
      settings.verifiedChanges = .zero
      graph.verified = try verify(graph, reading: prepared.reading, trace: prepared.trace, settings: settings)
      if case .strongest = plan { graph.verified.reason = graph.verified.reason.map { _ in 2 } }
      return graph.verifiedSamples
    }
    return PromptAgreement(
      metric: prepared.reading.metric.kind,
      random: try samples(.budget(rowLayers: rowLayers)),
      strongest: try samples(.strongest(later: strongestCount, first: 0)))
  }
}
