// autointerp
// `GradientTests` tests gradients against finite differences, exact effects against whole passes, and every kind of metric.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Circuits
import Foundation
import Inference
import TestSupport
import Testing

@testable import Attribution

@Suite struct GradientTests {
  static let tokens: [Int32] = [3, 49, 0, 7, 7, 21, 30]

  /// Every neuron at every position is a node, and all edges are kept.
  static func everything(_ metric: MetricSpecification, _ rule: AttributionRule) -> AttributionSettings {
    var settings = AttributionSettings()
    settings.metric = metric
    settings.rule = rule
    settings.selection = .floor(0)
    settings.verification = .none
    settings.maximumNodeCount = 0
    settings.edgeThreshold = 0
    return settings
  }

  static let direction = Direction(
    space: .vocabulary, values: (0..<50).map { Float(($0 * 37) % 11) / 10 - 0.5 })
  static let metrics: [MetricSpecification] = [
    .logProbability([]), .logProbability([4, 9]), .contrast(4, 9), .topLogits(count: 3), .direction(direction),
  ]

  /// Computes the metric from logits a second time, independently.
  private func value(_ metric: MetricSpecification, clean: [Float], at logits: [Float]) -> Double {
    let z = logits.map(Double.init)
    func logSum(_ values: [Double]) -> Double {
      let largest = values.max()!
      return largest + log(values.reduce(0) { $0 + exp($1 - largest) })
    }
    let order = clean.indices.sorted { clean[$0] > clean[$1] }
    return switch metric {
    case .topLogits(let count): order.prefix(count).reduce(0) { $0 + z[$1] }
    case .tokens(let tokens): tokens.reduce(0) { $0 + z[Int($1)] }
    case .contrast(let a, let b): z[Int(a)] - z[Int(b)]
    case .logProbability(let tokens):
      logSum((tokens.isEmpty ? [order[0]] : tokens.map { Int($0) }).map { z[$0] }) - logSum(z)
    case .direction(let direction): zip(direction.values, z).reduce(0) { $0 + Double($1.0) * $1.1 }
    }
  }

  /// Downloaded logits have Float32's precision and steps are a hundredth: about 1e-4 of a gradient of size one.
  static let differenceTolerance = 1e-3

  @Test(arguments: ConservationTests.models.indices, metrics)
  func gradientsAreThoseOfTheRealModel(model: Int, metric: MetricSpecification) throws {
    let oracle = Float64Backend()
    let transformer = Transformer(
      ConservationTests.models[model].checkpoint, backend: oracle, storage: .resident)
    let graph = try RelevancePropagation(transformer: transformer, backend: oracle)
      .graph(of: Self.tokens, settings: Self.everything(metric, .gradient))
    let trace = try transformer.forward(Self.tokens, on: oracle)
    let step: Float = 0.01
    // Check every seventh neuron at a position, which covers all layers and positions.
    let chosen = stride(from: 0, to: graph.neurons.count, by: 7).map { $0 }
    let sets = chosen.flatMap { i in
      [step, -step].map { amount in
        [
          Intervention(
            layer: Int(graph.neurons.layer[i]), index: Int(graph.neurons.index[i]),
            position: Int(graph.neurons.position[i]), operation: .add(amount))
        ]
      }
    }
    let logits = try transformer.logits(under: sets, over: trace, on: oracle)
    let scale = Double(graph.neurons.gradient.map(abs).max() ?? 1)
    try #require(scale > 0.01)
    for (k, i) in chosen.enumerated() {
      let (up, down) = (
        value(metric, clean: trace.logits, at: logits[2 * k]), value(metric, clean: trace.logits, at: logits[2 * k + 1])
      )
      let slope = (up - down) / (2 * Double(step))
      #expect(abs(slope - Double(graph.neurons.gradient[i])) < Self.differenceTolerance * max(1, scale))
      #expect(graph.neurons.gradientScore[i] == graph.neurons.activation[i] * graph.neurons.gradient[i])
    }
    #expect(abs(graph.metric.value - value(metric, clean: trace.logits, at: trace.logits)) < 1e-5)
  }

  /// The fast backend's gradients of both rules, whichever of them selects.
  @Test(arguments: ConservationTests.models.indices) func backendsAgreeOnBothScores(model: Int) throws {
    let checkpoint = ConservationTests.models[model].checkpoint
    func graph<B: ComputeBackend>(_ backend: B, _ rule: AttributionRule) throws -> AttributionGraph {
      try RelevancePropagation(
        transformer: Transformer(checkpoint, backend: backend, storage: .resident), backend: backend
      ).graph(of: Self.tokens, settings: Self.everything(.logProbability([]), rule))
    }
    let expected = try graph(Float64Backend(), .gradient)
    for rule in AttributionRule.allCases {
      let found = try graph(OpenBLASBackend(threadCount: 2), rule)
      #expect(found.rule == rule)
      for (a, b) in [
        (found.neurons.relp, expected.neurons.relp), (found.neurons.gradientScore, expected.neurons.gradientScore),
        (found.embeddingRelp, expected.embeddingRelp),
        (found.embeddingGradientScore, expected.embeddingGradientScore),
        (found.neurons.streamShare, expected.neurons.streamShare),
      ] {
        #expect(a.count == b.count)
        #expect((zip(a, b).map { abs($0 - $1) }.max() ?? 1) < 1e-4)
      }
    }
  }

  /// With every neuron a node, what flows into one sums to its score, and the effects on the metric to its linear part.
  @Test(arguments: metrics, AttributionRule.allCases)
  func flowsSumToScoresAndEffectsToValues(metric: MetricSpecification, rule: AttributionRule) throws {
    let oracle = Float64Backend()
    let graph = try RelevancePropagation(
      transformer: Transformer(ConservationTests.models[0].checkpoint, backend: oracle, storage: .resident),
      backend: oracle
    ).graph(of: Self.tokens, settings: Self.everything(metric, rule))
    var (flows, effects) = (
      [Double](repeating: 0, count: graph.nodeCount), [Double](repeating: 0, count: graph.nodeCount)
    )
    for e in 0..<graph.edges.count {
      flows[Int(graph.edges.target[e])] += Double(graph.edges.flow[e])
      effects[Int(graph.edges.target[e])] += Double(graph.edges.effect[e])
    }
    for i in 0..<graph.neurons.count { #expect(abs(flows[i] - Double(graph.score(ofNeuron: i))) < 1e-4) }
    let hasNode = metric != .contrast(4, 9) && metric != .topLogits(count: 3)
    #expect((graph.metricNode != nil) == hasNode)
    if let node = graph.metricNode {
      #expect(abs(effects[node] - graph.metric.linear) < 1e-4)
      #expect(flows[node] == effects[node])
    }
    if case .logProbability = metric, rule == .gradient {
      // Log p plus the entropy of what is left when the tokens are told apart by the metric's own weights.
      #expect(graph.metric.linear > graph.metric.value)
    }
    #expect(graph.conservation.directEffects < 1e-6)
    #expect(graph.conservation.nodeTotal < 1e-6)
    #expect(graph.conservation.layerCut < 1e-6)
    try graph.validate()
  }

  @Test func logProbabilityPlusEntropyIsTheLinearPart() throws {
    let logits: [Float] = [2, -1, 0.5, 3, 1]
    let reading = try MetricReading(
      .logProbability([]), logits: logits, position: 0, layerCount: 2, modelDimension: 4)
    let z = logits.map(Double.init)
    let total = z.reduce(0) { $0 + exp($1) }
    let p = z.map { exp($0) / total }
    #expect(abs(reading.metric.value - log(p[3])) < 1e-12)
    #expect(abs(reading.metric.linear - (log(p[3]) - p.reduce(0) { $0 + $1 * log($1) })) < 1e-6)
    #expect(reading.metric.targets.map(\.token) == [3, 0, 4, 2, 1])
    #expect(abs(Double(reading.metric.targets[0].weight) - (1 - p[3])) < 1e-7)
    #expect(abs(Double(reading.metric.targets[1].weight) + p[0]) < 1e-7)
    // So close to 1 that computing 1 - p would lose it.
    let sure = try MetricReading(
      .logProbability([0]), logits: [40, 0, 0, 0], position: 0, layerCount: 2, modelDimension: 4)
    #expect(abs(sure.metric.value / (-3 * exp(-40)) - 1) < 1e-9)
    #expect(abs(Double(sure.metric.targets[0].weight) / (3 * exp(-40)) - 1) < 1e-6)
  }

  /// A direction inside the model: nodes below its layer only, and its own position.
  @Test func aDirectionInTheStreamIsReadWhereItSays() throws {
    let oracle = Float64Backend()
    let transformer = Transformer(ConservationTests.models[0].checkpoint, backend: oracle, storage: .resident)
    let values = (0..<32).map { Float($0 % 5) - 2 }
    let direction = Direction(space: .residual, layer: 2, position: 4, values: values)
    var settings = Self.everything(.direction(direction), .gradient)
    settings.verification = .all
    let graph = try RelevancePropagation(transformer: transformer, backend: oracle)
      .graph(of: Self.tokens, settings: settings)
    #expect(graph.metric.position == 4)
    #expect(graph.neurons.layer.max() == 1)
    let trace = try transformer.forward(Array(Self.tokens.prefix(5)), on: oracle)
    let row = Region(oracle.makeBuffer(count: 32), stride: 32)
    trace.copyStream(before: 2, rows: 4..<5, on: oracle, into: row)
    let stream: [Float] = oracle.download(row, rows: 1, columns: 32)
    let expected = zip(stream, values).map { $0 * $1 }.reduce(0, +)
    #expect(abs(graph.metric.value - Double(expected)) < 1e-5)
    // In its own layer a neuron's effect is linear.
    for i in 0..<graph.neurons.count where graph.neurons.layer[i] == 1 && graph.neurons.position[i] == 4 {
      #expect(abs(graph.verified.zero[i] + graph.neurons.gradientScore[i]) < 1e-5)
    }
    #expect(throws: AttributionError.self) {
      _ = try RelevancePropagation(transformer: transformer, backend: oracle).graph(
        of: Self.tokens, settings: Self.everything(.direction(Direction(space: .residual, values: [1, 2])), .gradient))
    }
  }

  @Test(arguments: ConservationTests.models.indices, metrics)
  func verifiedChangesAreThoseOfWholePasses(model: Int, metric: MetricSpecification) throws {
    let oracle = Float64Backend()
    let checkpoint = ConservationTests.models[model].checkpoint
    let transformer = Transformer(checkpoint, backend: oracle, storage: .resident)
    let trace = try transformer.forward(Self.tokens, on: oracle)
    var settings = Self.everything(metric, .gradient)
    settings.selection = .top(40)
    settings.verification = .all
    settings.verifiedChanges = [.zero, .twice]
    let fast = OpenBLASBackend(threadCount: 2)
    let graph = try RelevancePropagation(
      transformer: Transformer(checkpoint, backend: fast, storage: .resident), backend: fast
    ).graph(of: Self.tokens, settings: settings)
    #expect(graph.verified.neuron == (0..<40).map { $0 })
    #expect(Set(graph.neurons.position).count > 2)
    for (factor, found) in [(Float(0), graph.verified.zero), (2, graph.verified.twice)] {
      let sets = (0..<40).map { i in
        [
          Intervention(
            layer: Int(graph.neurons.layer[i]), index: Int(graph.neurons.index[i]),
            position: Int(graph.neurons.position[i]), operation: .scale(factor))
        ]
      }
      let before = value(metric, clean: trace.logits, at: trace.logits)
      for (i, logits) in try transformer.logits(under: sets, over: trace, on: oracle).enumerated() {
        let expected = value(metric, clean: trace.logits, at: logits) - before
        #expect(abs(Double(found[i]) - expected) < 2e-4 * max(1, abs(expected)))
      }
    }
  }
}
