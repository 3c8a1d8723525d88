// autointerp
// `AttributionGraph.validate` and `EdgeDelta.validate` check everything that the format promises.
// SPDX-License-Identifier: Apache-2.0

extension AttributionGraph {
  /// Checks everything that the format promises: equal column lengths, order, ranges, finite values, and edges that go
  /// up in layers and never back in positions.
  ///
  /// A graph that passes can be merged without overflow (see `FixedPoint`).
  /// - Throws: `CircuitError.malformedGraph` with the first defect.
  /// - Complexity: O(nodes + edges)
  package func validate() throws(CircuitError) {
    try validateTokens()
    try validateMetric()
    try validateNeurons()
    try validateVerified()
    try validateEdges()
    try validateReport()
    try validateLayerScores()
    try peaks.validate(tokenCount: tokens.count)
  }

  private func validateTokens() throws(CircuitError) {
    guard !tokens.isEmpty else { throw .malformed("tokens", "at least one", "none") }
    guard tokens.count + metric.targets.count + neurons.count < Int(Int32.max) else {
      throw .malformed("nodes", "fewer than 2^31", "\(nodeCount)")
    }
    for (position, token) in tokens.enumerated() where token < 0 {
      throw .malformed("token at position \(position)", "an id of at least 0", "\(token)")
    }
    for (name, scores) in [("embedding relp", embeddingRelp), ("embedding gradient score", embeddingGradientScore)] {
      guard scores.count == tokens.count else {
        throw .malformed(name, "\(tokens.count) values, one a token", "\(scores.count)")
      }
      for (position, score) in scores.enumerated() where !score.isFinite {
        throw .malformed("\(name) at position \(position)", "a finite number", "\(score)")
      }
    }
  }

  private func validateMetric() throws(CircuitError) {
    guard metric.value.isFinite, metric.linear.isFinite else {
      throw .malformed("metric value", "finite numbers", "\(metric.value), linear part \(metric.linear)")
    }
    guard metric.position >= 0, Int(metric.position) < tokens.count else {
      throw .malformed("metric position", "one of \(tokens.count) positions", "\(metric.position)")
    }
    var seen: Set<Int32> = []
    for (number, target) in metric.targets.enumerated() {
      let part = "metric target \(number)"
      guard target.token >= 0 else { throw .malformed(part, "a token id of at least 0", "\(target.token)") }
      guard seen.insert(target.token).inserted else {
        throw .malformed(part, "a token that is traced only once", "\(target.token) again")
      }
      guard target.logit.isFinite, target.weight.isFinite else {
        throw .malformed(part, "finite logit and weight", "\(target.logit) and \(target.weight)")
      }
      // Rounding may bring a softmax in Float32 slightly above 1.
      guard target.probability >= 0, target.probability <= 1.0001 else {
        throw .malformed(part, "a probability in 0...1", "\(target.probability)")
      }
    }
  }

  private func validateNeurons() throws(CircuitError) {
    let n = neurons.count
    for (name, count) in [
      ("index", neurons.index.count), ("position", neurons.position.count), ("activation", neurons.activation.count),
      ("gradient", neurons.gradient.count),
    ] where count != n {
      throw .malformed("neuron column \(name)", "\(n) values, as many as layers", "\(count)")
    }
    // Files of earlier versions have RelP's scores only, and a graph may be made with one rule.
    for (name, count, other) in [
      ("gradient score", neurons.gradientScore.count, AttributionRule.relp),
      ("stream share", neurons.streamShare.count, .relp), ("relp", neurons.relp.count, .gradient),
    ] where count != n && !(count == 0 && rule == other) {
      throw .malformed("neuron column \(name)", "\(n) values, as many as layers", "\(count)")
    }
    let limit = Float(FixedPoint.limit)
    for (i, score) in neurons.gradientScore.enumerated() where !(abs(score) < limit) {
      throw .malformed("neuron \(i)", "a gradient score below 2^28", "\(score)")
    }
    for (i, share) in neurons.streamShare.enumerated() where !(share >= 0 && share.isFinite) {
      throw .malformed("neuron \(i)", "a stream share of at least 0", "\(share)")
    }
    for i in 0..<n {
      let (layer, position, index) = (neurons.layer[i], neurons.position[i], neurons.index[i])
      guard layer >= 0, layer < 1 << 20, index >= 0, position >= 0, Int(position) < tokens.count else {
        throw .malformed(
          "neuron \(i)", "a layer below 2^20, an index, one of \(tokens.count) positions",
          "\(layer)_\(index)_\(position)")
      }
      if i > 0 {
        let previous = (neurons.layer[i - 1], neurons.position[i - 1], neurons.index[i - 1])
        guard previous < (layer, position, index) else {
          throw .malformed(
            "neuron \(i)", "order by layer, position, index without repeats",
            "\(layer)_\(index)_\(position) after \(previous.0)_\(previous.2)_\(previous.1)")
        }
      }
      // Written so that NaN fails the check.
      let relp = neurons.relp.isEmpty ? 0 : neurons.relp[i]
      guard abs(neurons.activation[i]) < limit, abs(relp) < limit, neurons.gradient[i].isFinite else {
        throw .malformed(
          "neuron \(i)", "finite values below 2^28",
          "activation \(neurons.activation[i]), gradient \(neurons.gradient[i]), relp \(relp)")
      }
    }
  }

  private func validateVerified() throws(CircuitError) {
    let n = verified.count
    guard verified.reason.count == n else {
      throw .malformed("verified column reason", "\(n) values, as many as nodes", "\(verified.reason.count)")
    }
    for (name, values) in [("zero", verified.zero), ("twice", verified.twice), ("mean", verified.mean)] {
      guard values.isEmpty || values.count == n else {
        throw .malformed("verified column \(name)", "\(n) values, as many as nodes, or none", "\(values.count)")
      }
      for (i, value) in values.enumerated() where !(abs(value) < Float(FixedPoint.limit)) {
        throw .malformed("verified node \(i)", "a change below 2^28", "\(value)")
      }
    }
    var previous: Int32 = -1
    for (i, neuron) in verified.neuron.enumerated() {
      guard neuron > previous, Int(neuron) < neurons.count else {
        throw .malformed("verified node \(i)", "ascending numbers of \(neurons.count) neurons", "\(neuron)")
      }
      previous = neuron
      guard (1...3).contains(verified.reason[i]) else {
        throw .malformed("verified node \(i)", "a reason from 1 to 3", "\(verified.reason[i])")
      }
    }
  }

  private func validateEdges() throws(CircuitError) {
    let n = edges.count
    for (name, count) in [
      ("target", edges.target.count), ("effect", edges.effect.count), ("flow", edges.flow.count),
    ] where count != n {
      throw .malformed("edge column \(name)", "\(n) values, as many as sources", "\(count)")
    }
    // The layer and position of each node. An embedding is below every layer, a logit above.
    let layers =
      neurons.layer + repeatElement(-1, count: tokens.count)
      + repeatElement(Int32.max, count: metric.targets.count + (metric.hasNode ? 1 : 0))
    let positions =
      neurons.position + (0..<Int32(tokens.count))
      + repeatElement(metric.position, count: metric.targets.count + (metric.hasNode ? 1 : 0))
    var total = 0.0
    var previous = Int64(-1)
    for e in 0..<n {
      let (source, target) = (Int(edges.source[e]), Int(edges.target[e]))
      guard source >= 0, source < layers.count, target >= 0, target < layers.count else {
        throw .malformed("edge \(e)", "node numbers below \(layers.count)", "\(source) -> \(target)")
      }
      let order = Int64(target) << 32 | Int64(source)
      guard order > previous else {
        throw .malformed(
          "edge \(e)", "order by target, then source, without repeats", "\(source) -> \(target) out of order")
      }
      previous = order
      guard layers[source] < layers[target], positions[source] <= positions[target] else {
        throw .malformed(
          "edge \(e)", "a source in a lower layer at no later position",
          "node \(source) (layer \(layers[source]), position \(positions[source])) -> "
            + "node \(target) (layer \(layers[target]), position \(positions[target]))")
      }
      guard edges.effect[e].isFinite, edges.flow[e].isFinite else {
        throw .malformed("edge \(e)", "finite values", "effect \(edges.effect[e]), flow \(edges.flow[e])")
      }
      total += Double(abs(edges.flow[e]))
    }
    guard total < FixedPoint.limit else {
      throw .malformed("edges", "a summed |flow| below 2^28", "\(total)")
    }
  }

  private func validateReport() throws(CircuitError) {
    for (name, residual) in [
      ("node total", conservation.nodeTotal), ("layer cut", conservation.layerCut),
      ("direct effects", conservation.directEffects),
    ] where !(residual >= 0 && residual.isFinite) {
      throw .malformed("conservation residual \(name)", "a finite number of at least 0", "\(residual)")
    }
    guard Int(counts.candidateNeurons) >= neurons.count else {
      throw .malformed("candidate neurons", "at least the \(neurons.count) selected", "\(counts.candidateNeurons)")
    }
    guard counts.candidateEdges >= Int64(edges.count) else {
      throw .malformed("candidate edges", "at least the \(edges.count) kept", "\(counts.candidateEdges)")
    }
    // Rounding may bring a ratio of two sums slightly above 1.
    for (name, share) in [("score", counts.keptScoreShare), ("flow", counts.keptFlowShare)]
    where !(share >= 0 && share <= 1.001) {
      throw .malformed("kept share of \(name)", "a number in 0...1", "\(share)")
    }
  }
}

extension AttributionGraph {
  private func validateLayerScores() throws(CircuitError) {
    for (layer, score) in layerScores.enumerated() where !(score >= 0 && score < Float(FixedPoint.limit)) {
      throw .malformed("score of layer \(layer)", "a number from 0 to 2^28", "\(score)")
    }
    guard let highest = neurons.layer.last, !layerScores.isEmpty else { return }
    guard layerScores.count > Int(highest) else {
      throw .malformed("layer scores", "more than \(highest), a layer with a neuron", "\(layerScores.count)")
    }
  }
}

extension EdgeDelta {
  /// The longest text of a token, in UTF-8 bytes.
  package static let maximumTokenTextBytes = 4096

  /// Checks the graph (`AttributionGraph.validate()`), the prompt's number, and that the vocabulary has a text for
  /// every token of the graph.
  ///
  /// An aggregate can refuse a delta that passes only because it already has the prompt.
  package func validate() throws(CircuitError) {
    guard prompt >= 0 else { throw .malformed("prompt", "a number of at least 0", "\(prompt)") }
    try graph.validate()
    // Statistics of a run need RelP's scores; only single graphs may do without.
    guard graph.neurons.relp.count == graph.neurons.count else {
      throw .malformed("neuron column relp", "\(graph.neurons.count) values, as many as layers", "none")
    }
    for (number, entry) in vocabulary.enumerated() {
      guard entry.id >= 0 else { throw .malformed("vocabulary entry \(number)", "an id of at least 0", "\(entry.id)") }
      guard number == 0 || vocabulary[number - 1].id < entry.id else {
        throw .malformed("vocabulary entry \(number)", "order by id without repeats", "\(entry.id) out of order")
      }
      guard entry.text.utf8.count <= Self.maximumTokenTextBytes else {
        throw .malformed(
          "vocabulary entry \(number)", "at most \(Self.maximumTokenTextBytes) bytes", "\(entry.text.utf8.count)")
      }
    }
    for token in graph.tokens + graph.metric.targets.map(\.token) where !hasText(of: token) {
      throw .malformed("vocabulary", "a text for every token of the graph", "none for token \(token)")
    }
  }

  private func hasText(of token: Int32) -> Bool {
    var (low, high) = (0, vocabulary.count)
    while low < high {
      let middle = (low + high) / 2
      if vocabulary[middle].id == token { return true }
      if vocabulary[middle].id < token { low = middle + 1 } else { high = middle }
    }
    return false
  }
}

extension CircuitError {
  fileprivate static func malformed(_ part: String, _ expected: String, _ found: String) -> CircuitError {
    .malformedGraph(part: part, expected: expected, found: found)
  }
}
