// autointerp
// `RunIndexBuilder` writes the merged statistics of a run into the tables of its index, in the order of their keys.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import GRDB
internal import Knowledge

extension RunIndexBuilder {
  func insertInfo(_ state: AtlasState, into db: Database) throws {
    let totals = aggregate.totals
    let values: [(String, any DatabaseValueConvertible)] = [
      ("format", RunIndexSchema.format), ("digest", state.digest), ("domain_prompts", totals.domainPrompts),
      ("baseline_prompts", totals.baselinePrompts), ("other_prompts", totals.otherPrompts),
      ("merged_prompts", state.mergedPrompts), ("prompts", state.promptCount), ("run", specification.name),
      ("model", specification.modelName), ("rule", specification.settings.rule.rawValue),
      ("neurons", aggregate.neuronCount), ("edges", aggregate.edgeCount),
      ("layers", (aggregate.sortedNeurons().last?.layer ?? -1) + 1),
    ]
    for (key, value) in values {
      try db.execute(sql: "INSERT INTO info VALUES (?, ?)", arguments: [key, value])
    }
  }

  /// How well the scores of the run's rule agree with removals, at position 0 (`first`) and beyond it (`later`).
  func insertAgreement(into db: Database) throws {
    for place in [AgreementTable.Position.first, .later] {
      guard let found = aggregate.agreement.overall(specification.settings.rule, place) else { continue }
      let estimates = [found.correlation, found.signAgreement, found.withinQuarter].flatMap {
        [$0?.value, $0?.low, $0?.high]
      }
      try db.execute(
        sql: "INSERT INTO agreement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        arguments: StatementArguments(
          [place.rawValue, found.nodes, found.prompts] as [any DatabaseValueConvertible])
          + StatementArguments(estimates))
    }
  }

  func insertPrompts(into db: Database) throws {
    let prompt = try RowInsertion(into: "prompt", columnCount: 7, db)
    let merged = Dictionary(uniqueKeysWithValues: facts.map { ($0.prompt, $0.metric) })
    for (number, text) in specification.prompts.enumerated() {
      let metric = merged[Int32(number)]
      prompt.bind(1, number)
      prompt.bind(2, text.origin.rawValue)
      prompt.bind(3, text.text)
      prompt.bind(4, text.answerPrefix)
      prompt.bind(5, metric == nil ? 0 : 1)
      if let metric { prompt.bind(6, metric.position) } else { prompt.bindNull(6) }
      prompt.bind(7, metric?.value)
      try prompt.insert()
    }
    let token = try RowInsertion(into: "token", columnCount: 2, db)
    for entry in aggregate.sortedVocabulary() {
      token.bind(1, entry.id)
      token.bind(2, entry.text)
      try token.insert()
    }
    let place = try RowInsertion(into: "prompt_token", columnCount: 3, db)
    let prediction = try RowInsertion(into: "prediction", columnCount: 6, db)
    for fact in facts {
      for (position, id) in fact.tokens.enumerated() {
        place.bind(1, fact.prompt)
        place.bind(2, position)
        place.bind(3, id)
        try place.insert()
      }
      for (rank, target) in fact.metric.targets.enumerated() {
        prediction.bind(1, fact.prompt)
        prediction.bind(2, rank)
        prediction.bind(3, target.token)
        prediction.bind(4, Double(target.logit))
        prediction.bind(5, Double(target.probability))
        prediction.bind(6, Double(target.weight))
        try prediction.insert()
      }
    }
  }

  func insertNeurons(_ knowledge: RunKnowledge, into db: Database) throws {
    let row = try RowInsertion(into: "neuron", columnCount: 23, db)
    for neuron in aggregate.sortedNeurons() {
      guard let statistics = aggregate.statistics(of: neuron) else { continue }
      let isSink = knowledge.sinks.neurons.contains(neuron)
      let role = RoleAssessment(statistics, isSink: isSink)
      row.bind(1, Endpoint.neuron(neuron).packed)
      row.bind(2, neuron.layer)
      row.bind(3, neuron.index)
      row.bind(4, statistics.prompts)
      row.bind(5, statistics.domainPrompts)
      row.bind(6, statistics.baselinePrompts)
      row.bind(7, statistics.otherPrompts)
      row.bind(8, statistics.occurrences)
      row.bind(9, statistics.activationSum)
      row.bind(10, statistics.relpSum)
      row.bind(11, statistics.absoluteRelpSum)
      row.bind(12, statistics.gradientScoreSum)
      row.bind(13, statistics.absoluteGradientScoreSum)
      row.bind(14, statistics.verifiedCount)
      row.bind(15, statistics.contributionSum)
      row.bind(16, statistics.absoluteContributionSum)
      row.bind(17, statistics.first.occurrences)
      row.bind(18, statistics.last.occurrences)
      row.bind(19, role.role.rawValue)
      row.bind(20, role.score)
      row.bind(21, role.isStable ? 1 : 0)
      row.bind(22, isSink ? 1 : 0)
      row.bind(23, statistics.bytes)
      try row.insert()
    }
    let sink = try RowInsertion(into: "sink", columnCount: 4, db)
    for entry in knowledge.sinks.all {
      sink.bind(1, Endpoint.neuron(entry.neuron).packed)
      sink.bind(2, entry.smallestRate)
      sink.bind(3, entry.activationRatio)
      sink.bind(4, entry.firstPositionShare)
      try sink.insert()
    }
  }

  func insertComparisons(_ knowledge: RunKnowledge, into db: Database) throws {
    let row = try RowInsertion(into: "finding", columnCount: 22, db)
    for (number, comparison) in knowledge.specificity.comparisons.enumerated() {
      try db.execute(
        sql: "INSERT INTO comparison VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        arguments: [
          number, comparison.first, comparison.second, comparison.basis.rawValue, comparison.isStratified,
          comparison.testCount, comparison.findingCount,
          comparison.null.findings.map { "\($0)" }.joined(separator: " "),
          comparison.detectable.level, comparison.detectable.fewestAgainstNone, comparison.detectable.rateAgainstTenth,
        ])
      for neuron in aggregate.sortedNeurons() {
        guard let found = knowledge.specificity.specificity(of: neuron, inComparison: number) else { continue }
        let odds = found.logOdds
        row.bind(1, number)
        row.bind(2, Endpoint.neuron(neuron).packed)
        row.bind(3, found.table.first.count)
        row.bind(4, found.table.first.total)
        row.bind(5, found.table.second.count)
        row.bind(6, found.table.second.total)
        row.bind(7, found.class.rawValue)
        row.bind(8, found.test?.qValue)
        row.bind(9, found.test?.pValue)
        row.bind(10, odds.value)
        row.bind(11, odds.low.isFinite ? odds.low : nil)
        row.bind(12, odds.high.isFinite ? odds.high : nil)
        row.bind(13, found.shrunkenLogOdds)
        row.bind(14, found.isStratified ? 1 : 0)
        var column: Int32 = 15
        for test in [found.crude, found.stratified] {
          row.bind(column, test?.pValue)
          row.bind(column + 1, test?.qValue)
          row.bind(column + 2, test?.logOdds.value)
          row.bind(column + 3, test?.logOdds.error)
          column += 4
        }
        try row.insert()
      }
    }
  }

  mutating func insertOccurrences(into db: Database) throws {
    occurrences.sort { ($0.node, $0.prompt, $0.position) < ($1.node, $1.prompt, $1.position) }
    let row = try RowInsertion(into: "occurrence", columnCount: 9, db)
    for occurrence in occurrences {
      row.bind(1, occurrence.node)
      row.bind(2, occurrence.prompt)
      row.bind(3, occurrence.position)
      row.bind(4, Double(occurrence.activation))
      row.bind(5, Double(occurrence.relp))
      row.bind(6, occurrence.gradientScore.map(Double.init))
      row.bind(7, occurrence.streamShare.map(Double.init))
      row.bind(8, occurrence.removal.map(Double.init))
      if let isSampled = occurrence.isSampled { row.bind(9, isSampled ? 1 : 0) } else { row.bindNull(9) }
      try row.insert()
    }
    try db.execute(
      sql: """
        INSERT INTO neuron_group SELECT node, group_name, count(DISTINCT prompt)
        FROM occurrence JOIN prompt USING (prompt) GROUP BY node, group_name
        """)
  }

  /// Those of the neurons that were selected somewhere; nobody asks for others.
  mutating func insertPeaks(into db: Database) throws {
    let known = Set(aggregate.sortedNeurons().map { Endpoint.neuron($0).packed })
    peaks.removeAll { !known.contains($0.node) }
    // Of both signs at one position there is one, because an activation has one value.
    peaks.sort { ($0.node, $0.prompt, $0.position) < ($1.node, $1.prompt, $1.position) }
    let row = try RowInsertion(into: "peak", columnCount: 4, db)
    for peak in peaks {
      row.bind(1, peak.node)
      row.bind(2, peak.prompt)
      row.bind(3, peak.position)
      row.bind(4, Double(peak.activation))
      try row.insert()
    }
  }

  func insertEdges(into db: Database) throws {
    let row = try RowInsertion(into: "edge", columnCount: 11, db)
    try aggregate.forEachEdge { source, target, statistics in
      row.bind(1, Int64(bitPattern: source.packed))
      row.bind(2, Int64(bitPattern: target.packed))
      row.bind(3, statistics.domainPrompts)
      row.bind(4, statistics.baselinePrompts)
      row.bind(5, statistics.otherPrompts)
      row.bind(6, statistics.occurrences)
      row.bind(7, statistics.sum)
      row.bind(8, statistics.absoluteSum)
      row.bind(9, statistics.squareSum)
      row.bind(10, statistics.minimum)
      row.bind(11, statistics.maximum)
      try row.insert()
    }
  }
}
