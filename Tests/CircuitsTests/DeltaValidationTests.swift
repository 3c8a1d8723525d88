// autointerp
// `DeltaValidationTests` tests that every kind of invalid delta is refused with a reason and changes nothing.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Circuits

/// A way to break the fixture, and words that the reason must contain.
struct BrokenDelta: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var reason: String
  var change: @Sendable (inout EdgeDelta) -> Void

  init(_ name: String, _ reason: String, _ change: @escaping @Sendable (inout EdgeDelta) -> Void) {
    testDescription = name
    self.reason = reason
    self.change = change
  }

  static let all: [BrokenDelta] = [
    BrokenDelta("negative prompt", "prompt") { $0.prompt = -1 },
    BrokenDelta("no tokens", "tokens") { delta in
      delta.graph.tokens = []
      delta.graph.embeddingRelp = []
    },
    BrokenDelta("negative token", "token at position 1") { $0.graph.tokens[1] = -7 },
    BrokenDelta("too few embedding scores", "embedding relp") { $0.graph.embeddingRelp.removeLast() },
    BrokenDelta("embedding score not finite", "position 2") { $0.graph.embeddingRelp[2] = .nan },
    BrokenDelta("metric not finite", "metric value") { $0.graph.metric.value = .infinity },
    BrokenDelta("metric behind the end", "metric position") { $0.graph.metric.position = 3 },
    BrokenDelta("metric before the start", "metric position") { $0.graph.metric.position = -1 },
    BrokenDelta("target traced twice", "target 1") { $0.graph.metric.targets[1].token = 7 },
    BrokenDelta("negative target", "target 0") { $0.graph.metric.targets[0].token = -1 },
    BrokenDelta("logit not finite", "target 1") { $0.graph.metric.targets[1].logit = .nan },
    BrokenDelta("weight not finite", "target 1") { $0.graph.metric.targets[1].weight = .infinity },
    BrokenDelta("probability over 1", "probability") { $0.graph.metric.targets[0].probability = 1.5 },
    BrokenDelta("probability not a number", "probability") { $0.graph.metric.targets[0].probability = .nan },
    BrokenDelta("short index column", "column index") { $0.graph.neurons.index.removeLast() },
    BrokenDelta("short position column", "column position") { $0.graph.neurons.position.removeLast() },
    BrokenDelta("long activation column", "column activation") { $0.graph.neurons.activation.append(1) },
    BrokenDelta("short gradient column", "column gradient") { $0.graph.neurons.gradient.removeLast() },
    BrokenDelta("short relp column", "column relp") { $0.graph.neurons.relp.removeLast() },
    BrokenDelta("negative layer", "neuron 0") { $0.graph.neurons.layer[0] = -1 },
    BrokenDelta("absurd layer", "neuron 2") { $0.graph.neurons.layer[2] = 1 << 20 },
    BrokenDelta("negative index", "neuron 1") { $0.graph.neurons.index[1] = -3 },
    BrokenDelta("neuron behind the end", "neuron 2") { $0.graph.neurons.position[2] = 3 },
    BrokenDelta("neurons out of order", "order") { $0.graph.neurons.position[1] = 0 },
    BrokenDelta("neuron twice", "order") { $0.graph.neurons.position[1] = 1 },
    BrokenDelta("activation not a number", "neuron 1") { $0.graph.neurons.activation[1] = .nan },
    BrokenDelta("relp over the limit", "neuron 0") { $0.graph.neurons.relp[0] = Float(FixedPoint.limit) },
    BrokenDelta("gradient not finite", "neuron 0") { $0.graph.neurons.gradient[0] = -.infinity },
    BrokenDelta("short target column", "column target") { $0.graph.edges.target.removeLast() },
    BrokenDelta("short effect column", "column effect") { $0.graph.edges.effect.removeLast() },
    BrokenDelta("long flow column", "column flow") { $0.graph.edges.flow.append(0) },
    BrokenDelta("unknown source", "node numbers") { $0.graph.edges.source[7] = 8 },
    BrokenDelta("unknown target", "node numbers") { $0.graph.edges.target[7] = 8 },
    BrokenDelta("negative source", "node numbers") { $0.graph.edges.source[0] = -1 },
    BrokenDelta("negative target", "node numbers") { $0.graph.edges.target[0] = -1 },
    BrokenDelta("edge twice", "order by target") { $0.graph.edges.source[1] = 3 },
    BrokenDelta("edges out of order", "order by target") { $0.graph.edges.target[7] = 2 },
    BrokenDelta("edge into an embedding", "lower layer") { delta in
      delta.graph.edges.source[6] = 0
      delta.graph.edges.target[6] = 5
    },
    BrokenDelta("edge out of a logit", "lower layer") { $0.graph.edges.source[7] = 6 },
    BrokenDelta("edge to itself", "lower layer") { $0.graph.edges.source[5] = 2 },
    BrokenDelta("edge within a layer", "lower layer") { $0.graph.edges.source[2] = 0 },
    BrokenDelta("edge backwards in position", "no later position") { $0.graph.edges.source[1] = 5 },
    BrokenDelta("effect not finite", "edge 4") { $0.graph.edges.effect[4] = .nan },
    BrokenDelta("flow not finite", "edge 4") { $0.graph.edges.flow[4] = .infinity },
    BrokenDelta("flows over the limit", "summed |flow|") { delta in
      delta.graph.edges.flow[0] = 200_000_000
      delta.graph.edges.flow[4] = -200_000_000
    },
    BrokenDelta("verified node without a reason", "verified column reason") { $0.graph.verified.neuron = [1] },
    BrokenDelta("reason of none", "a reason from 1 to 3") { $0.verify([0, 2], reasons: [1, 0]) },
    BrokenDelta("reason of another kind", "a reason from 1 to 3") { $0.verify([0, 2], reasons: [4, 1]) },
    BrokenDelta("verified node twice", "ascending numbers") { $0.verify([1, 1], reasons: [1, 2]) },
    BrokenDelta("verified nodes out of order", "ascending numbers") { $0.verify([2, 0], reasons: [1, 2]) },
    BrokenDelta("verified node that is no neuron", "ascending numbers") { $0.verify([3], reasons: [1]) },
    BrokenDelta("negative verified node", "ascending numbers") { $0.verify([-1], reasons: [1]) },
    BrokenDelta("removal of another node", "verified column zero") { delta in
      delta.verify([0, 2], reasons: [1, 2])
      delta.graph.verified.zero = [1]
    },
    BrokenDelta("doubling not a number", "verified node 1") { delta in
      delta.verify([0, 2], reasons: [3, 3])
      delta.graph.verified.twice = [1, .nan]
    },
    BrokenDelta("mean over the limit", "verified node 0") { delta in
      delta.verify([0], reasons: [2])
      delta.graph.verified.mean = [268_435_456]
    },
    BrokenDelta("residual not a number", "node total") { $0.graph.conservation.nodeTotal = .nan },
    BrokenDelta("residual negative", "layer cut") { $0.graph.conservation.layerCut = -1 },
    BrokenDelta("residual not finite", "direct effects") { $0.graph.conservation.directEffects = .infinity },
    BrokenDelta("fewer candidates than neurons", "candidate neurons") { $0.graph.counts.candidateNeurons = 2 },
    BrokenDelta("fewer candidates than edges", "candidate edges") { $0.graph.counts.candidateEdges = 7 },
    BrokenDelta("share over 1", "score") { $0.graph.counts.keptScoreShare = 1.5 },
    BrokenDelta("share not a number", "flow") { $0.graph.counts.keptFlowShare = .nan },
    BrokenDelta("no text for a prompt token", "token 5") { $0.vocabulary.removeFirst() },
    BrokenDelta("no text for a logit", "token 9") { $0.vocabulary.removeLast() },
    BrokenDelta("vocabulary out of order", "vocabulary entry 1") { $0.vocabulary.swapAt(0, 1) },
    BrokenDelta("text twice", "vocabulary entry 1") { $0.vocabulary[1].id = 5 },
    BrokenDelta("negative id in the vocabulary", "vocabulary entry 0") { $0.vocabulary[0].id = -5 },
    BrokenDelta("endless text", "vocabulary entry 2") {
      $0.vocabulary[2].text = String(repeating: "x", count: EdgeDelta.maximumTokenTextBytes + 1)
    },
  ]
}

@Suite struct DeltaValidationTests {
  @Test(arguments: BrokenDelta.all)
  func aMalformedDeltaIsRefusedWithAReasonAndChangesNothing(broken: BrokenDelta) throws {
    var aggregate = try Fixtures.aggregate(of: [Fixtures.delta(prompt: 1)])
    let before = aggregate
    var delta = Fixtures.delta(prompt: 2)
    broken.change(&delta)
    let error = try #require(throws: CircuitError.self) { try aggregate.merge(delta) }
    guard case .malformedGraph = error else {
      Issue.record("\(error) is not about the graph")
      return
    }
    #expect(error.description.contains(broken.reason), "\(error)")
    #expect(aggregate == before)
    #expect(throws: error) { try delta.validate() }
  }

  @Test func theFixturesAreValid() throws {
    try Fixtures.delta().validate()
    for prompt in 0..<40 { try Fixtures.randomDelta(prompt: Int32(prompt)).validate() }
  }

  @Test func aGraphWithoutNeuronsAndEdgesIsMerged() throws {
    var delta = Fixtures.delta()
    delta.graph.neurons = NeuronColumns()
    delta.graph.edges = EdgeColumns()
    let aggregate = try Fixtures.aggregate(of: [delta])
    #expect(aggregate.promptCount == 1)
    #expect(aggregate.neuronCount == 0)
  }
}

extension EdgeDelta {
  fileprivate mutating func verify(_ neurons: [Int32], reasons: [Int32]) {
    graph.verified.neuron = neurons
    graph.verified.reason = reasons
    graph.verified.zero = neurons.map { _ in 0.5 }
  }
}
