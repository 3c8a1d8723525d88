// autointerp
// Holds a graph to its contract before anything is done with it.
// SPDX-License-Identifier: Apache-2.0

extension AttributionGraph {
  /// Checks everything the format promises: equal column lengths, order, ranges, finite values, edges that run upwards
  /// in layers and never backwards in positions.
  ///
  /// A graph that passes can be merged without any overflow (see `FixedPoint`).
  /// - Throws: `CircuitError.malformedGraph` with the first defect.
  /// - Complexity: O(nodes + edges)
  package func validate() throws(CircuitError) {
    try validateTokens()
    try validateMetric()
    try validateNeurons()
    try validateEdges()
    try validateReport()
  }

  private func validateTokens() throws(CircuitError) {
    guard !tokens.isEmpty else { throw .malformed("tokens", "at least one", "none") }
    guard tokens.count + metric.targets.count + neurons.count < Int(Int32.max) else {
      throw .malformed("nodes", "fewer than 2^31", "\(nodeCount)")
    }
    for (position, token) in tokens.enumerated() where token < 0 {
      throw .malformed("token at position \(position)", "an id of at least 0", "\(token)")
    }
    guard embeddingRelp.count == tokens.count else {
      throw .malformed("embedding relp", "\(tokens.count) values, one a token", "\(embeddingRelp.count)")
    }
    for (position, relp) in embeddingRelp.enumerated() where !relp.isFinite {
      throw .malformed("embedding relp at position \(position)", "a finite number", "\(relp)")
    }
  }

  private func validateMetric() throws(CircuitError) {
    guard metric.value.isFinite else { throw .malformed("metric value", "a finite number", "\(metric.value)") }
    guard metric.position >= 0, Int(metric.position) < tokens.count else {
      throw .malformed("metric position", "one of \(tokens.count) positions", "\(metric.position)")
    }
    var seen: Set<Int32> = []
    for (number, target) in metric.targets.enumerated() {
      let part = "metric target \(number)"
      guard target.token >= 0 else { throw .malformed(part, "a token id of at least 0", "\(target.token)") }
      guard seen.insert(target.token).inserted else {
        throw .malformed(part, "a token that is not traced twice", "\(target.token) again")
      }
      guard target.logit.isFinite, target.weight.isFinite else {
        throw .malformed(part, "finite logit and weight", "\(target.logit) and \(target.weight)")
      }
      // A softmax in Float32 may exceed 1 by its rounding.
      guard target.probability >= 0, target.probability <= 1.0001 else {
        throw .malformed(part, "a probability in 0...1", "\(target.probability)")
      }
    }
  }

  private func validateNeurons() throws(CircuitError) {
    let n = neurons.count
    for (name, count) in [
      ("index", neurons.index.count), ("position", neurons.position.count), ("activation", neurons.activation.count),
      ("gradient", neurons.gradient.count), ("relp", neurons.relp.count),
    ] where count != n {
      throw .malformed("neuron column \(name)", "\(n) values, as many as layers", "\(count)")
    }
    let limit = Float(FixedPoint.limit)
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
      // Written so that NaN fails.
      guard abs(neurons.activation[i]) < limit, abs(neurons.relp[i]) < limit, neurons.gradient[i].isFinite else {
        throw .malformed(
          "neuron \(i)", "finite values below 2^28",
          "activation \(neurons.activation[i]), gradient \(neurons.gradient[i]), relp \(neurons.relp[i])")
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
    // Where each node is: an embedding is below every layer, a logit above.
    let layers =
      neurons.layer + repeatElement(-1, count: tokens.count)
      + repeatElement(Int32.max, count: metric.targets.count)
    let positions =
      neurons.position + (0..<Int32(tokens.count))
      + repeatElement(metric.position, count: metric.targets.count)
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
    // Sums in different order may exceed 1 by their rounding.
    for (name, share) in [("relp", counts.keptRelpShare), ("flow", counts.keptFlowShare)]
    where !(share >= 0 && share <= 1.001) {
      throw .malformed("kept share of \(name)", "a number in 0...1", "\(share)")
    }
  }
}

extension EdgeDelta {
  /// The longest text of a token, in UTF-8 bytes.
  package static let maximumTokenTextBytes = 4096

  /// Checks the graph (`AttributionGraph.validate()`), the prompt number and that the vocabulary has a text for every
  /// token of the graph.
  ///
  /// A delta that passes can only be refused by an aggregate that has its prompt already.
  package func validate() throws(CircuitError) {
    guard prompt >= 0 else { throw .malformed("prompt", "a number of at least 0", "\(prompt)") }
    try graph.validate()
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
