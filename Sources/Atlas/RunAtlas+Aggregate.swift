// autointerp
// `RunAtlas.replaceAggregate` writes the aggregate's tables into the run's file.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Foundation
internal import GRDB

extension RunAtlas {
  /// Replaces the aggregate tables by `aggregate` in one transaction: readers see either the old or the new tables.
  ///
  /// `resultsDigest` says from which results the aggregate was made (`ResultSetDigest`). If the file has others by now, for
  /// example because some were discarded, nothing is written. `now` is in milliseconds since 1970.
  ///
  /// - Returns: false if the aggregate is outdated.
  /// - Throws: `diskFull`. The old tables are then unchanged.
  /// - Complexity: a few microseconds per edge. Commits wait until it is done.
  @discardableResult
  package func replaceAggregate(
    _ aggregate: EdgeAggregate, resultsDigest: String? = nil, now: Int64
  ) throws(AtlasError) -> Bool {
    try surfacing(path) {
      try pool.write { db in
        let stored = try Self.resultsDigest(in: db)
        if let resultsDigest, resultsDigest != stored { return false }
        try Self.deleteAggregate(in: db)
        let totals = aggregate.totals
        try db.execute(
          sql: "INSERT INTO aggregate VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)",
          arguments: [
            totals.domainPrompts, totals.baselinePrompts, totals.tokens, aggregate.neuronCount, aggregate.edgeCount,
            now, totals.otherPrompts, stored,
          ])
        try Self.insertTokens(of: aggregate, into: db)
        let rule = try Self.rule(db)
        try Self.insertNeurons(of: aggregate, trust: aggregate.trustCalibration(rule), into: db)
        try Self.insertAgreement(aggregate.agreement, into: db)
        try Self.insertEdges(of: aggregate, into: db)
        try Self.insertPrompts(of: aggregate, into: db)
        return true
      }
    }
  }

  /// The digest of all results in the file. O(prompts); payloads are not read.
  static func resultsDigest(in db: Database) throws -> String {
    var digest = ResultSetDigest()
    let rows = try Row.fetchCursor(db, sql: "SELECT prompt, digest FROM deltas")
    while let row = try rows.next() {
      digest.add(prompt: try row.checked("prompt"), digest: [UInt8](try row.checked("digest") as Data))
    }
    return digest.text
  }

  static func deleteAggregate(in db: Database) throws {
    try db.execute(
      sql: """
        DELETE FROM aggregate; DELETE FROM tokens; DELETE FROM neurons; DELETE FROM edges;
        DELETE FROM prompt_graphs; DELETE FROM prompt_neurons; DELETE FROM agreement;
        """)
  }

  private static func insertTokens(of aggregate: EdgeAggregate, into db: Database) throws {
    let row = try RowInsertion(into: "tokens", columnCount: 2, db)
    for token in aggregate.sortedVocabulary() {
      row.bind(1, token.id)
      row.bind(2, token.text)
      try row.insert()
    }
  }

  /// The rule of the run's scores; runs of earlier versions have RelP's.
  static func rule(_ db: Database) throws -> AttributionRule {
    let text = try String.fetchOne(db, sql: "SELECT value FROM settings WHERE name = 'rule'")
    return text.flatMap { AttributionRule(rawValue: $0) } ?? .relp
  }

  private static func insertNeurons(
    of aggregate: EdgeAggregate, trust calibration: TrustCalibration, into db: Database
  ) throws {
    let row = try RowInsertion(into: "neurons", columnCount: 31, db)
    for neuron in aggregate.sortedNeurons() {
      guard let statistics = aggregate.statistics(of: neuron) else { continue }
      row.bind(1, neuron.layer)
      row.bind(2, neuron.index)
      row.bind(3, statistics.domainPrompts)
      row.bind(4, statistics.baselinePrompts)
      row.bind(5, statistics.occurrences)
      row.bind(6, statistics.positiveRelp)
      row.bind(7, statistics.negativeRelp)
      row.bind(8, statistics.positiveActivation)
      row.bind(9, statistics.negativeActivation)
      row.bind(10, statistics.relpSum)
      row.bind(11, statistics.absoluteRelpSum)
      row.bind(12, statistics.activationSum)
      row.bind(13, statistics.gradientScoreSum)
      row.bind(14, statistics.absoluteGradientScoreSum)
      row.bind(15, Int64(statistics.verifiedCount))
      row.bind(16, statistics.contributionSum)
      row.bind(17, statistics.absoluteContributionSum)
      row.bind(18, statistics.otherPrompts)
      var column: Int32 = 19
      for position in PositionClass.allCases {
        let sums = statistics.statistics(at: position)
        row.bind(column, sums.occurrences)
        row.bind(column + 1, sums.absoluteRelpSum)
        row.bind(column + 2, sums.absoluteActivationSum)
        column += 3
      }
      let trust = NeuronTrust(statistics, calibration: calibration)
      row.bind(column, trust.overall.rawValue)
      for (place, level) in [NodeTrust.good, .rough, .unreliable].enumerated() {
        row.bind(column + 1 + Int32(place), Int64(trust.count(level)))
      }
      try row.insert()
    }
  }

  private static func insertEdges(of aggregate: EdgeAggregate, into db: Database) throws {
    // Building the index at the end is several times faster than updating it.
    try db.execute(sql: "DROP INDEX edges_by_target")
    let row = try RowInsertion(into: "edges", columnCount: 11, db)
    try aggregate.forEachEdge { source, target, statistics in
      row.bind(1, Int64(bitPattern: source.packed))
      row.bind(2, Int64(bitPattern: target.packed))
      row.bind(3, statistics.domainPrompts)
      row.bind(4, statistics.baselinePrompts)
      row.bind(5, statistics.occurrences)
      row.bind(6, statistics.sum)
      row.bind(7, statistics.absoluteSum)
      row.bind(8, statistics.squareSum)
      row.bind(9, statistics.minimum)
      row.bind(10, statistics.maximum)
      row.bind(11, statistics.otherPrompts)
      try row.insert()
    }
    try db.execute(sql: AtlasSchema.edgesByTarget)
  }

  private static func insertPrompts(of aggregate: EdgeAggregate, into db: Database) throws {
    let graph = try RowInsertion(into: "prompt_graphs", columnCount: 12, db)
    let member = try RowInsertion(into: "prompt_neurons", columnCount: 3, db)
    for record in aggregate.sortedPrompts() {
      graph.bind(1, record.prompt)
      graph.bind(2, record.tokenCount)
      graph.bind(3, record.nodeCount)
      graph.bind(4, record.edgeCount)
      graph.bind(5, record.counts.candidateNeurons)
      graph.bind(6, record.counts.candidateEdges)
      graph.bind(7, record.counts.truncated ? 1 : 0)
      graph.bind(8, Double(record.counts.keptScoreShare))
      graph.bind(9, Double(record.counts.keptFlowShare))
      graph.bind(10, Double(record.conservation.nodeTotal))
      graph.bind(11, Double(record.conservation.layerCut))
      graph.bind(12, Double(record.conservation.directEffects))
      try graph.insert()
      for neuron in aggregate.neurons(inPrompt: record.prompt) {
        member.bind(1, neuron.layer)
        member.bind(2, neuron.index)
        member.bind(3, record.prompt)
        try member.insert()
      }
    }
  }
}
