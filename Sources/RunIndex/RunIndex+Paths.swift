// autointerp
// `RunIndex.paths` finds the strongest chains of edges that lead from some neurons or tokens to others.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import GRDB

extension RunIndex {
  /// Shares in the |flow| into a target from which on edges are followed. If the larger ones lead nowhere, the next is tried;
  /// edges below the last are never followed.
  static let smallestShares = [0.005, 0.0005, 0.00005]
  /// The smallest share of an edge that chains may have.
  package static var smallestShare: Double { smallestShares[smallestShares.count - 1] }

  /// The strongest chains from any of `sources` to any of `targets`, of those whose edges all have at least `smallestShare`.
  ///
  /// A chain has at most `longest` edges. With `avoidsSinks`, sinks are no inner nodes; they still count in the flow that shares
  /// are of.
  package func paths(
    from sources: Set<Endpoint>, to targets: Set<Endpoint>, longest: Int, limit: Int, avoidsSinks: Bool
  ) throws -> FlowChains {
    let sinks = avoidsSinks ? try sinks().neurons : []
    let found = try read { db in
      var known: [Endpoint: [(source: Endpoint, share: Double)]] = [:]
      let search = ChainSearch(
        sources: sources, targets: targets, longest: longest, limit: limit, avoided: sinks,
        incoming: { node in
          if let edges = known[node] { return edges }
          let edges = try Self.incoming(node, db)
          known[node] = edges
          return edges
        })
      return try Self.strongest(search, limit: limit)
    }
    return FlowChains(chains: try found.ways.map(chain), sinksLeftOut: found.avoided.count)
  }

  /// Tries large shares first, because they keep the search small, and then all shares that could still give a stronger way:
  /// a way is at most as strong as each of its edges.
  static func strongest(
    _ search: ChainSearch, limit: Int
  ) throws -> (ways: [ChainSearch.Way], avoided: Set<NeuronID>) {
    var found: (ways: [ChainSearch.Way], avoided: Set<NeuronID>) = ([], [])
    for share in smallestShares {
      found = try search.ways(smallestShare: share)
      guard found.ways.count == limit, let weakest = found.ways.last?.strength else { continue }
      if weakest >= share || share == smallestShare { return found }
      return try search.ways(smallestShare: max(weakest, smallestShare), weakest: weakest)
    }
    return found
  }

  private static func incoming(_ node: Endpoint, _ db: Database) throws -> [(source: Endpoint, share: Double)] {
    let statement = try db.cachedStatement(
      sql: """
        WITH total AS MATERIALIZED (SELECT sum(absolute_flow_sum) AS flow FROM edge WHERE target = :target)
        SELECT source, absolute_flow_sum / flow AS share FROM edge, total
        WHERE target = :target AND flow > 0 AND absolute_flow_sum >= :smallest * flow ORDER BY share DESC, source
        """)
    return try Row.fetchAll(statement, arguments: ["target": node.stored, "smallest": smallestShare]).map {
      (source: Endpoint(stored: $0[0]), share: $0[1] as Double)
    }
  }

  private func chain(_ way: ChainSearch.Way) throws -> FlowChain {
    var edges: [EdgeRow] = []
    var shares: [Double] = []
    for (source, target) in zip(way.nodes, way.nodes.dropFirst()) {
      guard let edge = try edge(from: source, to: target) else { continue }
      edges.append(edge)
      let all = try read {
        try Double.fetchOne(
          $0, sql: "SELECT sum(absolute_flow_sum) FROM edge WHERE target = ?", arguments: [target.stored]) ?? 0
      }
      shares.append(all > 0 ? edge.statistics.absoluteSum / all : 0)
    }
    let neurons = way.nodes.filter { $0.kind == .neuron }
    let common = try read { db in
      try Int.fetchOne(
        db,
        sql: """
          SELECT count(*) FROM (SELECT prompt FROM occurrence WHERE node IN (SELECT value FROM json_each(?))
            GROUP BY prompt HAVING count(DISTINCT node) = ?)
          """, arguments: [Self.list(neurons.map(\.stored)), neurons.count]) ?? 0
    }
    return FlowChain(
      nodes: try read { db in try way.nodes.map { try Self.named($0, db) } }, edges: edges, shares: shares,
      commonPrompts: common)
  }
}
