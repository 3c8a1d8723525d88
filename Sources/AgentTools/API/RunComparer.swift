// autointerp
// `RunComparer` compares two runs for `/api/v1/compare_runs`; `RunAPI.comparison` describes the question.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
package import JSON

/// Compares two runs. A target beside this one can; the program joins them.
package protocol RunComparer: Sendable {
  /// Blocks for seconds.
  ///
  /// - Parameters:
  ///   - first: the file of a run.
  ///   - second: the file of another.
  ///   - group: only prompts of this group; nil for all.
  ///   - limit: the length of each list.
  /// - Returns: what `autointerp compare --json` writes.
  /// - Throws: `ToolError` if one of them has no such group or no results.
  func compare(_ first: String, _ second: String, group: String?, limit: Int) throws -> JSONObject
}

extension RunAPI {
  static let comparison = ToolDescription(
    name: "compare_runs", title: "Compare two runs",
    description: """
      What differs between two runs of this server: neurons and edges that are gained, lost or changed beyond chance, in pairs of \
      prompts where both have the same, and what else differs between the runs.
      """,
    input: Schema.arguments(
      [
        ("first", Schema.described(Schema.string, "the name of a run")),
        ("second", Schema.described(Schema.string, "the name of another run")),
        ("group", Schema.described(Schema.string, "only prompts of this group")), Schema.limit(20, 100),
      ], required: ["first", "second"]),
    output: Schema.object([
      ("schema", Schema.string), ("first", ["type": "object"]), ("second", ["type": "object"]),
      ("paired", Schema.boolean), ("random_halves", Schema.boolean), ("left_out", ["type": "object"]),
      ("what_differs", Schema.strings), ("warnings", Schema.strings), ("notes", Schema.strings),
      ("neurons", ["type": "object"]), ("edges", ["type": "object"]),
    ]).object ?? [:])

  /// The answer to a question for a comparison.
  func compared(_ query: [(name: String, value: String)], by comparer: any RunComparer) throws -> JSONObject {
    let schema = Self.comparison.input
    let arguments = try ToolArguments(
      try QueryArguments.arguments(query, schema: schema), schema: schema, digest: "")
    let limit = try arguments.limit(20, 100)
    let (first, second) = (try arguments.string("first") ?? "", try arguments.string("second") ?? "")
    let paths = (try runs.path(of: first), try runs.path(of: second))
    guard first != second else { throw ToolError("first and second are the same run: name two") }
    return try comparer.compare(paths.0, paths.1, group: try arguments.string("group"), limit: limit)
  }
}
