// autointerp
// Graphs that are a function of their prompt.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Coordinator

/// Makes the delta of a prompt, as an exact and deterministic worker would.
enum SyntheticGraph {
  /// What stands for the delta's content.
  static func digest(prompt: Int32) -> DeltaDigest {
    var random = SeededRandom(seed: UInt64(prompt))
    return DeltaDigest(random.next(), random.next(), random.next(), random.next())
  }

  /// A few neurons of a small model with values that rounding would betray if they were summed in another order.
  static func delta(prompt: Int32, origin: PromptOrigin) -> EdgeDelta {
    var random = SeededRandom(seed: UInt64(prompt) ^ 0x5EED)
    func value() -> Float { Float(random.unit() * 20 - 10) }
    let tokens = (0..<random.integer(in: 2...4)).map { _ in Int32(random.integer(in: 0...9)) }
    let last = Int32(tokens.count - 1)
    var neurons = NeuronColumns()
    for layer in 0..<Int32(random.integer(in: 1...4)) {
      neurons.layer.append(layer)
      neurons.index.append(Int32(random.integer(in: 0...5)))
      neurons.position.append(last)
      let (activation, gradient) = (value(), value())
      neurons.activation.append(activation)
      neurons.gradient.append(gradient)
      neurons.relp.append(activation * gradient)
    }
    let neuronCount = Int32(neurons.count)
    let logit = neuronCount + Int32(tokens.count)
    var edges = EdgeColumns()
    for target in Array(0..<neuronCount) + [logit] {
      // Lower neurons, then embeddings: sorted by source.
      for source in Array(0..<min(target, neuronCount)) + Array(neuronCount..<logit) {
        edges.source.append(source)
        edges.target.append(target)
        edges.effect.append(value())
        edges.flow.append(value())
      }
    }
    let graph = AttributionGraph(
      tokens: tokens,
      metric: Metric(
        kind: .topLogits, position: last, value: 1,
        targets: [.init(token: Int32(random.integer(in: 0...9)), logit: 1, probability: 0.5, weight: 1)]),
      neurons: neurons, embeddingRelp: tokens.map { _ in value() }, edges: edges,
      conservation: ConservationResiduals(nodeTotal: 0, layerCut: 0, directEffects: 0),
      counts: GraphCounts(
        candidateNeurons: neuronCount, candidateEdges: Int64(edges.count), truncated: false, keptRelpShare: 1,
        keptFlowShare: 1))
    return EdgeDelta(
      prompt: prompt, origin: origin, graph: graph,
      vocabulary: Set(tokens + graph.metric.targets.map(\.token)).sorted().map { TokenText(id: $0, text: "t\($0)") })
  }
}
