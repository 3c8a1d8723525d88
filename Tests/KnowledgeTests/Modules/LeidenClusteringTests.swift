// autointerp
// Tests of `WeightedGraph` and `LeidenClustering` on Zachary's karate club and against brute force.
// SPDX-License-Identifier: Apache-2.0

internal import Platform
internal import Testing

@testable import Knowledge

@Suite struct LeidenClusteringTests {
  /// Zachary's karate club (1977) with networkx's weights: ends and weight of each edge.
  private static let karate: [(Int, Int, Double)] = [
    (0, 1, 4), (0, 2, 5), (0, 3, 3), (0, 4, 3), (0, 5, 3), (0, 6, 3), (0, 7, 2), (0, 8, 2), (0, 10, 2), (0, 11, 3),
    (0, 12, 1), (0, 13, 3), (0, 17, 2), (0, 19, 2), (0, 21, 2), (0, 31, 2), (1, 2, 6), (1, 3, 3), (1, 7, 4),
    (1, 13, 5), (1, 17, 1), (1, 19, 2), (1, 21, 2), (1, 30, 2), (2, 3, 3), (2, 7, 4), (2, 8, 5), (2, 9, 1),
    (2, 13, 3), (2, 27, 2), (2, 28, 2), (2, 32, 2), (3, 7, 3), (3, 12, 3), (3, 13, 3), (4, 6, 2), (4, 10, 3),
    (5, 6, 5), (5, 10, 3), (5, 16, 3), (6, 16, 3), (8, 30, 3), (8, 32, 3), (8, 33, 4), (9, 33, 2), (13, 33, 3),
    (14, 32, 3), (14, 33, 2), (15, 32, 3), (15, 33, 4), (18, 32, 1), (18, 33, 2), (19, 33, 1), (20, 32, 3),
    (20, 33, 1), (22, 32, 2), (22, 33, 3), (23, 25, 5), (23, 27, 4), (23, 29, 3), (23, 32, 5), (23, 33, 4),
    (24, 25, 2), (24, 27, 3), (24, 31, 2), (25, 31, 7), (26, 29, 4), (26, 33, 2), (27, 33, 4), (28, 31, 2),
    (28, 33, 2), (29, 32, 4), (29, 33, 2), (30, 32, 3), (30, 33, 3), (31, 32, 4), (31, 33, 4), (32, 33, 5),
  ]

  private static let clubs = [
    0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  ]

  private static func club(weighted: Bool) -> WeightedGraph {
    WeightedGraph(
      nodeCount: 34, edges: karate.map { .init(first: $0.0, second: $0.1, weight: weighted ? $0.2 : 1) })
  }

  /// `networkx.community.modularity` 3.x of the two clubs.
  @Test func modularityIsThatOfNetworkx() {
    let (plain, weighted) = (Self.club(weighted: false), Self.club(weighted: true))
    #expect(abs(plain.modularity(of: Self.clubs) - 0.358_234_714_003_944_8) < 1e-12)
    #expect(abs(weighted.modularity(of: Self.clubs) - 0.391_437_566_762_242_06) < 1e-12)
    #expect(abs(plain.modularity(of: Self.clubs, resolution: 2) - -0.142_504_930_966_469_43) < 1e-12)
    #expect(WeightedGraph(nodeCount: 3, edges: []).modularity(of: [0, 1, 2]) == 0)
  }

  /// The optimum is known: igraph's `community_optimal_modularity` gives the same.
  @Test func theBestClustersOfTheKarateClubAreFound() throws {
    let graph = Self.club(weighted: false)
    let found = try LeidenClustering().membership(of: graph, resolution: 1, seed: 1)
    #expect(abs(graph.modularity(of: found) - 0.419_789_612_097_304_46) < 1e-12)
    #expect(Set(found).count == 4 && found[0] == 0)
  }

  @Test func equalSeedsGiveEqualClustersWhateverRanBefore() throws {
    let leiden = try LeidenClustering()
    var random = SeededRandom(seed: 9)
    var edges: [WeightedGraph.Edge] = []
    for first in 0..<60 {
      for second in (first + 1)..<60 where random.chance(0.08) {
        edges.append(.init(first: first, second: second, weight: 0.1 + random.unit()))
      }
    }
    let graph = WeightedGraph(nodeCount: 60, edges: edges)
    let first = try leiden.membership(of: graph, resolution: 1, seed: 4)
    for seed in 1...5 as ClosedRange<UInt64> {
      _ = try leiden.membership(of: graph, resolution: 1.5, seed: seed)
      #expect(try leiden.membership(of: graph, resolution: 1, seed: 4) == first)
    }
  }

  @Test(arguments: 1...6)
  func noDivisionOfASmallGraphIsBetter(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var edges: [WeightedGraph.Edge] = []
    for first in 0..<8 {
      for second in (first + 1)..<8 where random.chance(0.5) {
        edges.append(.init(first: first, second: second, weight: 0.2 + random.unit()))
      }
    }
    let graph = WeightedGraph(nodeCount: 8, edges: edges)
    var best = -Double.infinity
    func extend(_ labels: [Int]) {
      guard labels.count < 8 else {
        best = max(best, graph.modularity(of: labels))
        return
      }
      for label in 0...((labels.max() ?? -1) + 1) { extend(labels + [label]) }
    }
    extend([])
    let found = try LeidenClustering().membership(of: graph, resolution: 1, seed: 1)
    // The algorithm is no exhaustive search: it may miss the best by a little, and cannot exceed it.
    let quality = graph.modularity(of: found)
    #expect(quality <= best + 1e-9 && quality > best - 0.01)
  }

  @Test func higherResolutionGivesMoreClusters() throws {
    let (leiden, graph) = (try LeidenClustering(), Self.club(weighted: true))
    let counts = try [0.2, 1, 4].map { Set(try leiden.membership(of: graph, resolution: $0, seed: 1)).count }
    #expect(counts[0] < counts[1] && counts[1] < counts[2])
  }

  @Test func aMissingLibraryIsNamedWithItsPackage() {
    #expect(throws: ModuleError.self) { try LeidenClustering(library: "libigraph-missing.so") }
    do throws(ModuleError) {
      _ = try LeidenClustering(library: "libigraph-missing.so")
    } catch {
      #expect("\(error)".contains("libigraph-missing.so") && "\(error)".contains("install the package libigraph3"))
    }
    // Another library is not taken for it.
    do throws(ModuleError) {
      _ = try LeidenClustering(library: "libm.so.6")
      Issue.record("libm was taken for igraph")
    } catch {
      #expect("\(error)".contains("igraph 0.10 is needed"))
    }
  }

  @Test(arguments: 1...4)
  func rewiringKeepsDegreesAndWeightsAndMakesNoDoubleEdges(seed: UInt64) {
    let graph = Self.club(weighted: true)
    let other = graph.rewired(seed: seed)
    func degrees(_ graph: WeightedGraph) -> [Int] {
      (0..<34).map { node in graph.edges.count { $0.first == node || $0.second == node } }
    }
    #expect(degrees(other) == degrees(graph))
    #expect(other.edges.map(\.weight).sorted() == graph.edges.map(\.weight).sorted())
    #expect(Set(other.edges.map { [$0.first, $0.second] }).count == 78)
    #expect(other.edges.allSatisfy { $0.first < $0.second })
    let kept = Set(other.edges.map { [$0.first, $0.second] }).intersection(graph.edges.map { [$0.first, $0.second] })
    #expect(kept.count < 40 && other == graph.rewired(seed: seed))
  }
}
