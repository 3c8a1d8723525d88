// autointerp
// `RunIndex.snippets` reads prompts with a neuron's activation at each token, and `RunIndex.activations` all of them.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import GRDB

/// A stretch of a prompt with a neuron's activations.
package struct Snippet: Equatable, Sendable {
  package var prompt: Int
  package var group: String
  /// The position of the first token shown.
  package var start: Int
  /// How many tokens the prompt has.
  package var length: Int
  package var tokens: [String]
  /// As many as tokens; nil where the neuron was neither selected nor among the most active ones, so that its activation
  /// is not known.
  package var activations: [Double?]
  /// The position of the largest |activation|.
  package var peak: Int
}

/// One activation of a neuron.
package struct StoredActivation: Equatable, Sendable {
  package var prompt: Int
  package var group: String
  package var position: Int
  package var activation: Double
  /// By the run's rule.
  package var score: Double
  /// Measured; nil if the neuron was not removed there.
  package var contribution: Double?
  /// Whether the place was drawn at random to be removed.
  package var isSampled: Bool
}

extension RunIndex {
  /// A page of the prompts in which a neuron was selected or is among the most active ones, the largest |activation| first,
  /// and how many there are. Of each prompt at most `width` tokens around the largest |activation| are shown.
  package func snippets(
    of neuron: NeuronID, sign: Int? = nil, width: Int, offset: Int = 0, limit: Int
  ) throws -> (rows: [Snippet], total: Int) {
    let node = Endpoint.neuron(neuron).stored
    let condition = sign.map { $0 < 0 ? "WHERE activation < 0" : "WHERE activation > 0" } ?? ""
    return try read { db in
      let total =
        try Int.fetchOne(
          db, sql: "\(Self.places) SELECT count(DISTINCT prompt) FROM place \(condition)", arguments: ["node": node])
        ?? 0
      let prompts = try Row.fetchAll(
        db,
        sql: """
          \(Self.places) SELECT prompt, group_name, max(abs(activation)) AS largest,
            (SELECT count(*) FROM prompt_token WHERE prompt_token.prompt = place.prompt) AS length
          FROM place JOIN prompt USING (prompt) \(condition)
          GROUP BY prompt ORDER BY largest DESC, prompt LIMIT :limit OFFSET :offset
          """, arguments: ["node": node, "limit": limit, "offset": offset])
      return (try prompts.map { try Self.snippet($0, node: node, sign: sign, width: width, db) }, total)
    }
  }

  /// All stored activations of `:node`.
  private static let places = """
    WITH place AS (
      SELECT prompt, position, activation FROM occurrence WHERE node = :node
      UNION SELECT prompt, position, activation FROM peak WHERE node = :node)
    """

  private static func snippet(_ row: Row, node: Int64, sign: Int?, width: Int, _ db: Database) throws -> Snippet {
    let (prompt, length) = (row["prompt"] as Int, row["length"] as Int)
    var values: [Int: Double] = [:]
    for place in try Row.fetchAll(
      db,
      sql: "\(places) SELECT position, activation FROM place WHERE prompt = :prompt",
      arguments: ["node": node, "prompt": prompt])
    { values[place[0]] = place[1] }
    // Of equal ones the first, so that the answer is the same every time.
    let wanted = values.filter { sign == nil || ($0.value < 0) == (sign! < 0) }
    let peak = wanted.min { (-abs($0.value), $0.key) < (-abs($1.value), $1.key) }?.key ?? 0
    let start = max(0, min(peak - width * 2 / 3, length - width))
    let tokens = try String.fetchAll(
      db,
      sql: """
        SELECT coalesce(text, '#' || token) FROM prompt_token LEFT JOIN token USING (token)
        WHERE prompt = ? AND position >= ? ORDER BY position LIMIT ?
        """, arguments: [prompt, start, width])
    return Snippet(
      prompt: prompt, group: row["group_name"], start: start, length: length, tokens: tokens,
      activations: tokens.indices.map { values[start + $0] }, peak: peak)
  }

  /// All activations of a neuron that were stored, in order of prompts and positions; at most `limit`.
  package func activations(of neuron: NeuronID, limit: Int) throws -> [StoredActivation] {
    let score = specification.settings.rule == .relp ? "relp" : "gradient_score"
    return try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT prompt, group_name, position, activation, \(score), removal, sampled
          FROM occurrence JOIN prompt USING (prompt) WHERE node = ? ORDER BY prompt, position LIMIT ?
          """, arguments: [Endpoint.neuron(neuron).stored, limit]
      ).map { row in
        StoredActivation(
          prompt: row[0], group: row[1], position: row[2], activation: row[3], score: (row[4] as Double?) ?? 0,
          contribution: (row[5] as Double?).map { -$0 }, isSampled: row[6] as Bool? ?? false)
      }
    }
  }
}
