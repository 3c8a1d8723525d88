// autointerp
// `RunIndex.star` reads from the index everything that a run knows about one neuron: a `NeuronStar`, with its page and profile.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Foundation
internal import GRDB
package import Knowledge

/// One neuron with its edges and the conclusions about it. Its page and its profile are those of the whole run.
package struct NeuronStar: Sendable {
  package let neuron: NeuronID
  /// Knows this neuron only.
  package let aggregate: EdgeAggregate
  package let knowledge: RunKnowledge
  package let specification: RunSpecification
  package let statistics: NeuronStatistics

  /// What the run says, with lists cut to `topCount`.
  package func profile(topCount: Int, edgesBy order: EdgeOrder = .flow) -> NeuronProfile {
    guard let profile = aggregate.profile(of: neuron, topCount: topCount, edgesBy: order) else {
      preconditionFailure("a star's aggregate has its neuron")
    }
    return profile
  }

  package var role: RoleAssessment { RoleAssessment(statistics, isSink: knowledge.sinks.neurons.contains(neuron)) }

  /// The page for people.
  package var page: NeuronPage {
    guard
      let page = NeuronPage(neuron, aggregate: aggregate, specification: specification, knowledge: knowledge)
    else { preconditionFailure("a star's aggregate has its neuron") }
    return page
  }

  /// The profile as the run's export has it, with a label if there is one.
  package func exportedProfile(label: String? = nil) -> [UInt8] {
    let knowledge = knowledge
    let export = EdgeStatisticsExport(
      aggregate: aggregate, specification: specification, labels: label.map { [neuron: $0] } ?? [:],
      additions: { knowledge })
    guard let bytes = export.bytes(of: neuron) else { preconditionFailure("a star's aggregate has its neuron") }
    return bytes
  }
}

extension RunIndex {
  /// Nil if no merged prompt has the neuron.
  ///
  /// - Complexity: O(edges of the neuron + neurons of the prompts that it is in)
  package func star(of neuron: NeuronID) throws -> NeuronStar? {
    try read { db in
      let node = Int64(bitPattern: Endpoint.neuron(neuron).packed)
      guard
        let stored = try [UInt8].fetchNumbers(db, node: node), let statistics = NeuronStatistics(bytes: stored)
      else { return nil }
      var part = AggregatePart()
      (part.domainPrompts, part.baselinePrompts, part.otherPrompts) = try Self.promptCounts(db)
      part.neurons = [(neuron, statistics)]
      part.edges = try Self.edges(of: node, db)
      part.neuronsOfPrompts = try Self.neighbours(of: node, db)
      part.vocabulary = try Self.vocabulary(of: part.edges, db)
      part.samples = try Self.samples(db)
      let aggregate = EdgeAggregate(part)
      let comparisons = try Self.comparisons(db)
      let specificity = RunSpecificity(
        specification: specification,
        merged: try Int32.fetchAll(db, sql: "SELECT prompt FROM prompt WHERE is_merged ORDER BY prompt"),
        comparisons: comparisons, neuron: neuron, specificities: try Self.specificities(of: node, db))
      let knowledge = RunKnowledge(specificity: specificity, sinks: try Self.sinks(db), aggregate: aggregate)
      return NeuronStar(
        neuron: neuron, aggregate: aggregate, knowledge: knowledge, specification: specification,
        statistics: statistics)
    }
  }

  /// The numbers of merged prompts of the domain, the baseline and all other groups.
  static func promptCounts(_ db: Database) throws -> (domain: Int, baseline: Int, other: Int) {
    func count(_ key: String) throws -> Int {
      try Int.fetchOne(db, sql: "SELECT value FROM info WHERE key = ?", arguments: [key]) ?? 0
    }
    return (try count("domain_prompts"), try count("baseline_prompts"), try count("other_prompts"))
  }

  private static func edges(
    of node: Int64, _ db: Database
  ) throws -> [(source: Endpoint, target: Endpoint, statistics: EdgeStatistics)] {
    let rows = try Row.fetchCursor(
      db, sql: "SELECT * FROM edge WHERE source = ?1 UNION ALL SELECT * FROM edge WHERE target = ?1",
      arguments: [node])
    var edges: [(source: Endpoint, target: Endpoint, statistics: EdgeStatistics)] = []
    while let row = try rows.next() {
      edges.append((Endpoint(stored: row[0]), Endpoint(stored: row[1]), EdgeStatistics(stored: row)))
    }
    return edges
  }

  private static func neighbours(of node: Int64, _ db: Database) throws -> [Int32: [NeuronID]] {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT DISTINCT prompt, node FROM occurrence
        WHERE prompt IN (SELECT prompt FROM occurrence WHERE node = ?) ORDER BY prompt, node
        """, arguments: [node])
    var neurons: [Int32: [NeuronID]] = [:]
    while let row = try rows.next() {
      if let neuron = Endpoint(stored: row[1]).neuron { neurons[row[0], default: []].append(neuron) }
    }
    return neurons
  }

  /// The places that were removed because they were drawn at random, of all prompts.
  static func samples(_ db: Database) throws -> [Int32: [VerifiedSample]] {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT prompt, node >> 32, position, stream_share, relp, gradient_score, removal FROM occurrence
        WHERE sampled AND removal IS NOT NULL AND gradient_score IS NOT NULL AND stream_share IS NOT NULL
        ORDER BY prompt, node, position
        """)
    var samples: [Int32: [VerifiedSample]] = [:]
    while let row = try rows.next() {
      samples[row[0], default: []].append(
        VerifiedSample(
          layer: row[1], isFirstPosition: row[2] as Int == 0, streamShare: Float(row[3] as Double),
          relp: Float(row[4] as Double), gradientScore: Float(row[5] as Double),
          contribution: -Float(row[6] as Double)))
    }
    return samples
  }

  private static func vocabulary(
    of edges: [(source: Endpoint, target: Endpoint, statistics: EdgeStatistics)], _ db: Database
  ) throws -> [TokenText] {
    let statement = try db.makeStatement(sql: "SELECT text FROM token WHERE token = ?")
    return try Set(edges.flatMap { [$0.source.token, $0.target.token] }.compactMap { $0 }).sorted().compactMap { id in
      try String.fetchOne(statement, arguments: [id]).map { TokenText(id: id, text: $0) }
    }
  }

  static func sinks(_ db: Database) throws -> Sinks {
    Sinks(
      stored: try Row.fetchAll(db, sql: "SELECT * FROM sink ORDER BY node").compactMap { row in
        Endpoint(stored: row["node"]).neuron.map {
          Sinks.Sink(
            stored: $0, smallestRate: row["smallest_rate"], activationRatio: row["activation_ratio"],
            firstPositionShare: row["first_position_share"])
        }
      })
  }

  static func comparisons(_ db: Database) throws -> [RunSpecificity.Comparison] {
    try Row.fetchAll(db, sql: "SELECT * FROM comparison ORDER BY comparison").map { row in
      RunSpecificity.Comparison(
        first: row["first"], second: row["second"], basis: CountingBasis(rawValue: row["basis"]) ?? .selected,
        isStratified: row["is_stratified"], testCount: row["tests"], findingCount: row["findings"],
        nullFindings: (row["null_findings"] as String).split(separator: " ").compactMap { Int($0) },
        level: row["level"], fewestAgainstNone: row["fewest_against_none"], rateAgainstTenth: row["rate_against_tenth"])
    }
  }

  private static func specificities(of node: Int64, _ db: Database) throws -> [Specificity] {
    try Row.fetchAll(db, sql: "SELECT * FROM finding WHERE node = ? ORDER BY comparison", arguments: [node]).map {
      Specificity(stored: $0)
    }
  }
}

extension Specificity {
  /// From a row of `finding`.
  init(stored row: Row) {
    func test(_ kind: String) -> Test? {
      guard let p = row["\(kind)_p"] as Double?, let q = row["\(kind)_q"] as Double? else { return nil }
      return Test(
        storedP: p, q: q,
        logOdds: Estimate(stored: row["\(kind)_log_odds"] ?? 0, error: row["\(kind)_error"] ?? .infinity))
    }
    self.init(
      stored: FourfoldTable(
        Proportion(row["first_count"], of: row["first_total"]), Proportion(row["second_count"], of: row["second_total"])
      ),
      crude: test("crude"), stratified: test("stratified"), isStratified: row["is_stratified"],
      shrunkenLogOdds: row["shrunken_log_odds"])
  }
}

extension Endpoint {
  /// From a column of the index.
  init(stored number: Int64) { self.init(packed: UInt64(bitPattern: number)) }

  var stored: Int64 { Int64(bitPattern: packed) }
}

extension [UInt8] {
  fileprivate static func fetchNumbers(_ db: Database, node: Int64) throws -> [UInt8]? {
    try Data.fetchOne(db, sql: "SELECT numbers FROM neuron WHERE node = ?", arguments: [node]).map { [UInt8]($0) }
  }
}
