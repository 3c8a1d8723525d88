// autointerp
// `Tool` joins the description of a tool, which clients see, with the function that answers its calls with `Findings`.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import JSON

/// What a tool found out: values for programs and lines for readers.
struct Findings {
  var json: JSONObject
  var lines: [String]
  var caveats: [String] = []
}

/// A tool: what the client is told about it, and what it does.
struct Tool: Sendable {
  let description: ToolDescription
  let answer: @Sendable (Desk) throws -> Findings
}
