// autointerp
// The attribution graph of one prompt.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Inference

extension RelevancePropagation {
  /// Computes the attribution graph of a prompt.
  ///
  /// Time grows with `nodes` and with `tokens * nodes`; memory is bounded by `settings.maximumSweepRows` besides the
  /// trace, which is linear in tokens apart from the attention probabilities.
  /// - Parameters:
  ///   - tokens: the whole prompt; positions after the metric's are causally irrelevant and not computed.
  ///   - settings: metric, thresholds and caps.
  ///   - progress: called after each layer of each pass, from any thread.
  /// - Returns: the graph, its edges sorted by target, then source.
  /// - Throws: `AttributionError` for tokens or settings out of range, a metric of zero, or numbers that are not finite.
  package func graph(
    of tokens: [Int32], settings: AttributionSettings, progress: @Sendable (AttributionStep) -> Void = { _ in }
  ) throws(AttributionError) -> AttributionGraph {
    try check(settings)
    let position = settings.position ?? tokens.count - 1
    guard tokens.isEmpty || tokens.indices.contains(position) else {
      throw .inference(.positionOutOfRange(position: position, tokens: tokens.count))
    }
    let layerCount = transformer.layers.count
    let trace: ForwardTrace<Backend>
    do throws(InferenceError) {
      trace = try transformer.forward(Array(tokens.prefix(position + 1)), on: backend) {
        progress(AttributionStep(stage: .forward, stepCount: layerCount))
      }
    } catch {
      throw .inference(error)
    }
    let metric = try Metric(settings.metric, logits: trace.logits, position: position)
    guard abs(metric.value) > 0 else { throw .metricIsZero(value: metric.value) }
    let starts = logitStarts(metric, trace: trace)
    let nodes = try nodes(trace: trace, metric: metric, starts: starts, settings: settings) {
      progress(AttributionStep(stage: .nodes, stepCount: layerCount))
    }
    let sweep = EdgeSweep(
      self, trace: trace, metric: metric, nodes: nodes, logitStarts: starts, settings: settings,
      tokenCount: tokens.count)
    let stepCount = sweep.plan.blocks.count * layerCount
    let (edges, residual) = try sweep.run { progress(AttributionStep(stage: .edges, stepCount: stepCount)) }
    return AttributionGraph(
      tokens: tokens, metric: metric, neurons: nodes.neurons,
      embeddingRelp: nodes.embeddingRelp + Array(repeating: 0, count: tokens.count - trace.tokens.count),
      edges: edges.columns,
      conservation: ConservationResiduals(
        nodeTotal: Float(nodes.nodeTotalResidual), layerCut: Float(nodes.layerCutResidual),
        directEffects: Float(residual)),
      counts: GraphCounts(
        candidateNeurons: Int32(nodes.candidateCount), candidateEdges: edges.pairCount, truncated: nodes.truncated,
        keptRelpShare: Float(nodes.keptRelpShare),
        keptFlowShare: edges.allFlow > 0 ? Float(edges.keptFlow / edges.allFlow) : 1))
  }

  private func check(_ settings: AttributionSettings) throws(AttributionError) {
    func atLeastZero(_ name: String, _ value: Double) throws(AttributionError) {
      guard value.isFinite, value >= 0 else {
        throw .invalidSetting(name: name, value: "\(value)", expected: "0 or more")
      }
    }
    try atLeastZero("tau", settings.tau)
    try atLeastZero("edge threshold", settings.edgeThreshold)
    try atLeastZero("max nodes", Double(settings.maximumNodeCount))
    guard settings.maximumSweepRows >= 1 else {
      throw .invalidSetting(name: "max sweep rows", value: "\(settings.maximumSweepRows)", expected: "1 or more")
    }
  }
}
