// autointerp
// `WeightedGraph` is an undirected graph with weights; it computes modularity and random graphs of the same degrees.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

/// No loops, no double edges.
package struct WeightedGraph: Equatable, Sendable {
  package struct Edge: Equatable, Sendable {
    /// The smaller one.
    package var first: Int
    package var second: Int
    package var weight: Double
  }

  package let nodeCount: Int
  package private(set) var edges: [Edge]

  /// - Parameters:
  ///   - nodeCount: nodes are numbered from 0.
  ///   - edges: `first < second < nodeCount`, positive weights, no pair twice.
  package init(nodeCount: Int, edges: [Edge]) {
    precondition(edges.allSatisfy { 0 <= $0.first && $0.first < $0.second && $0.second < nodeCount && $0.weight > 0 })
    self.nodeCount = nodeCount
    self.edges = edges
  }

  package var totalWeight: Double { edges.reduce(0) { $0 + $1.weight } }

  /// `[nodes]`: the weights of a node's edges together.
  package var strengths: [Double] {
    var strengths = Array(repeating: 0.0, count: nodeCount)
    for edge in edges {
      strengths[edge.first] += edge.weight
      strengths[edge.second] += edge.weight
    }
    return strengths
  }

  /// The share of weight within clusters, minus what it would be if ends were joined at random: with `m` the weight of all
  /// edges, `w` that within a cluster and `d` the strength of its nodes, the sum over clusters of `w / m - r (d / 2m)^2` (Newman
  /// and Girvan 2004; `r` is the resolution of Reichardt and Bornholdt 2006). 0 without edges.
  package func modularity(of membership: [Int], resolution: Double = 1) -> Double {
    let total = totalWeight
    guard total > 0 else { return 0 }
    let clusterCount = (membership.max() ?? -1) + 1
    var within = Array(repeating: 0.0, count: clusterCount)
    var strength = within
    for (node, value) in strengths.enumerated() { strength[membership[node]] += value }
    for edge in edges where membership[edge.first] == membership[edge.second] {
      within[membership[edge.first]] += edge.weight
    }
    return zip(within, strength).reduce(0) { sum, cluster in
      let share = cluster.1 / (2 * total)
      return sum + cluster.0 / total - resolution * share * share
    }
  }

  /// How many exchanges are tried for each edge of a random graph.
  static let swapsPerEdge = 20

  /// A random graph in which every node has as many edges, and the same weights occur: pairs of edges exchange ends, unless that
  /// made a loop or a double edge (Maslov and Sneppen 2002).
  ///
  /// - Complexity: O(edges)
  package func rewired(seed: UInt64) -> WeightedGraph {
    guard edges.count > 1 else { return self }
    var random = SplitMix64(seed: seed)
    func below(_ count: Int) -> Int { Int(random.next().multipliedFullWidth(by: UInt64(count)).high) }
    func key(_ a: Int, _ b: Int) -> Int { min(a, b) * nodeCount + max(a, b) }
    var edges = edges
    var present = Set(edges.map { key($0.first, $0.second) })
    for _ in 0..<(edges.count * Self.swapsPerEdge) {
      let (i, j) = (below(edges.count), below(edges.count))
      let (a, b) = (edges[i].first, edges[i].second)
      var (c, d) = (edges[j].first, edges[j].second)
      if random.next() & 1 == 1 { swap(&c, &d) }
      guard a != c, a != d, b != c, b != d, !present.contains(key(a, d)), !present.contains(key(c, b)) else { continue }
      present.remove(key(a, b))
      present.remove(key(c, d))
      present.insert(key(a, d))
      present.insert(key(c, b))
      edges[i] = Edge(first: min(a, d), second: max(a, d), weight: edges[i].weight)
      edges[j] = Edge(first: min(c, b), second: max(c, b), weight: edges[j].weight)
    }
    return WeightedGraph(nodeCount: nodeCount, edges: edges.sorted { ($0.first, $0.second) < ($1.first, $1.second) })
  }
}
