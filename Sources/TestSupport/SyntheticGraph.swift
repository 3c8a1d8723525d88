// autointerp
// `SyntheticGraph` makes graphs that depend only on their prompt.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Foundation
internal import Platform

/// Makes the delta of a prompt, as an exact and deterministic worker would.
package enum SyntheticGraph {
  /// Makes a few neurons of a small model. Their values would show a rounding difference if they were summed in another
  /// order. `variant` stands for everything else that determines the bits.
  package static func delta(prompt: Int32, origin: PromptOrigin, variant: UInt64 = 0) -> EdgeDelta {
    var random = SeededRandom(seed: UInt64(prompt) ^ 0x5EED ^ variant << 32)
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
    var graph = AttributionGraph(
      tokens: tokens,
      metric: Metric(
        kind: .topLogits, position: last, value: 1,
        targets: [.init(token: Int32(random.integer(in: 0...9)), logit: 1, probability: 0.5, weight: 1)]),
      neurons: neurons, embeddingRelp: tokens.map { _ in value() }, edges: edges,
      conservation: ConservationResiduals(nodeTotal: 0, layerCut: 0, directEffects: 0),
      counts: GraphCounts(
        candidateNeurons: neuronCount, candidateEdges: Int64(edges.count), truncated: false, keptScoreShare: 1,
        keptFlowShare: 1))
    graph.layerScores = (0..<4).map { layer in
      (0..<neurons.count).reduce(abs(value())) { $0 + (neurons.layer[$1] == layer ? abs(neurons.relp[$1]) : 0) }
    }
    for layer in 0..<Int32(4) where random.unit() < 0.7 {
      graph.peaks.layer.append(layer)
      graph.peaks.index.append(Int32(random.integer(in: 0...5)))
      graph.peaks.position.append(last)
      graph.peaks.activation.append(1 + abs(value()))
    }
    return EdgeDelta(
      prompt: prompt, origin: origin, graph: graph,
      vocabulary: Set(tokens + graph.metric.targets.map(\.token)).sorted().map { TokenText(id: $0, text: "t\($0)") })
  }

  /// Makes a delta of about the size of real ones, with `edgeCount` edges between the neurons of a model of 30 layers.
  /// Most prompts share a core of edges and each has its own, so that an aggregate of many grows like a real one.
  package static func realistic(prompt: Int32, origin: PromptOrigin, edgeCount: Int) -> EdgeDelta {
    var random = SeededRandom(seed: UInt64(prompt) ^ 0xB16)
    func value(_ scale: Double) -> Float { Float((random.unit() - 0.5) * scale) }
    // A few tokens are frequent, as in text: uniform in the logarithm.
    let tokens = (0..<40).map { _ in Int32(exp(random.unit() * log(49_152.0))) }
    let neuronCount = min(max(edgeCount / 40, 8), 500)
    var places: Set<SIMD2<Int32>> = []
    while places.count < neuronCount {
      let layer = Int32(random.integer(in: 0...29))
      let index = Int32(random.chance(0.7) ? random.integer(in: 0...40) * 37 : random.integer(in: 0...1535))
      places.insert(SIMD2(layer, index))
    }
    var neurons = NeuronColumns()
    for place in places.sorted(by: { ($0.x, $0.y) < ($1.x, $1.y) }) {
      neurons.layer.append(place.x)
      neurons.index.append(place.y)
      neurons.position.append(39)
      let (activation, gradient) = (value(4), value(4))
      neurons.activation.append(activation)
      neurons.gradient.append(gradient)
      neurons.relp.append(activation * gradient)
    }
    let firstLogit = neuronCount + tokens.count
    var edges = EdgeColumns()
    let targets = Array(0..<neuronCount) + Array(firstLogit..<firstLogit + 5)
    let share = max(1, edgeCount / targets.count)
    for target in targets {
      // Neurons of lower layers, then embeddings.
      let lower =
        target < neuronCount
        ? neurons.layer.firstIndex(of: neurons.layer[target]) ?? 0 : neuronCount
      let sources = Array(0..<lower) + Array(neuronCount..<firstLogit)
      let stride = max(1, sources.count / share)
      for source in Swift.stride(from: 0, to: sources.count, by: stride) {
        edges.source.append(Int32(sources[source]))
        edges.target.append(Int32(target))
        edges.effect.append(value(2))
        edges.flow.append(value(2))
      }
    }
    let logits = (0..<5).map { rank in
      Metric.Target(token: Int32(rank * 100 + random.integer(in: 0...20)), logit: 10, probability: 0.1, weight: 1)
    }
    let graph = AttributionGraph(
      tokens: tokens, metric: Metric(kind: .topLogits, position: 39, value: 50, targets: logits), neurons: neurons,
      embeddingRelp: tokens.map { _ in value(1) }, edges: edges,
      conservation: ConservationResiduals(nodeTotal: 1e-6, layerCut: 1e-6, directEffects: 1e-6),
      counts: GraphCounts(
        candidateNeurons: Int32(neuronCount), candidateEdges: Int64(edges.count), truncated: false, keptScoreShare: 1,
        keptFlowShare: 1))
    return EdgeDelta(
      prompt: prompt, origin: origin, graph: graph,
      vocabulary: Set(tokens + logits.map(\.token)).sorted().map { TokenText(id: $0, text: "token \($0)") })
  }
}
