// autointerp
// `RelevancePropagation.graph` computes the attribution graph of one prompt.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import Inference

extension RelevancePropagation {
  /// Computes the attribution graph of a prompt.
  ///
  /// Time grows with `nodes` and with `tokens * nodes`. Memory is bounded by `settings.maximumSweepRows`, apart from
  /// the trace, which is linear in tokens except for the attention probabilities.
  /// - Parameters:
  ///   - tokens: the whole prompt. Positions after the metric's have no influence and are not computed.
  ///   - settings: metric, thresholds and caps.
  ///   - rules: which scores are computed; the settings' rule alone saves a backward pass.
  ///   - means: what nodes that are verified with `mean` are set to.
  ///   - peakStart: the first position at which activations compete for the peaks: behind what all prompts begin with.
  ///   - progress: called after each layer of each pass, from any thread.
  /// - Returns: the graph, its edges sorted by target, then source.
  /// - Throws: `AttributionError` if tokens or settings are out of range, the metric is zero, or a number is not
  ///   finite.
  package func graph(
    of tokens: [Int32], settings: AttributionSettings, rules: ComputedRules = .both,
    means: ActivationMeans? = nil, peakStart: Int = 1, progress: @Sendable (AttributionStep) -> Void = { _ in }
  ) throws(AttributionError) -> AttributionGraph {
    try check(settings, means: means)
    let prepared = try prepare(tokens, settings: settings, rules: rules, peakStart: peakStart, progress: progress)
    let (trace, reading, nodes) = (prepared.trace, prepared.reading, prepared.nodes)
    var graph = AttributionGraph(
      tokens: tokens, metric: reading.metric, rule: settings.rule, neurons: nodes.neurons,
      embeddingRelp: padded(nodes.embeddingRelp, to: tokens.count),
      embeddingGradientScore: padded(nodes.embeddingGradientScore, to: tokens.count), edges: EdgeColumns(),
      conservation: ConservationResiduals(
        nodeTotal: Float(nodes.nodeTotalResidual), layerCut: Float(nodes.layerCutResidual), directEffects: 0),
      counts: GraphCounts(
        candidateNeurons: Int32(nodes.candidateCount), candidateEdges: 0, truncated: nodes.truncated,
        keptScoreShare: Float(nodes.keptScoreShare), keptFlowShare: 1))
    graph.layerScores = nodes.layerScores
    graph.peaks = nodes.peaks
    let sweep = EdgeSweep(
      self, trace: trace, reading: reading, nodes: nodes, starts: prepared.starts, settings: settings,
      scale: graph.scale, tokenCount: tokens.count)
    let stepCount = sweep.plan.blocks.count * reading.depth
    let (edges, residual) = try sweep.run { progress(AttributionStep(stage: .edges, stepCount: stepCount)) }
    graph.edges = edges.columns
    graph.conservation.directEffects = Float(residual)
    graph.counts.candidateEdges = edges.pairCount
    graph.counts.keptFlowShare = edges.allFlow > 0 ? Float(edges.keptFlow / edges.allFlow) : 1
    graph.verified = try verify(
      graph, reading: reading, trace: trace, settings: settings, means: means)
    return graph
  }

  /// The parts of a graph that are computed before its edges.
  struct Prepared {
    var trace: ForwardTrace<Backend>
    var reading: MetricReading
    var starts: MetricStarts<Backend>
    var nodes: NodeAttribution
  }

  /// Computes the forward pass, the metric and the nodes.
  func prepare(
    _ tokens: [Int32], settings: AttributionSettings, rules: ComputedRules = .both, peakStart: Int = 1,
    progress: @Sendable (AttributionStep) -> Void = { _ in }
  ) throws(AttributionError) -> Prepared {
    try check(settings)
    let position = settings.tracedPosition ?? tokens.count - 1
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
    let reading = try reading(settings.metric, trace: trace)
    if case .tau = settings.selection, reading.metric.value == 0 { throw .metricIsZero(value: reading.metric.value) }
    let starts = starts(reading, trace: trace)
    let nodes = try nodes(
      trace: trace, reading: reading, starts: starts, settings: settings, rules: rules, peakStart: peakStart
    ) {
      progress(AttributionStep(stage: .nodes, stepCount: rules.count * reading.depth))
    }
    return Prepared(trace: trace, reading: reading, starts: starts, nodes: nodes)
  }

  /// The metric of a traced prompt, at the trace's last position.
  package func reading(
    _ specification: MetricSpecification, trace: ForwardTrace<Backend>
  ) throws(AttributionError) -> MetricReading {
    let width = transformer.configuration.modelDimension
    let last = trace.tokens.count - 1
    var reading = try MetricReading(
      specification, logits: trace.logits, position: last, layerCount: transformer.layers.count,
      modelDimension: width)
    if let direction = reading.direction {
      let row = Region(backend.makeScratch(count: width), stride: width)
      trace.copyStream(before: reading.depth, rows: last..<last + 1, on: backend, into: row)
      let value = zip(backend.download(row, rows: 1, columns: width), direction.values)
        .reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      reading.metric.value = value
      reading.metric.linear = value
    }
    guard reading.metric.value.isFinite else { throw .notFinite(what: "the metric") }
    return reading
  }

  private func padded(_ scores: [Float], to count: Int) -> [Float] {
    scores + Array(repeating: 0, count: count - scores.count)
  }

  /// Means are asked for, so there must be some, of this model.
  private func check(
    _ settings: AttributionSettings, means: ActivationMeans?
  ) throws(AttributionError) {
    guard settings.verifiedChanges.contains(.mean) else { return }
    let c = transformer.configuration
    guard let means else {
      throw .invalidSetting(
        name: "verify_with", value: "mean",
        expected: "a stored reference of this model's mean activations, which autointerp calibrate measures")
    }
    guard means.layerCount == c.layerCount, means.feedForwardDimension == c.feedForwardDimension else {
      throw .invalidSetting(
        name: "verify_with",
        value: "mean, from a reference of \(means.layerCount) layers of \(means.feedForwardDimension) neurons",
        expected: "\(c.layerCount) layers of \(c.feedForwardDimension)")
    }
  }

  private func check(_ settings: AttributionSettings) throws(AttributionError) {
    if let (setting, expected) = settings.firstImpossible {
      throw .invalidSetting(name: setting.name, value: setting.text(of: settings), expected: expected)
    }
    if let (setting, expected) = settings.contradiction {
      throw .invalidSetting(name: setting, value: settings.text(of: setting), expected: expected)
    }
  }
}

extension AttributionSettings {
  /// The position at which the metric is read. A direction may name its own.
  var tracedPosition: Int? {
    if case .direction(let direction) = metric, let own = direction.position { own } else { position }
  }
}
