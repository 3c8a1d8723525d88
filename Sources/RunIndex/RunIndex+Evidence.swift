// autointerp
// `RunIndex.exemplars` lists the places where a neuron was selected, or most active, with what its removal did there.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import GRDB
package import Knowledge

/// One place where a neuron was selected, or where it is among the most active ones.
package struct Exemplar: Equatable, Sendable {
  package var prompt: Int
  package var group: String
  package var position: Int
  package var token: Int32
  package var tokenText: String
  /// The texts of the tokens before and after it, in order.
  package var before: [String]
  package var after: [String]
  package var activation: Double
  /// By the run's rule; 0 if the neuron was not selected there.
  package var score: Double
  package var isSelected: Bool
  /// The measured contribution: the metric minus the metric without the neuron; nil if it was not removed there.
  package var contribution: Double?
  /// Whether the place belongs to the random sample of its prompt; nil if it was not removed there.
  package var isSampled: Bool?
}

package enum ExemplarOrder: String, CaseIterable, Sendable {
  /// The largest |activation| first.
  case activation
  /// The largest |score| first.
  case score
  /// Removed places first, then by |score|.
  case removal
}

extension RunIndex {
  /// A page of the places where a neuron was selected, or of those where it is among the most active neurons of a prompt,
  /// with `context` tokens on each side, and how many there are in all.
  package func exemplars(
    of neuron: NeuronID, by basis: CountingBasis = .selected, order: ExemplarOrder = .activation, sign: Int? = nil,
    onlyRemoved: Bool = false, context: Int, offset: Int = 0, limit: Int
  ) throws -> (rows: [Exemplar], total: Int) {
    let score = specification.settings.rule == .relp ? "relp" : "gradient_score"
    var conditions = ["node = :node"]
    if let sign { conditions.append(sign < 0 ? "activation < 0" : "activation > 0") }
    if onlyRemoved { conditions.append("removal IS NOT NULL") }
    let ordering =
      switch order {
      case .activation: "abs(activation) DESC"
      case .score: "abs(\(score)) DESC"
      case .removal: "removal IS NULL, abs(removal) DESC, abs(\(score)) DESC"
      }
    let condition = conditions.joined(separator: " AND ")
    let places =
      basis == .selected
      ? "occurrence"
      : """
      (SELECT peak.node, peak.prompt, peak.position, peak.activation, relp, gradient_score, removal, sampled
        FROM peak LEFT JOIN occurrence USING (node, prompt, position)) AS places
      """
    let arguments: StatementArguments = ["node": Endpoint.neuron(neuron).stored]
    return try read { db in
      let total =
        try Int.fetchOne(db, sql: "SELECT count(*) FROM \(places) WHERE \(condition)", arguments: arguments) ?? 0
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT prompt, position, activation, removal, sampled, group_name, \(score) AS score
          FROM \(places) JOIN prompt USING (prompt)
          WHERE \(condition) ORDER BY \(ordering), prompt, position LIMIT :limit OFFSET :offset
          """, arguments: arguments.merged(with: ["limit": limit, "offset": offset]))
      return (try rows.map { try Self.exemplar($0, context: context, db) }, total)
    }
  }

  private static func exemplar(_ row: Row, context: Int, _ db: Database) throws -> Exemplar {
    let (prompt, position) = (row["prompt"] as Int, row["position"] as Int)
    let tokens = try Row.fetchAll(
      db,
      sql: """
        SELECT position, token, coalesce(text, '#' || token) AS text FROM prompt_token LEFT JOIN token USING (token)
        WHERE prompt = ? AND position BETWEEN ? AND ? ORDER BY position
        """, arguments: [prompt, position - context, position + context])
    func texts(_ isWanted: (Int) -> Bool) -> [String] {
      tokens.filter { isWanted($0["position"]) }.map { $0["text"] }
    }
    let own = tokens.first { $0["position"] as Int == position }
    return Exemplar(
      prompt: prompt, group: row["group_name"], position: position, token: own?["token"] ?? -1,
      tokenText: own?["text"] ?? "", before: texts { $0 < position }, after: texts { $0 > position },
      activation: row["activation"], score: row["score"] ?? 0,
      isSelected: (row["score"] as Double?) != nil, contribution: (row["removal"] as Double?).map { -$0 },
      isSampled: row["sampled"])
  }

  /// The numbers of the prompts that a neuron was selected in, ascending.
  package func prompts(of neuron: NeuronID) throws -> [Int] {
    try read {
      try Int.fetchAll(
        $0, sql: "SELECT DISTINCT prompt FROM occurrence WHERE node = ? ORDER BY prompt",
        arguments: [Endpoint.neuron(neuron).stored])
    }
  }

  /// The prompts of each group, merged and in all.
  package func groups() throws -> [(name: String, merged: Int, total: Int)] {
    let rows = try read {
      try Row.fetchAll(
        $0, sql: "SELECT group_name, sum(is_merged), count(*) FROM prompt GROUP BY group_name ORDER BY min(prompt)")
    }
    return rows.map { ($0[0], $0[1], $0[2]) }
  }

  /// The prompts of each group that a neuron was selected in. Groups without any are left out.
  package func groups(of neuron: NeuronID) throws -> [String: Int] {
    let rows = try read {
      try Row.fetchAll(
        $0, sql: "SELECT group_name, prompts FROM neuron_group WHERE node = ?",
        arguments: [Endpoint.neuron(neuron).stored])
    }
    return Dictionary(uniqueKeysWithValues: rows.map { ($0[0] as String, $0[1] as Int) })
  }

  package func sinks() throws -> Sinks { try read(Self.sinks) }

  /// The comparisons of the run's groups by the prompts in which neurons were selected, in the order of their numbers,
  /// without their neurons.
  package func comparisons() throws -> [RunSpecificity.Comparison] {
    try read(Self.comparisons).filter { $0.basis == .selected }
  }

  /// In how many merged prompts a neuron is among the most active ones; nil if the run does not tell.
  package func activePromptCount(of neuron: NeuronID) throws -> Int? {
    try read { db in
      guard try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM peak)") == true else { return nil }
      return try Int.fetchOne(
        db, sql: "SELECT count(DISTINCT prompt) FROM peak WHERE node = ?", arguments: [Endpoint.neuron(neuron).stored])
    }
  }

  /// How the merged prompts of the groups differ in form.
  package func balance() throws -> GroupBalance {
    RunSpecificity.balance(
      of: specification,
      merged: try read { try Int32.fetchAll($0, sql: "SELECT prompt FROM prompt WHERE is_merged ORDER BY prompt") })
  }
}
