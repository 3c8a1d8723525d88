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
    let row = try RowInsertion(into: "tokens", columnCount: 2, db)
    for token in aggregate.sortedVocabulary() {
      row.bind(1, token.id)
      row.bind(2, token.text)
      try row.insert()
    }
  }

  private static func insertNeurons(of aggregate: EdgeAggregate, into db: Database) throws {
    let row = try RowInsertion(into: "neurons", columnCount: 12, db)
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
      try row.insert()
    }
  }

  private static func insertEdges(of aggregate: EdgeAggregate, into db: Database) throws {
    // Building the index at the end is several times faster than keeping it up to date.
    try db.execute(sql: "DROP INDEX edges_by_target")
    let row = try RowInsertion(into: "edges", columnCount: 10, db)
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
      graph.bind(8, Double(record.counts.keptRelpShare))
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
