// autointerp
// `AgentCall` holds a client's call of a tool, resource or prompt, and `AgentAnswer` what the server answers.
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// A request that takes time. The machine hands it out under a ticket and takes the answer under the same.
package struct AgentCall: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    case tool(name: String, arguments: JSONObject)
    case resource(address: String)
    case prompt(name: String, arguments: JSONObject)
  }

  package var ticket: Int
  package var kind: Kind

  package init(ticket: Int, kind: Kind) {
    self.ticket = ticket
    self.kind = kind
  }
}

/// The answer to a call.
package enum AgentAnswer: Equatable, Sendable {
  case tool(structured: JSONObject, text: String)
  /// The tool could not do what was asked; the text says what to do instead.
  case toolError(String)
  case resource(mimeType: String, text: String)
  case prompt(description: String, text: String)
  /// There is no such resource or prompt, or an argument is wrong.
  case notFound(String)
}

/// What the machine wants its shell to do.
package enum AgentAction: Equatable, Sendable {
  /// Write this message on a line.
  case send(JSONValue)
  case perform(AgentCall)
  /// Nobody waits for this call any more.
  case cancel(ticket: Int)
}
