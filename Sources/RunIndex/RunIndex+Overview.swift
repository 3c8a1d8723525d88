// autointerp
// `RunIndex.overview` counts what a run has, and `RunIndex.prompts` finds prompts by their text and group.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB

/// How many neurons and edges a run has, and of which kinds.
package struct RunOverview: Equatable, Sendable {
  package var neurons: Int
  package var edges: Int
  /// Ascending. Layers without a neuron are left out.
  package var layers: [(layer: Int, neurons: Int)]
  /// By name of the role.
  package var roles: [(role: String, neurons: Int)]
  /// By name of the class, in the first comparison of groups. Empty if the run has one group.
  package var classes: [(class: String, neurons: Int)]

  package static func == (a: RunOverview, b: RunOverview) -> Bool {
    a.neurons == b.neurons && a.edges == b.edges && a.layers.elementsEqual(b.layers, by: ==)
      && a.roles.elementsEqual(b.roles, by: ==) && a.classes.elementsEqual(b.classes, by: ==)
  }
}

/// A line about a prompt.
package struct PromptRow: Equatable, Sendable {
  package var prompt: Int
  package var group: String
  package var text: String
  package var isMerged: Bool
  /// The most probable next token; nil if the prompt is not merged.
  package var prediction: String?
  package var probability: Double?
}

extension RunIndex {
  /// - Complexity: O(neurons + edges)
  package func overview() throws -> RunOverview {
    try read { db in
      func counts<Key: DatabaseValueConvertible>(_ sql: String, _ type: Key.Type) throws -> [(Key, Int)] {
        try Row.fetchAll(db, sql: sql).map { ($0[0], $0[1]) }
      }
      return RunOverview(
        neurons: try Int.fetchOne(db, sql: "SELECT count(*) FROM neuron") ?? 0,
        edges: try Int.fetchOne(db, sql: "SELECT count(*) FROM edge") ?? 0,
        layers: try counts("SELECT layer, count(*) FROM neuron GROUP BY layer ORDER BY layer", Int.self),
        roles: try counts("SELECT role, count(*) FROM neuron GROUP BY role ORDER BY role", String.self),
        classes: try counts(
          """
          SELECT class, count(*) FROM finding JOIN neuron USING (node) WHERE comparison = 0 AND NOT is_sink
          GROUP BY class ORDER BY class
          """, String.self))
    }
  }

  /// A page of the prompts whose text contains `text`, small and capital ASCII letters being equal, and how many there are.
  package func prompts(
    containing text: String? = nil, ofGroup group: String? = nil, offset: Int = 0, limit: Int
  ) throws -> (rows: [PromptRow], total: Int) {
    var conditions: [String] = []
    var arguments: StatementArguments = [:]
    if let text {
      conditions.append("instr(lower(text), lower(:text)) > 0")
      arguments = arguments.merged(with: ["text": text])
    }
    if let group {
      conditions.append("group_name = :group")
      arguments = arguments.merged(with: ["group": group])
    }
    let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
    return try read { db in
      let total = try Int.fetchOne(db, sql: "SELECT count(*) FROM prompt \(condition)", arguments: arguments) ?? 0
      let rows = try Row.fetchAll(
        db,
        sql: """
          WITH page AS (
            SELECT prompt, group_name, text, is_merged FROM prompt \(condition)
            ORDER BY prompt LIMIT :limit OFFSET :offset)
          SELECT page.*, (
              SELECT rank FROM prediction WHERE prediction.prompt = page.prompt ORDER BY probability DESC, rank LIMIT 1
            ) AS best FROM page ORDER BY prompt
          """, arguments: arguments.merged(with: ["limit": limit, "offset": offset]))
      return (
        try rows.map { row in
          let best = try Row.fetchOne(
            db,
            sql: """
              SELECT coalesce(text, '#' || token), probability FROM prediction LEFT JOIN token USING (token)
              WHERE prompt = ? AND rank = ?
              """, arguments: [row["prompt"] as Int, row["best"] as Int?])
          return PromptRow(
            prompt: row["prompt"], group: row["group_name"], text: row["text"], isMerged: row["is_merged"],
            prediction: best.map { $0[0] }, probability: best.map { $0[1] })
        }, total
      )
    }
  }
}
