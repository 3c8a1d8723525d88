// autointerp
// `MotifCensus` counts small patterns of edges between neurons, beside random graphs of the same degrees.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

/// Chains A -> B -> C, fans, and feed-forward triangles (a chain with A -> C) among the neurons of a run.
///
/// An edge counts if it is in three prompts and carries twice the flow that would be expected in them. The random graphs keep for
/// every neuron how many edges come in, and how many go out to each layer, and they join only neurons that are selected
/// together in three prompts. That fixes how many chains and fans there are; what they can tell is how many chains close to
/// triangles, and so only that has a p-value.
package struct MotifCensus: Codable, Equatable, Sendable {
  package var neurons: Int
  package var edges: Int
  package var chains: Int
  package var fanIns: Int
  package var fanOuts: Int
  package var triangles: AgainstChance
  /// The share of the exchanges of edges that was possible: with few, random graphs are nearly the real one.
  package var exchanged: Double
  /// Triangles whose weakest edge is strongest: A, B, C.
  package var strongest: [[String]]

  package var isBeyondChance: Bool { triangles.pValue <= ClassRule.largestQ }

  static let fewestPrompts = 3
  static let smallestRatio: Float = 2
  private static let swapsPerEdge = 20
  private static let listLength = 6

  /// Nil if there is no edge.
  init?(table: SelectionTable, profiles: FlowProfiles, rounds: Int, seed: UInt64) {
    var edges: [DirectedEdges.Edge] = []
    var weights: [Int: Float] = [:]
    let count = table.neurons.count
    for target in 0..<count {
      for source in 0..<count where profiles.drivers.prompts(target, source) >= Self.fewestPrompts {
        let sums = profiles.drivers.sums(target, source, .both)
        guard sums.flow >= Self.smallestRatio * sums.expected else { continue }
        edges.append(.init(source: source, target: target))
        weights[source * count + target] = profiles.drivers.excess(target, source, .both)
      }
    }
    guard !edges.isEmpty else { return nil }
    let graph = DirectedEdges(nodeCount: count, edges: edges)
    let layers = table.neurons.map { Int($0.layer) }
    var (random, exchanged): ([Double], Int) = ([], 0)
    for round in 0..<rounds {
      let (other, swaps) = graph.rewired(
        layers: layers, seed: seed &+ 2 &+ UInt64(round) &* 0xC2B2_AE35, swapsPerEdge: Self.swapsPerEdge
      ) { table.shared($0, $1) >= Self.fewestPrompts }
      random.append(Double(other.triangles))
      exchanged += swaps
    }
    let (incoming, outgoing) = graph.degrees
    neurons = zip(incoming, outgoing).count { $0 + $1 > 0 }
    self.edges = edges.count
    chains = zip(incoming, outgoing).reduce(0) { $0 + $1.0 * $1.1 }
    fanIns = incoming.reduce(0) { $0 + $1 * ($1 - 1) / 2 }
    fanOuts = outgoing.reduce(0) { $0 + $1 * ($1 - 1) / 2 }
    triangles = AgainstChance(Double(graph.triangles), random: random)
    self.exchanged = Double(exchanged) / Double(max(1, rounds * edges.count * Self.swapsPerEdge))
    strongest = graph.strongestTriangles(weights, limit: Self.listLength).map { triangle in
      triangle.map { "\(table.neurons[$0])" }
    }
  }
}

/// A directed graph without double edges.
struct DirectedEdges {
  struct Edge: Hashable {
    var source: Int
    var target: Int
  }

  let nodeCount: Int
  private(set) var edges: [Edge]

  init(nodeCount: Int, edges: [Edge]) {
    self.nodeCount = nodeCount
    self.edges = edges
  }

  var degrees: (incoming: [Int], outgoing: [Int]) {
    var (incoming, outgoing) = (Array(repeating: 0, count: nodeCount), Array(repeating: 0, count: nodeCount))
    for edge in edges {
      incoming[edge.target] += 1
      outgoing[edge.source] += 1
    }
    return (incoming, outgoing)
  }

  /// `[nodes]`: the targets of each as bits.
  private var rows: (out: [[UInt64]], in: [[UInt64]]) {
    let width = (nodeCount + 63) / 64
    var out = Array(repeating: Array(repeating: UInt64(0), count: width), count: nodeCount)
    var `in` = out
    for edge in edges {
      out[edge.source][edge.target / 64] |= 1 << UInt64(edge.target % 64)
      `in`[edge.target][edge.source / 64] |= 1 << UInt64(edge.source % 64)
    }
    return (out, `in`)
  }

  /// Triples with A -> B, B -> C and A -> C.
  ///
  /// - Complexity: O(edges * nodes / 64)
  var triangles: Int {
    let rows = rows
    return edges.reduce(0) { sum, edge in
      sum + zip(rows.out[edge.source], rows.in[edge.target]).reduce(0) { $0 + ($1.0 & $1.1).nonzeroBitCount }
    }
  }

  /// The triangles with the largest smallest weight, by `source * nodeCount + target`.
  func strongestTriangles(_ weights: [Int: Float], limit: Int) -> [[Int]] {
    let rows = rows
    var found: [(nodes: [Int], weight: Float)] = []
    for edge in edges {
      let direct = weights[edge.source * nodeCount + edge.target] ?? 0
      if found.count >= limit, let last = found.last, direct <= last.weight { continue }
      for word in rows.out[edge.source].indices {
        var bits = rows.out[edge.source][word] & rows.in[edge.target][word]
        while bits != 0 {
          let middle = word * 64 + bits.trailingZeroBitCount
          bits &= bits - 1
          let weight = min(
            direct, weights[edge.source * nodeCount + middle] ?? 0, weights[middle * nodeCount + edge.target] ?? 0)
          found.append(([edge.source, middle, edge.target], weight))
        }
      }
      found.sort { $0.weight != $1.weight ? $0.weight > $1.weight : $0.nodes.lexicographicallyPrecedes($1.nodes) }
      found = Array(found.prefix(limit))
    }
    return found.map(\.nodes)
  }

  /// A random graph of the same degrees: two edges whose targets lie in one layer exchange their targets, if both new pairs may be
  /// joined. Edges therefore still go up, and every node keeps its number of edges to each layer.
  func rewired(
    layers: [Int], seed: UInt64, swapsPerEdge: Int, mayJoin: (Int, Int) -> Bool
  ) -> (graph: DirectedEdges, swaps: Int) {
    var random = SplitMix64(seed: seed)
    func below(_ count: Int) -> Int { Int(random.next().multipliedFullWidth(by: UInt64(count)).high) }
    var (edges, present, swaps) = (edges, Set(edges), 0)
    // By the layer of the target, which no exchange changes.
    var places: [Int: [Int]] = [:]
    for (place, edge) in edges.enumerated() { places[layers[edge.target], default: []].append(place) }
    for (_, members) in places.sorted(by: { $0.key < $1.key }) where members.count > 1 {
      for _ in 0..<(members.count * swapsPerEdge) {
        let (i, j) = (members[below(members.count)], members[below(members.count)])
        let first = Edge(source: edges[i].source, target: edges[j].target)
        let second = Edge(source: edges[j].source, target: edges[i].target)
        guard edges[i].source != edges[j].source, edges[i].target != edges[j].target, !present.contains(first),
          !present.contains(second), mayJoin(first.source, first.target), mayJoin(second.source, second.target)
        else { continue }
        present.remove(edges[i])
        present.remove(edges[j])
        present.insert(first)
        present.insert(second)
        (edges[i], edges[j]) = (first, second)
        swaps += 1
      }
    }
    return (DirectedEdges(nodeCount: nodeCount, edges: edges), swaps)
  }
}
