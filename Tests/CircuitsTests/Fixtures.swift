// autointerp
// `Fixtures` makes small graphs for tests: one by hand, others from a seed.
// SPDX-License-Identifier: Apache-2.0

import Platform

@testable import Circuits

enum Fixtures {
  /// Three tokens (5, 7, 5), neurons L0/N3@1, L0/N3@2 and L2/N1@2, logits of tokens 7 and 9.
  ///
  /// Node numbers: neurons 0, 1, 2; embeddings 3, 4, 5; logits 6, 7.
  static func delta(prompt: Int32 = 0, origin: PromptOrigin = .domain) -> EdgeDelta {
    var neurons = NeuronColumns()
    neurons.layer = [0, 0, 2]
    neurons.index = [3, 3, 1]
    neurons.position = [1, 2, 2]
    neurons.activation = [2, -1, 0.5]
    neurons.gradient = [1.5, 2, -4]
    neurons.relp = [3, -2, -2]
    var edges = EdgeColumns()
    edges.source = [3, 4, 3, 5, 0, 1, 2, 0]
    edges.target = [0, 0, 1, 1, 2, 2, 6, 7]
    edges.flow = [1, 2, 0.25, -1.5, 0.5, 1, -3, 4]
    edges.effect = edges.flow.map { $0 / 2 }
    let graph = AttributionGraph(
      tokens: [5, 7, 5],
      metric: Metric(
        kind: .topLogits, position: 2, value: 10,
        targets: [
          Metric.Target(token: 7, logit: 6, probability: 0.75, weight: 1),
          Metric.Target(token: 9, logit: 4, probability: 0.125, weight: 1),
        ]),
      neurons: neurons, embeddingRelp: [1, 2, 3], edges: edges,
      conservation: ConservationResiduals(nodeTotal: 1e-6, layerCut: 2e-6, directEffects: 3e-6),
      counts: GraphCounts(
        candidateNeurons: 4, candidateEdges: 20, truncated: false, keptScoreShare: 0.9, keptFlowShare: 0.8))
    return EdgeDelta(
      prompt: prompt, origin: origin, graph: graph,
      vocabulary: [TokenText(id: 5, text: " a"), TokenText(id: 7, text: "\n"), TokenText(id: 9, text: " \"b\"")])
  }

  /// A valid delta with repeated neurons and tokens. Every third prompt belongs to the baseline.
  static func randomDelta(prompt: Int32) -> EdgeDelta {
    var generator = SplitMix64(seed: UInt64(prompt) &* 31 &+ 7)
    let tokens = (0..<Int.random(in: 2...6, using: &generator)).map { _ in Int32.random(in: 0..<9, using: &generator) }
    var places = Set<[Int32]>()
    for _ in 0..<Int.random(in: 0...14, using: &generator) {
      places.insert([
        Int32.random(in: 0..<4, using: &generator), Int32.random(in: 0..<Int32(tokens.count), using: &generator),
        Int32.random(in: 0..<3, using: &generator),
      ])
    }
    var neurons = NeuronColumns()
    for place in places.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      neurons.layer.append(place[0])
      neurons.position.append(place[1])
      neurons.index.append(place[2])
      // Thirds are not representable, so their floating-point sums would depend on the order.
      neurons.activation.append(Float.random(in: -300...300, using: &generator) / 3)
      neurons.gradient.append(Float.random(in: -1...1, using: &generator))
      neurons.relp.append(neurons.activation[neurons.count - 1] * neurons.gradient[neurons.count - 1])
    }
    let targets = Set((0..<3).map { _ in Int32.random(in: 0..<9, using: &generator) }).sorted().map {
      Metric.Target(token: $0, logit: 5, probability: 0.25, weight: 1)
    }
    let last = Int32(tokens.count - 1)
    var edges = EdgeColumns()
    for target in 0..<neurons.count + targets.count {
      let isLogit = target >= neurons.count
      let layer = isLogit ? Int32.max : neurons.layer[target]
      let position = isLogit ? last : neurons.position[target]
      let sources =
        (0..<neurons.count).filter { neurons.layer[$0] < layer && neurons.position[$0] <= position }
        + tokens.indices.filter { $0 <= position }.map { neurons.count + $0 }
      for source in sources where Bool.random(using: &generator) {
        edges.source.append(Int32(source))
        edges.target.append(Int32(isLogit ? target + tokens.count : target))
        edges.flow.append(Float.random(in: -1000...1000, using: &generator) / 3)
        edges.effect.append(1)
      }
    }
    var graph = AttributionGraph(
      tokens: tokens, metric: Metric(kind: .topLogits, position: last, value: 12.5, targets: targets),
      neurons: neurons, embeddingRelp: tokens.map { _ in 0.5 }, edges: edges,
      conservation: ConservationResiduals(
        nodeTotal: Float.random(in: 0...1e-5, using: &generator), layerCut: 0, directEffects: 1e-6),
      counts: GraphCounts(
        candidateNeurons: Int32(neurons.count), candidateEdges: Int64(edges.count), truncated: false, keptScoreShare: 1,
        keptFlowShare: Float.random(in: 0.5...1, using: &generator)))
    graph.layerScores = (0..<4).map { layer in
      (0..<neurons.count).reduce(Float.random(in: 0...90, using: &generator) / 3) {
        $0 + (neurons.layer[$1] == layer ? abs(neurons.relp[$1]) : 0)
      }
    }
    for layer in Int32(0)..<4 where Bool.random(using: &generator) {
      graph.peaks.layer.append(layer)
      graph.peaks.index.append(Int32.random(in: 0..<9, using: &generator))
      graph.peaks.position.append(last)
      graph.peaks.activation.append(Float.random(in: -300...(-1), using: &generator) / 3)
    }
    let mentioned = Set(tokens + targets.map(\.token)).sorted()
    return EdgeDelta(
      prompt: prompt, origin: prompt % 3 == 2 ? .baseline : .domain, graph: graph,
      vocabulary: mentioned.map { TokenText(id: $0, text: "t\($0)") })
  }

  static func aggregate(of deltas: [EdgeDelta]) throws -> EdgeAggregate {
    var aggregate = EdgeAggregate()
    for delta in deltas { try aggregate.merge(delta) }
    return aggregate
  }

  static func specification(domain: Int, baseline: Int) -> RunSpecification {
    RunSpecification(
      name: "run-1", modelName: "tiny", modelFingerprint: "abc", template: TemplateSpecification(name: "raw"),
      settings: AttributionSettings(), corpusDigest: "def", corpusName: "medical", seed: 3,
      prompts: (0..<domain + baseline).map {
        RunPrompt(origin: $0 < domain ? .domain : .baseline, text: "prompt \($0)")
      })
  }

  static func export(_ aggregate: EdgeAggregate, topCount: Int = 20) -> [UInt8] {
    var options = EdgeStatisticsExport.Options()
    options.topCount = topCount
    return EdgeStatisticsExport(
      aggregate: aggregate, specification: specification(domain: 2, baseline: 1), quarantined: [], options: options
    ).bytes()
  }
}
