// autointerp
// `EdgeDelta.synthetic` makes small valid deltas that depend only on their prompt.
// SPDX-License-Identifier: Apache-2.0

import Circuits

extension EdgeDelta {
  /// A delta of `edgeCount` edges between neurons, embeddings and a logit. It depends only on prompt and size.
  static func synthetic(prompt: Int32, origin: PromptOrigin, edgeCount: Int = 40) -> EdgeDelta {
    var state = UInt64(bitPattern: Int64(prompt)) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    func random(_ bound: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(bound))
    }
    func value() -> Float { Float(random(20001) - 10000) / 1000 }
    let tokens = (0..<8).map { Int32(100 + $0) }
    let neuronCount = max(2, edgeCount / 8)
    var neurons = NeuronColumns()
    for i in 0..<neuronCount {
      neurons.layer.append(Int32(i * 12 / neuronCount))
      neurons.index.append(Int32(i * 16 + random(16)))
      neurons.position.append(7)
      let activation = value()
      let gradient = value()
      neurons.activation.append(activation)
      neurons.gradient.append(gradient)
      neurons.relp.append(activation * gradient)
      neurons.gradientScore.append(activation * gradient * 0.9)
      neurons.streamShare.append(0.05)
    }
    let logit = Int32(neuronCount + tokens.count)
    var edges = EdgeColumns()
    for source in 0..<Int32(neuronCount + tokens.count) {
      edges.source.append(source)
      edges.target.append(logit)
      edges.effect.append(value())
      edges.flow.append(value())
    }
    var targets: [Int32: [Int32]] = [:]
    for target in 0..<Int32(neuronCount) where edges.count + targets.values.map(\.count).reduce(0, +) < edgeCount {
      targets[target] = (0..<tokens.count).map { Int32(neuronCount + $0) }
    }
    var sorted = EdgeColumns()
    for target in targets.keys.sorted() {
      for source in targets[target]! {
        sorted.source.append(source)
        sorted.target.append(target)
        sorted.effect.append(value())
        sorted.flow.append(value())
      }
    }
    sorted.source += edges.source
    sorted.target += edges.target
    sorted.effect += edges.effect
    sorted.flow += edges.flow
    let metric = Metric(
      kind: .topLogits, position: 7, value: 3,
      targets: [.init(token: 200, logit: 3, probability: 0.5, weight: 1)])
    var graph = AttributionGraph(
      tokens: tokens, metric: metric, neurons: neurons, embeddingRelp: tokens.map { _ in value() }, edges: sorted,
      conservation: ConservationResiduals(nodeTotal: 1e-6, layerCut: 1e-6, directEffects: 1e-6),
      counts: GraphCounts(
        candidateNeurons: Int32(neuronCount), candidateEdges: Int64(sorted.count), truncated: false, keptScoreShare: 1,
        keptFlowShare: 1))
    // Two nodes of each prompt are verified at random.
    graph.verified.neuron = [0, 1]
    graph.verified.reason = [2, 2]
    graph.verified.zero = [-graph.neurons.relp[0], value()]
    return EdgeDelta(
      prompt: prompt, origin: origin, graph: graph,
      vocabulary: (tokens + [200]).map { TokenText(id: $0, text: "t\($0)") })
  }
}
