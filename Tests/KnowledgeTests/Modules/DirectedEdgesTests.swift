// autointerp
// Tests of `DirectedEdges` and `MotifCensus`: counts against brute force, and random graphs that keep what they promise.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Platform
internal import Testing

@testable import Knowledge

@Suite struct DirectedEdgesTests {
  private static let layers = (0..<30).map { $0 / 5 }

  private func randomGraph(_ seed: UInt64, rate: Double = 0.3) -> DirectedEdges {
    var random = SeededRandom(seed: seed)
    var edges: [DirectedEdges.Edge] = []
    for source in 0..<30 {
      for target in 0..<30 where Self.layers[source] < Self.layers[target] && random.chance(rate) {
        edges.append(.init(source: source, target: target))
      }
    }
    return DirectedEdges(nodeCount: 30, edges: edges)
  }

  @Test(arguments: 1...4)
  func trianglesAreThoseOfBruteForce(seed: UInt64) {
    let graph = randomGraph(seed)
    let all = Set(graph.edges)
    func has(_ a: Int, _ b: Int) -> Bool { all.contains(.init(source: a, target: b)) }
    var triangles: [[Int]] = []
    for a in 0..<30 {
      for b in 0..<30 where has(a, b) {
        for c in 0..<30 where has(b, c) && has(a, c) { triangles.append([a, b, c]) }
      }
    }
    #expect(graph.triangles == triangles.count && triangles.count > 10)
    // Weights by which the strongest are known: the smallest of the three.
    var random = SeededRandom(seed: seed + 50)
    var weights: [Int: Float] = [:]
    for edge in graph.edges { weights[edge.source * 30 + edge.target] = Float(random.unit()) }
    func weight(_ t: [Int]) -> Float {
      min(weights[t[0] * 30 + t[1]] ?? 0, weights[t[1] * 30 + t[2]] ?? 0, weights[t[0] * 30 + t[2]] ?? 0)
    }
    let sorted = triangles.sorted {
      weight($0) != weight($1) ? weight($0) > weight($1) : $0.lexicographicallyPrecedes($1)
    }
    #expect(graph.strongestTriangles(weights, limit: 5) == Array(sorted.prefix(5)))
  }

  @Test(arguments: 1...4)
  func rewiringKeepsEdgesToEachLayerAndObeysTheRule(seed: UInt64) {
    let graph = randomGraph(seed)
    // Nodes whose numbers add up to a multiple of seven may not be joined, unless they are.
    let own = Set(graph.edges)
    func mayJoin(_ a: Int, _ b: Int) -> Bool {
      (a + b) % 7 != 0 || own.contains(.init(source: a, target: b))
    }
    let (other, swaps) = graph.rewired(layers: Self.layers, seed: seed, swapsPerEdge: 20, mayJoin: mayJoin)
    func counts(_ graph: DirectedEdges) -> [[Int]] {
      (0..<30).map { node in
        [graph.edges.count { $0.target == node }]
          + (0..<6).map { layer in graph.edges.count { $0.source == node && Self.layers[$0.target] == layer } }
      }
    }
    #expect(counts(other) == counts(graph) && swaps > graph.edges.count)
    #expect(Set(other.edges).count == graph.edges.count && Set(other.edges) != own)
    #expect(other.edges.allSatisfy { Self.layers[$0.source] < Self.layers[$0.target] && mayJoin($0.source, $0.target) })
  }

  /// Flows by which a neuron of layer 0 drives one of layer 1, and both the same one of layer 2, or another one.
  private func census(closed: Bool) throws -> MotifCensus {
    let size = 8
    let neurons = (0..<3).flatMap { layer in (0..<size).map { NeuronID(layer: layer, index: $0) } }
    var random = SeededRandom(seed: 2)
    let selected = neurons.map { _ in (0..<60).filter { _ in random.chance(0.7) } }
    let table = SelectionTable(neurons: neurons, strata: Array(repeating: 0, count: 60), selected: selected)
    var profiles = FlowProfiles(neurons: neurons, tokens: [], predictions: [])
    for prompt in 0..<60 {
      let rows = table.neurons(in: prompt)
      let flows = rows.flatMap { source in
        rows.filter { neurons[$0].layer > neurons[source].layer }.map { target -> (Int, Int, Float) in
          let (a, b) = (Int(neurons[source].index), Int(neurons[target].index))
          let steps = neurons[target].layer - neurons[source].layer
          // Of eight neurons of a layer, one is strongly connected.
          let wanted = steps == 2 ? (closed ? a : (a + 3) % size) : a
          return (source, target, b == wanted ? 4 : 0.1)
        }
      }
      profiles.add(
        SketchedGraph.graph(
          neurons: rows.map { neurons[$0] },
          flows: flows.map { flow in
            (rows.firstIndex(of: flow.0) ?? 0, rows.firstIndex(of: flow.1) ?? 0, flow.2)
          }), half: prompt % 2)
    }
    return try #require(MotifCensus(table: table, profiles: profiles, rounds: 39, seed: 1))
  }

  @Test func plantedTrianglesAreMoreThanChanceAndOpenChainsAreNot() throws {
    let closed = try census(closed: true)
    #expect(closed.edges == 24 && closed.chains == 8 && closed.triangles.value == 8)
    #expect(closed.isBeyondChance && closed.triangles.mean < 3)
    // Each is a neuron of every layer with the same index.
    #expect(closed.strongest.count == 6)
    for triangle in closed.strongest {
      let nodes = triangle.compactMap { NeuronID($0) }
      #expect(nodes.map(\.layer) == [0, 1, 2] && Set(nodes.map(\.index)).count == 1)
    }
    let open = try census(closed: false)
    #expect(open.edges == 24 && open.chains == 8 && open.triangles.value == 0 && !open.isBeyondChance)
  }
}
