// autointerp
// `EdgeAggregateTests` tests the counts and sums of `EdgeAggregate` against values worked out by hand and a simple recount.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Circuits

@Suite struct EdgeAggregateTests {
  /// L0/N3 is at two positions of the fixture.
  private let early = NeuronID(layer: 0, index: 3)
  private let late = NeuronID(layer: 2, index: 1)

  @Test func aNeuronAtTwoPositionsAppearsOnce() throws {
    let aggregate = try Fixtures.aggregate(of: [Fixtures.delta()])
    let statistics = try #require(aggregate.statistics(of: early))
    #expect(statistics.prompts == 1)
    #expect(statistics.domainPrompts == 1)
    #expect(statistics.baselinePrompts == 0)
    #expect(statistics.occurrences == 2)
    #expect(statistics.relpSum == 1)
    #expect(statistics.absoluteRelpSum == 5)
    #expect(statistics.activationSum == 1)
    #expect([statistics.positiveRelp, statistics.negativeRelp] == [1, 1])
    #expect([statistics.positiveActivation, statistics.negativeActivation] == [1, 1])
    #expect(aggregate.neuronCount == 2)
  }

  @Test func flowsAreSummedOverPositionsBeforeAPromptIsCounted() throws {
    var aggregate = try Fixtures.aggregate(of: [Fixtures.delta()])
    // Token 5 is at positions 0 and 2: its flows 1, 0.25 and -1.5 make one flow of -0.25.
    let edge = try #require(aggregate.statistics(from: .embedding(token: 5), to: .neuron(early)))
    #expect(edge.prompts == 1)
    #expect(edge.occurrences == 3)
    #expect(edge.sum == -0.25)
    #expect(edge.absoluteSum == 0.25)
    #expect(edge.squareSum == 0.0625)
    #expect([edge.minimum, edge.maximum] == [-0.25, -0.25])
    #expect(edge.standardDeviation == 0)

    var second = Fixtures.delta(prompt: 1, origin: .baseline)
    second.graph.edges.flow[0] = 2
    try aggregate.merge(second)
    let both = try #require(aggregate.statistics(from: .embedding(token: 5), to: .neuron(early)))
    #expect([both.domainPrompts, both.baselinePrompts] == [1, 1])
    #expect(both.occurrences == 6)
    #expect(both.sum == 0.5)
    #expect(both.absoluteSum == 1)
    #expect(both.squareSum == 0.0625 + 0.5625)
    #expect([both.minimum, both.maximum] == [-0.25, 0.75])
    #expect(both.mean == 0.25)
    #expect(both.standardDeviation == 0.5)
  }

  @Test func totalsAddUp() throws {
    let aggregate = try Fixtures.aggregate(of: [
      Fixtures.delta(), Fixtures.delta(prompt: 4, origin: .baseline), Fixtures.delta(prompt: 2),
    ])
    let totals = aggregate.totals
    #expect([totals.domainPrompts, totals.baselinePrompts] == [2, 1])
    #expect([totals.tokens, totals.nodes, totals.edges, totals.candidateEdges] == [9, 9, 24, 60])
    #expect(totals.worstResidual == 3e-6)
    #expect(totals.leastKeptFlowShare == 0.8)
    // E_5 and E_7 to L0/N3, L0/N3 to L2/N1 and L_9, L2/N1 to L_7.
    #expect(aggregate.edgeCount == 5)
    #expect(aggregate.sortedPrompts().map(\.prompt) == [0, 2, 4])
    #expect(aggregate.neurons(inPrompt: 4) == [early, late])
    #expect(aggregate.residentBytes > 0)
  }

  @Test func edgesComeSortedBySourceThenTarget() throws {
    let aggregate = try Fixtures.aggregate(of: (0..<30).map { Fixtures.randomDelta(prompt: $0) })
    var seen: [(Endpoint, Endpoint)] = []
    aggregate.forEachEdge { source, target, statistics in
      seen.append((source, target))
      #expect(aggregate.statistics(from: source, to: target) == statistics)
    }
    #expect(seen.count == aggregate.edgeCount)
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func everyStatisticAgreesWithAPlainRecount() throws {
    let deltas = (0..<80).map { Fixtures.randomDelta(prompt: $0) }
    let aggregate = try Fixtures.aggregate(of: deltas)
    struct Key: Hashable {
      var source: Endpoint
      var target: Endpoint
    }
    var flows: [Key: [Int64]] = [:]
    var occurrences: [Key: Int] = [:]
    for delta in deltas {
      let graph = delta.graph
      func endpoint(_ node: Int32) -> Endpoint {
        let node = Int(node)
        if node < graph.neurons.count {
          return .neuron(layer: graph.neurons.layer[node], index: graph.neurons.index[node])
        }
        if node < graph.neurons.count + graph.tokens.count {
          return .embedding(token: graph.tokens[node - graph.neurons.count])
        }
        return .logit(token: graph.metric.targets[node - graph.neurons.count - graph.tokens.count].token)
      }
      var inPrompt: [Key: Int64] = [:]
      for edge in 0..<graph.edges.count {
        let key = Key(source: endpoint(graph.edges.source[edge]), target: endpoint(graph.edges.target[edge]))
        inPrompt[key, default: 0] += FixedPoint.number(graph.edges.flow[edge])
        occurrences[key, default: 0] += 1
      }
      for (key, flow) in inPrompt { flows[key, default: []].append(flow) }
    }
    #expect(aggregate.edgeCount == flows.count)
    for (key, numbers) in flows {
      let edge = try #require(aggregate.statistics(from: key.source, to: key.target))
      #expect(edge.prompts == numbers.count)
      #expect(edge.occurrences == UInt64(occurrences[key] ?? 0))
      #expect(edge.sumNumber == numbers.reduce(Int128(0)) { $0 + Int128($1) })
      #expect(edge.absoluteSumNumber == numbers.reduce(Int128(0)) { $0 + Int128(abs($1)) })
      #expect(edge.squareSumNumber == numbers.reduce(Int128(0)) { $0 + FixedPoint.square($1) })
      #expect(edge.minimumNumber == numbers.min())
      #expect(edge.maximumNumber == numbers.max())
    }
  }

  @Test func sumsAreExactWhereFloatingPointLosesEverything() throws {
    // In Float, 1e8 + 0.25 equals 1e8. The quarters must not get lost.
    var deltas = (0..<5).map { Fixtures.delta(prompt: $0) }
    let flows: [Float] = [100_000_000, 0.25, -100_000_000, 0.25, 0.25]
    for (place, flow) in flows.enumerated() { deltas[place].graph.edges.flow[7] = flow }
    let aggregate = try Fixtures.aggregate(of: deltas)
    let edge = try #require(aggregate.statistics(from: .neuron(early), to: .logit(token: 9)))
    #expect(edge.sum == 0.75)
    #expect(edge.absoluteSum == 200_000_000.75)
  }

  @Test func largestAllowedValuesDoNotOverflow() throws {
    let limit = Float(FixedPoint.limit)
    var deltas = (0..<40).map { Fixtures.delta(prompt: $0) }
    for place in deltas.indices {
      deltas[place].graph.edges.flow = [Float](repeating: 0, count: 7) + [limit.nextDown]
      deltas[place].graph.neurons.relp = [limit.nextDown, limit.nextDown, -limit.nextDown]
      deltas[place].graph.neurons.activation = [-limit.nextDown, -limit.nextDown, limit.nextDown]
    }
    let aggregate = try Fixtures.aggregate(of: deltas)
    let edge = try #require(aggregate.statistics(from: .neuron(early), to: .logit(token: 9)))
    #expect(edge.sum == 40 * Double(limit.nextDown))
    #expect(edge.standardDeviation == 0)
    #expect(aggregate.statistics(of: early)?.activationSum == -80 * Double(limit.nextDown))
  }

  /// The documented bound: `2^31` prompts with the largest flow still fit.
  @Test func fixedPointLeavesRoomForEveryPromptNumber() {
    let largest = FixedPoint.number(Float(FixedPoint.limit).nextDown)
    #expect(FixedPoint.square(largest).multipliedReportingOverflow(by: 1 << 31).overflow == false)
    #expect(Int128(largest).multipliedReportingOverflow(by: 1 << 62).overflow == false)
  }

  private static let conversions: [(value: Float, number: Int64)] = [
    (0, 0), (1, 4_294_967_296), (-1, -4_294_967_296), (0x1p-32, 1), (0x1p-33, 1), (-0x1p-33, -1), (0x1p-34, 0),
    (268_435_440, 1_152_921_435_887_370_240), (-1.5, -6_442_450_944),
  ]

  @Test(arguments: conversions)
  func fixedPointRoundsToTheNearestHalvesAway(value: Float, number: Int64) {
    #expect(FixedPoint.number(value) == number)
  }

  @Test(arguments: [0, 1, 20, 62, 63, 64, 80, 100, 126], [1, -1])
  func fastConversionAgreesWithTheExactOne(bits: Int, sign: Int) {
    for offset in [Int128(0), 1, 12_345] {
      let number = Int128(sign) * ((Int128(1) << Int128(bits)) + offset)
      // Two units in the last place, as documented.
      #expect(abs(FixedPoint.double(number) - Double(number)) <= 2 * Double(number).ulp)
    }
  }
}
