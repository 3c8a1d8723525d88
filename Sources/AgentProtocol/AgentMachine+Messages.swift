// autointerp
// `AgentMachine.success` and `failure` make the JSON-RPC messages that answer a request.
// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// The codes of errors that this server sends.
enum AgentErrorCode: Int {
  case parse = -32700
  case invalidRequest = -32600
  case methodNotFound = -32601
  case invalidParameters = -32602
  /// Too much work at once.
  case busy = -32000
  /// In the versions with a handshake only.
  case resourceNotFound = -32002
  case unsupportedVersion = -32022
}

extension AgentMachine {
  static func failure(_ id: JSONValue, _ code: AgentErrorCode, _ text: String, data: JSONValue? = nil) -> AgentAction {
    var error: JSONObject = ["code": .integer(code.rawValue), "message": .string(text)]
    if let data { error.set("data", data) }
    return .send(["jsonrpc": "2.0", "id": id, "error": .object(error)])
  }

  /// A result. In the stateless version it says that it is complete; and if it is one that clients may cache, that it is stale
  /// at once, because resources follow a run that may go on.
  static func success(
    _ id: JSONValue, stateless: Bool, _ members: [(String, JSONValue)], cached: Bool = false
  ) -> AgentAction {
    var result = JSONObject(members)
    if stateless {
      result.set("resultType", "complete")
      if cached {
        result.set("ttlMs", 0)
        result.set("cacheScope", "private")
      }
    }
    return .send(["jsonrpc": "2.0", "id": id, "result": .object(result)])
  }
}
