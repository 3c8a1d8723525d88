// autointerp
// `ReportComparer` lets `/api/v1/compare_runs` answer what `autointerp compare` writes.
// SPDX-License-Identifier: Apache-2.0

internal import AgentTools
internal import JSON
internal import Labels
internal import Reports
internal import RunIndex

/// Joins the questions over HTTP with the comparison of reports.
struct ReportComparer: RunComparer {
  func compare(_ first: String, _ second: String, group: String?, limit: Int) throws -> JSONObject {
    do {
      let comparison = try RunComparison(
        .runs(try RunIndex.open(first), try RunIndex.open(second), group: group),
        labels: try [first, second].compactMap { try LabelFile.reading(LabelFile.path(ofRun: $0)) })
      return try JSONValue(parsing: comparison.json(limit: limit)).object ?? [:]
    } catch let error as ReportError {
      // Unlike anything else that can go wrong, these are about what was asked for.
      throw ToolError("\(error)", .absent)
    }
  }
}
