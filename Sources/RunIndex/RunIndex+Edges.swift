// autointerp
// `RunIndex.edges` lists edges of a run by what flows along them, between chosen sources and targets or all.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import GRDB

/// An edge with the texts of its tokens.
package struct EdgeRow: Equatable, Sendable {
  package var source: NamedEnd
  package var target: NamedEnd
  package var statistics: EdgeStatistics

  /// Prompts that have the edge.
  package var prompts: Int { statistics.prompts }
}

/// One end of an edge: a neuron, or a token with its text.
package struct NamedEnd: Hashable, Sendable {
  package var endpoint: Endpoint
  /// Nil for neurons and the metric.
  package var text: String?

  /// `neuron`, `token`, `logit` or `metric`.
  package var kind: String {
    switch endpoint.kind {
    case .neuron: "neuron"
    case .embedding: "token"
    case .logit: "logit"
    case .metric: "metric"
    }
  }

  /// `L29/N729`, `E_504`, `L_791` or `M`: the same everywhere.
  package var id: String { endpoint.neuron.map { "\($0)" } ?? "\(endpoint)" }
}

/// Which edges to list.
package struct EdgeSearch: Equatable, Sendable {
  package enum Order: String, CaseIterable, Sendable {
    /// The largest summed |flow| first.
    case flow
    /// The most prompts first.
    case prompts
  }

  package var sources: [Endpoint]?
  package var targets: [Endpoint]?
  package var order = Order.flow
  package var fewestPrompts = 1
  package var includesSinks = true

  package init() {}
}

extension RunIndex {
  /// A page of edges, and how many there are in all.
  package func edges(_ search: EdgeSearch, offset: Int = 0, limit: Int) throws -> (rows: [EdgeRow], total: Int) {
    var conditions = ["domain_prompts + baseline_prompts + other_prompts >= :fewest"]
    var arguments: StatementArguments = ["fewest": search.fewestPrompts]
    for (column, ends) in [("source", search.sources), ("target", search.targets)] {
      guard let ends else { continue }
      conditions.append("\(column) IN (SELECT value FROM json_each(:\(column)))")
      arguments = arguments.merged(with: [column: Self.list(ends.map(\.stored))])
      // The ends that were asked for may be sinks.
    }
    if !search.includesSinks {
      if search.sources == nil { conditions.append("source NOT IN (SELECT node FROM sink)") }
      if search.targets == nil { conditions.append("target NOT IN (SELECT node FROM sink)") }
    }
    let from = "FROM edge WHERE \(conditions.joined(separator: " AND "))"
    let order =
      switch search.order {
      case .flow: "absolute_flow_sum DESC"
      case .prompts: "domain_prompts + baseline_prompts + other_prompts DESC, absolute_flow_sum DESC"
      }
    return try read { db in
      let total = try Int.fetchOne(db, sql: "SELECT count(*) \(from)", arguments: arguments) ?? 0
      let rows = try Row.fetchAll(
        db, sql: "SELECT * \(from) ORDER BY \(order), source, target LIMIT :limit OFFSET :offset",
        arguments: arguments.merged(with: ["limit": limit, "offset": offset]))
      return (try rows.map { try Self.edgeRow($0, db) }, total)
    }
  }

  /// The edge between two ends, if the run has it.
  package func edge(from source: Endpoint, to target: Endpoint) throws -> EdgeRow? {
    var search = EdgeSearch()
    search.sources = [source]
    search.targets = [target]
    return try edges(search, limit: 1).rows.first
  }

  /// Calls `body` with every edge, sorted by source, then target.
  package func forEachEdge(_ body: (EdgeRow) throws -> Void) throws {
    try read { db in
      var texts: [Int32: String] = [:]
      for row in try Row.fetchAll(db, sql: "SELECT token, text FROM token") { texts[row[0]] = row[1] }
      func end(_ number: Int64) -> NamedEnd {
        let endpoint = Endpoint(stored: number)
        return NamedEnd(endpoint: endpoint, text: endpoint.token.flatMap { texts[$0] })
      }
      let rows = try Row.fetchCursor(db, sql: "SELECT * FROM edge ORDER BY source, target")
      while let row = try rows.next() {
        try body(EdgeRow(source: end(row[0]), target: end(row[1]), statistics: EdgeStatistics(stored: row)))
      }
    }
  }

  static func named(_ endpoint: Endpoint, _ db: Database) throws -> NamedEnd {
    let statement = try db.cachedStatement(sql: "SELECT text FROM token WHERE token = ?")
    return NamedEnd(
      endpoint: endpoint,
      text: try endpoint.token.flatMap { try String.fetchOne(statement, arguments: [$0]) })
  }

  private static func edgeRow(_ row: Row, _ db: Database) throws -> EdgeRow {
    EdgeRow(
      source: try named(Endpoint(stored: row["source"]), db), target: try named(Endpoint(stored: row["target"]), db),
      statistics: EdgeStatistics(stored: row))
  }
}

extension EdgeStatistics {
  /// From a row of `edge`.
  init(stored row: Row) {
    self.init(
      domainPrompts: row["domain_prompts"], baselinePrompts: row["baseline_prompts"],
      otherPrompts: row["other_prompts"], occurrences: UInt64(row["occurrences"] as Int64), sum: row["flow_sum"],
      absoluteSum: row["absolute_flow_sum"], squareSum: row["square_flow_sum"], minimum: row["minimum_flow"],
      maximum: row["maximum_flow"])
  }
}
