// autointerp
// Tests of `RunIndex.paths`: it finds the chains that a search through all chains finds, and counts the sinks it avoids.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Platform
internal import TestSupport
internal import Testing

@testable import RunIndex

@Suite struct FlowChainTests {
  private static let target = Endpoint.logit(token: 20)

  private static func neuron(_ layer: Int, _ index: Int) -> NeuronID { NeuronID(layer: layer, index: index) }
  private static func end(_ layer: Int, _ index: Int) -> Endpoint { .neuron(neuron(layer, index)) }

  /// The edges into each node, with |flow|.
  private typealias Flows = [Endpoint: [(source: Endpoint, flow: Double)]]

  private static func shares(_ flows: Flows) -> [Endpoint: [(source: Endpoint, share: Double)]] {
    flows.mapValues { edges in
      let total = edges.reduce(0) { $0 + $1.flow }
      return edges.map { (source: $0.source, share: $0.flow / total) }.sorted { $0.share > $1.share }
    }
  }

  private static func search(
    _ flows: Flows, from source: Endpoint, longest: Int, limit: Int, avoided: Set<NeuronID> = []
  ) throws -> (ways: [ChainSearch.Way], avoided: Set<NeuronID>) {
    let shares = shares(flows)
    return try RunIndex.strongest(
      ChainSearch(
        sources: [source], targets: [target], longest: longest, limit: limit, avoided: avoided,
        incoming: { shares[$0] ?? [] }), limit: limit)
  }

  /// The strengths of all chains, the largest first.
  private static func allStrengths(_ flows: Flows, from source: Endpoint, longest: Int) -> [Double] {
    let shares = shares(flows)
    var found: [Double] = []
    func visit(_ node: Endpoint, _ strength: Double, _ edges: Int) {
      if node == source { return found.append(strength) }
      guard edges < longest else { return }
      for edge in shares[node] ?? [] where edge.source.kind == .neuron && edge.share >= RunIndex.smallestShare {
        visit(edge.source, strength * edge.share, edges + 1)
      }
    }
    visit(target, 1, 0)
    return found.sorted(by: >)
  }

  @Test(arguments: 0..<200)
  func chainsAreThoseOfASearchThroughAllOfThem(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    let layers = random.integer(in: 2...5)
    let nodes = (0..<layers).map { layer in (0..<random.integer(in: 1...3)).map { Self.end(layer, $0) } }
    var flows: Flows = [:]
    for (layer, targets) in (nodes + [[Self.target]]).enumerated() {
      for target in targets {
        for source in nodes.prefix(layer).joined() where random.unit() < 0.7 {
          // Over many sizes, so that some shares are below those that are tried first.
          let flow = 1 / (1 + 1e4 * random.unit() * random.unit() * random.unit())
          flows[target, default: []].append((source: source, flow: flow))
        }
      }
    }
    for longest in 1...5 {
      for limit in 1...4 {
        let expected = Self.allStrengths(flows, from: nodes[0][0], longest: longest)
        let found = try Self.search(flows, from: nodes[0][0], longest: longest, limit: limit).ways.map(\.strength)
        #expect(found.count == min(limit, expected.count), "longest \(longest), limit \(limit)")
        for (a, b) in zip(found, expected) {
          #expect(
            abs(a - b) <= 1e-12 * b, "longest \(longest), limit \(limit): \(found), not \(expected.prefix(limit))")
        }
      }
    }
  }

  /// From L1/N0 the way over L2/N0 is the stronger one, but only the direct edge leaves room for another edge below.
  @Test func aStrongWayThatIsFullDoesNotReplaceAWeakerOneWithRoom() throws {
    let flows: Flows = [
      Self.target: [(source: Self.end(2, 0), flow: 0.9), (source: Self.end(1, 0), flow: 0.1)],
      Self.end(2, 0): [(source: Self.end(1, 0), flow: 1)], Self.end(1, 0): [(source: Self.end(0, 0), flow: 1)],
    ]
    let found = try Self.search(flows, from: Self.end(0, 0), longest: 2, limit: 1).ways
    #expect(found.map(\.nodes) == [[Self.end(0, 0), Self.end(1, 0), Self.target]])
  }

  @Test func theStrongestChainIsFoundWithItsShares() throws {
    let folder = try RunIndexTests.Folder()
    try SampleRun.write(to: folder.run).close()
    let index = try RunIndex.open(folder.run)
    func paths(from source: Endpoint, to target: Endpoint, longest: Int) throws -> [FlowChain] {
      try index.paths(from: [source], to: [target], longest: longest, limit: 5, avoidsSinks: false).chains
    }
    let found = try paths(from: Self.end(0, 1), to: Self.target, longest: 5)
    #expect(found.map { $0.nodes.map(\.id) } == [["L0/N1", "L1/N2", "L_20"], ["L0/N1", "L1/N2", "L2/N3", "L_20"]])
    // Into L1/N2: 20 * 0.3 from L0/N1, 40 * 0.1 from a token. Into the logit: 40 * 0.6 and 14 * 0.2.
    let strength = 0.6 * (24 / 26.8)
    #expect(abs((found.first?.strength ?? 0) - strength) < 1e-6)
    #expect(found.map(\.commonPrompts) == [20, 7])
    #expect(try paths(from: Self.end(2, 3), to: Self.end(0, 1), longest: 5).isEmpty)
    #expect(try paths(from: Self.end(0, 1), to: Self.target, longest: 1).isEmpty)
  }

  @Test func sinksAreAvoidedAndCounted() throws {
    let folder = try RunIndexTests.Folder()
    let atlas = try SampleRun.write(to: folder.run, merging: 0..<0)
    var sketch = GraphSketch()
    for index in 1...4 { sketch.add(Self.neuron(1, index)) }
    sketch.add(Self.neuron(1, 0), activation: 900)
    for (index, flow) in [(0, Float(0.9)), (1, 0.1)] {
      sketch.connect(.neuron(Self.neuron(0, 0)), .neuron(Self.neuron(1, index)), flow: flow)
      sketch.connect(.neuron(Self.neuron(1, index)), .logit, flow: flow)
    }
    try SampleRun.merge(
      (0..<20).map { sketch.delta(prompt: $0, origin: $0 % 2 == 0 ? .domain : .baseline) }, into: atlas)
    let index = try RunIndex.open(folder.run)
    #expect(try index.sinks().all.map(\.neuron) == [Self.neuron(1, 0)])
    func paths(avoidsSinks: Bool) throws -> FlowChains {
      try index.paths(
        from: [Self.end(0, 0)], to: [Self.target], longest: 5, limit: 3, avoidsSinks: avoidsSinks)
    }
    let without = try paths(avoidsSinks: true)
    #expect(without.chains.map { $0.nodes.map(\.id) } == [["L0/N0", "L1/N1", "L_20"]] && without.sinksLeftOut == 1)
    let with = try paths(avoidsSinks: false)
    #expect(with.chains.map { $0.nodes[1].id } == ["L1/N0", "L1/N1"] && with.sinksLeftOut == 0)
  }
}
