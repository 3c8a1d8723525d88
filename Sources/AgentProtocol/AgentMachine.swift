// autointerp
// `AgentMachine` speaks the Model Context Protocol: it takes one message and returns what to send and what to perform.
// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// The server's side of one connection, as a pure value: no input, output, clock or thread.
///
/// It speaks the versions with a handshake (2025-06-18 and 2025-11-25) and the stateless 2026-07-28, in which every request
/// names its version in `_meta`. A connection may mix both.
package struct AgentMachine: Sendable {
  static let handshakeVersions = ["2025-06-18", "2025-11-25"]
  static let statelessVersion = "2026-07-28"
  static let versionKey = "io.modelcontextprotocol/protocolVersion"

  /// Requests that may be worked on or wait at once; more are refused.
  package static let maximumPending = 64

  let server: AgentServer
  var negotiated: String?
  var pending: [Int: Pending] = [:]
  private var nextTicket = 1

  /// A request that is being performed.
  struct Pending: Sendable {
    var id: JSONValue
    var isStateless: Bool
    var progressToken: JSONValue?
    var address: String?
  }

  package init(_ server: AgentServer) { self.server = server }

  /// Takes one line without its line feed.
  package mutating func receive(_ line: [UInt8]) -> [AgentAction] {
    guard line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return [] }
    let message: JSONValue
    do throws(JSONError) {
      message = try JSONValue(parsing: line)
    } catch {
      return [Self.failure(.null, .parse, "\(error)")]
    }
    guard let object = message.object else {
      let isBatch = message.array != nil
      return [
        Self.failure(
          .null, .invalidRequest,
          isBatch ? "batches are not supported: send one message a line" : "a message is an object")
      ]
    }
    let id = object["id"]
    guard object["jsonrpc"]?.string == "2.0" else {
      return [Self.failure(Self.validID(id) ?? .null, .invalidRequest, "jsonrpc must be \"2.0\"")]
    }
    guard let method = object["method"]?.string else {
      // The server asks nothing, so that an answer answers nothing.
      if object["method"] == nil, object["result"] != nil || object["error"] != nil { return [] }
      return [Self.failure(Self.validID(id) ?? .null, .invalidRequest, "a request needs a method, which is a string")]
    }
    let parameters: JSONObject
    switch object["params"] {
    case nil: parameters = JSONObject()
    case .object(let given): parameters = given
    default:
      guard let id = Self.validID(id) else { return [] }
      return [Self.failure(id, .invalidParameters, "params must be an object")]
    }
    guard let id else { return notified(method, parameters) }
    guard let id = Self.validID(id) else {
      return [Self.failure(.null, .invalidRequest, "an id is a string or an integer")]
    }
    guard !pending.values.contains(where: { $0.id == id }) else {
      return [Self.failure(id, .invalidRequest, "a request with this id is being worked on")]
    }
    return requested(method, parameters, id)
  }

  /// Answers a line that was longer than the shell accepts, and was thrown away.
  package func refusedLine(maximumBytes: Int) -> [AgentAction] {
    [Self.failure(.null, .invalidRequest, "the line is longer than \(maximumBytes) bytes")]
  }

  /// Takes the answer to a call. Returns nothing if the client has cancelled it.
  package mutating func finish(ticket: Int, _ answer: AgentAnswer) -> [AgentAction] {
    guard let request = pending.removeValue(forKey: ticket) else { return [] }
    switch answer {
    case .tool(let structured, let text):
      return [
        Self.success(
          request.id, stateless: request.isStateless,
          [
            ("content", [["type": "text", "text": .string(text)]]), ("structuredContent", .object(structured)),
            ("isError", false),
          ])
      ]
    case .toolError(let text):
      return [
        Self.success(
          request.id, stateless: request.isStateless,
          [("content", [["type": "text", "text": .string(text)]]), ("isError", true)])
      ]
    case .resource(let mimeType, let text):
      let content: JSONValue = [
        "uri": .string(request.address ?? ""), "mimeType": .string(mimeType), "text": .string(text),
      ]
      return [Self.success(request.id, stateless: request.isStateless, [("contents", [content])], cached: true)]
    case .prompt(let description, let text):
      let message: JSONValue = ["role": "user", "content": ["type": "text", "text": .string(text)]]
      return [
        Self.success(
          request.id, stateless: request.isStateless,
          [("description", .string(description)), ("messages", [message])])
      ]
    case .notFound(let text):
      let isOldResource = request.address != nil && !request.isStateless
      return [Self.failure(request.id, isOldResource ? .resourceNotFound : .invalidParameters, text)]
    }
  }

  /// Tells a client that asked for it how far a call is. `progress` must increase.
  package func progress(ticket: Int, _ progress: Double, of total: Double?, _ text: String) -> [AgentAction] {
    guard let token = pending[ticket]?.progressToken else { return [] }
    var parameters: JSONObject = [
      "progressToken": token, "progress": .number(progress), "message": .string(text),
    ]
    if let total { parameters.set("total", .number(total)) }
    return [.send(["jsonrpc": "2.0", "method": "notifications/progress", "params": .object(parameters)])]
  }

  private mutating func notified(_ method: String, _ parameters: JSONObject) -> [AgentAction] {
    guard method == "notifications/cancelled", let id = Self.validID(parameters["requestId"]),
      let ticket = pending.first(where: { $0.value.id == id })?.key
    else { return [] }
    pending[ticket] = nil
    return [.cancel(ticket: ticket)]
  }

  /// Hands out work.
  mutating func perform(
    _ kind: AgentCall.Kind, _ parameters: JSONObject, _ id: JSONValue, stateless: Bool
  ) -> [AgentAction] {
    guard pending.count < Self.maximumPending else {
      return [
        Self.failure(
          id, .busy, "\(Self.maximumPending) requests are being worked on: wait for some of the answers, then ask again"
        )
      ]
    }
    let ticket = nextTicket
    nextTicket += 1
    var request = Pending(id: id, isStateless: stateless)
    if case .resource(let address) = kind { request.address = address }
    request.progressToken = parameters["_meta"]?.object?["progressToken"].flatMap(Self.validID)
    pending[ticket] = request
    return [.perform(AgentCall(ticket: ticket, kind: kind))]
  }

  /// Nil for what cannot be an id.
  private static func validID(_ value: JSONValue?) -> JSONValue? {
    switch value {
    case .string, .integer: value
    default: nil
    }
  }
}
