// autointerp
// Writing what was learned into the run's file.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import GRDB

extension RunAtlas {
  /// Replaces the aggregate tables by `aggregate`, in one transaction: readers see the old ones or the new ones.
  ///
  /// `now` is in milliseconds since 1970.
  ///
  /// - Throws: `diskFull`; the old tables are then still there.
  /// - Complexity: a few microseconds an edge; commits wait meanwhile
  package func replaceAggregate(_ aggregate: EdgeAggregate, now: Int64) throws(AtlasError) {
    try surfacing(path) {
      try pool.write { db in
        try db.execute(
          sql: """
            DELETE FROM aggregate; DELETE FROM tokens; DELETE FROM neurons; DELETE FROM edges;
            DELETE FROM prompt_graphs; DELETE FROM prompt_neurons;
            """)
        let totals = aggregate.totals
        try db.execute(
          sql: "INSERT INTO aggregate VALUES (1, ?, ?, ?, ?, ?, ?)",
          arguments: [
            totals.domainPrompts, totals.baselinePrompts, totals.tokens, aggregate.neuronCount, aggregate.edgeCount,
            now,
          ])
        try Self.insertTokens(of: aggregate, into: db)
        try Self.insertNeurons(of: aggregate, into: db)
        try Self.insertEdges(of: aggregate, into: db)
        try Self.insertPrompts(of: aggregate, into: db)
      }
    }
  }

  private static func insertTokens(of aggregate: EdgeAggregate, into db: Database) throws {
    let insertion = try RowInsertion(into: "tokens", columnCount: 2, db)
    for token in aggregate.sortedVocabulary() {
      try insertion.insert([token.id.databaseValue, token.text.databaseValue])
    }
  }

  private static func insertNeurons(of aggregate: EdgeAggregate, into db: Database) throws {
    let insertion = try RowInsertion(into: "neurons", columnCount: 12, db)
    for neuron in aggregate.sortedNeurons() {
      guard let statistics = aggregate.statistics(of: neuron) else { continue }
      try insertion.insert([
        neuron.layer.databaseValue, neuron.index.databaseValue, statistics.domainPrompts.databaseValue,
        statistics.baselinePrompts.databaseValue, statistics.occurrences.databaseValue,
        statistics.positiveRelp.databaseValue, statistics.negativeRelp.databaseValue,
        statistics.positiveActivation.databaseValue, statistics.negativeActivation.databaseValue,
        statistics.relpSum.databaseValue, statistics.absoluteRelpSum.databaseValue,
        statistics.activationSum.databaseValue,
      ])
    }
  }

  private static func insertEdges(of aggregate: EdgeAggregate, into db: Database) throws {
    let insertion = try RowInsertion(into: "edges", columnCount: 10, db)
    try aggregate.forEachEdge { source, target, statistics in
      try insertion.insert([
        Int64(bitPattern: source.packed).databaseValue, Int64(bitPattern: target.packed).databaseValue,
        statistics.domainPrompts.databaseValue, statistics.baselinePrompts.databaseValue,
        statistics.occurrences.databaseValue, statistics.sum.databaseValue, statistics.absoluteSum.databaseValue,
        statistics.squareSum.databaseValue, statistics.minimum.databaseValue, statistics.maximum.databaseValue,
      ])
    }
  }

  private static func insertPrompts(of aggregate: EdgeAggregate, into db: Database) throws {
    let graphs = try RowInsertion(into: "prompt_graphs", columnCount: 12, db)
    let neurons = try RowInsertion(into: "prompt_neurons", columnCount: 3, db)
    for record in aggregate.sortedPrompts() {
      try graphs.insert([
        record.prompt.databaseValue, record.tokenCount.databaseValue, record.nodeCount.databaseValue,
        record.edgeCount.databaseValue, record.counts.candidateNeurons.databaseValue,
        record.counts.candidateEdges.databaseValue, record.counts.truncated.databaseValue,
        record.counts.keptRelpShare.databaseValue, record.counts.keptFlowShare.databaseValue,
        record.conservation.nodeTotal.databaseValue, record.conservation.layerCut.databaseValue,
        record.conservation.directEffects.databaseValue,
      ])
      for neuron in aggregate.neurons(inPrompt: record.prompt) {
        try neurons.insert([
          neuron.layer.databaseValue, neuron.index.databaseValue, record.prompt.databaseValue,
        ])
      }
    }
  }
}

/// A prepared `INSERT` of whole rows.
private struct RowInsertion {
  private let statement: Statement

  init(into table: String, columnCount: Int, _ db: Database) throws {
    let places = repeatElement("?", count: columnCount).joined(separator: ", ")
    statement = try db.makeStatement(sql: "INSERT INTO \(table) VALUES (\(places))")
  }

  func insert(_ values: [DatabaseValue]) throws {
    statement.setUncheckedArguments(StatementArguments(values))
    try statement.execute()
  }
}
