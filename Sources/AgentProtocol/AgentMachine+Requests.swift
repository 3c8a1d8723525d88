// autointerp
// `AgentMachine.requested` answers a client's request at once, or hands it out as an `AgentCall` if it takes time.
// SPDX-License-Identifier: Apache-2.0

internal import JSON

extension AgentMachine {
  mutating func requested(_ method: String, _ parameters: JSONObject, _ id: JSONValue) -> [AgentAction] {
    var isStateless = false
    if let version = parameters["_meta"]?.object?[Self.versionKey] {
      guard version.string == Self.statelessVersion else {
        return [unsupported(version.string ?? version.summary, id)]
      }
      isStateless = true
    }
    switch method {
    case "initialize" where !isStateless: return initialize(parameters, id)
    case "server/discover": return [discover(id)]
    case "ping" where !isStateless: return [Self.success(id, stateless: false, [])]
    default: break
    }
    guard isStateless || negotiated != nil || !Self.methods.contains(method) else {
      return [
        Self.failure(
          id, .invalidRequest,
          "send initialize first, or name the version \(Self.statelessVersion) in _meta of every request")
      ]
    }
    switch method {
    case "tools/list":
      return list(parameters, id, isStateless, "tools", server.tools.map(\.json))
    case "resources/list":
      return list(parameters, id, isStateless, "resources", server.resources.map { $0.json(addressKey: "uri") })
    case "resources/templates/list":
      return list(
        parameters, id, isStateless, "resourceTemplates", server.templates.map { $0.json(addressKey: "uriTemplate") })
    case "prompts/list":
      return list(parameters, id, isStateless, "prompts", server.prompts.map(\.json))
    case "tools/call": return callTool(parameters, id, isStateless)
    case "resources/read":
      guard let address = parameters["uri"]?.string else {
        return [Self.failure(id, .invalidParameters, "uri must be a string")]
      }
      return perform(.resource(address: address), parameters, id, stateless: isStateless)
    case "prompts/get": return getPrompt(parameters, id, isStateless)
    default:
      return [Self.failure(id, .methodNotFound, "there is no method \(method.prefix(80).debugDescription)")]
    }
  }

  private static let methods: Set<String> = [
    "tools/list", "tools/call", "resources/list", "resources/templates/list", "resources/read", "prompts/list",
    "prompts/get",
  ]

  // MARK: Versions

  private mutating func initialize(_ parameters: JSONObject, _ id: JSONValue) -> [AgentAction] {
    guard negotiated == nil else {
      return [Self.failure(id, .invalidRequest, "this connection is initialized already")]
    }
    guard let asked = parameters["protocolVersion"]?.string else {
      return [Self.failure(id, .invalidParameters, "protocolVersion must be a string")]
    }
    // A client that does not know the answered version disconnects.
    let version =
      Self.handshakeVersions.contains(asked) ? asked : Self.handshakeVersions[Self.handshakeVersions.count - 1]
    negotiated = version
    return [
      Self.success(
        id, stateless: false,
        [
          ("protocolVersion", .string(version)), ("capabilities", capabilities), ("serverInfo", identity),
          ("instructions", .string(server.instructions)),
        ])
    ]
  }

  private func discover(_ id: JSONValue) -> AgentAction {
    Self.success(
      id, stateless: true,
      [
        ("supportedVersions", .array((Self.handshakeVersions + [Self.statelessVersion]).map { .string($0) })),
        ("capabilities", capabilities), ("instructions", .string(server.instructions)),
        ("_meta", ["io.modelcontextprotocol/serverInfo": identity]),
      ], cached: true)
  }

  private func unsupported(_ version: String, _ id: JSONValue) -> AgentAction {
    Self.failure(
      id, .unsupportedVersion, "protocol version \(version.prefix(40).debugDescription) is not supported",
      data: [
        "supported": .array((Self.handshakeVersions + [Self.statelessVersion]).map { .string($0) }),
        "requested": .string(version),
      ])
  }

  private var capabilities: JSONValue {
    var capabilities: JSONObject = ["tools": ["listChanged": false]]
    if !server.resources.isEmpty { capabilities.set("resources", ["listChanged": false, "subscribe": false]) }
    if !server.prompts.isEmpty { capabilities.set("prompts", ["listChanged": false]) }
    return .object(capabilities)
  }

  private var identity: JSONValue {
    ["name": .string(server.name), "title": .string(server.title), "version": .string(server.version)]
  }

  // MARK: Lists and calls

  /// Lists are short: they come in one page.
  private func list(
    _ parameters: JSONObject, _ id: JSONValue, _ isStateless: Bool, _ key: String, _ items: [JSONValue]
  ) -> [AgentAction] {
    if let cursor = parameters["cursor"], cursor != .null {
      return [Self.failure(id, .invalidParameters, "there is no further page of \(key)")]
    }
    return [Self.success(id, stateless: isStateless, [(key, .array(items))], cached: true)]
  }

  private mutating func callTool(_ parameters: JSONObject, _ id: JSONValue, _ isStateless: Bool) -> [AgentAction] {
    guard let name = parameters["name"]?.string else {
      return [Self.failure(id, .invalidParameters, "name must be a string")]
    }
    guard server.tools.contains(where: { $0.name == name }) else {
      return [Self.failure(id, .invalidParameters, "there is no tool \(name.prefix(80).debugDescription)")]
    }
    guard let arguments = Self.arguments(parameters) else {
      return [Self.failure(id, .invalidParameters, "arguments must be an object")]
    }
    return perform(.tool(name: name, arguments: arguments), parameters, id, stateless: isStateless)
  }

  private mutating func getPrompt(_ parameters: JSONObject, _ id: JSONValue, _ isStateless: Bool) -> [AgentAction] {
    guard let name = parameters["name"]?.string, let prompt = server.prompts.first(where: { $0.name == name }) else {
      return [
        Self.failure(
          id, .invalidParameters,
          "there is no such prompt; there are \(server.prompts.map(\.name).joined(separator: ", "))")
      ]
    }
    guard let arguments = Self.arguments(parameters) else {
      return [Self.failure(id, .invalidParameters, "arguments must be an object")]
    }
    for argument in prompt.arguments where arguments[argument.name]?.string == nil {
      return [Self.failure(id, .invalidParameters, "the prompt needs \(argument.name): \(argument.description)")]
    }
    return perform(.prompt(name: name, arguments: arguments), parameters, id, stateless: isStateless)
  }

  private static func arguments(_ parameters: JSONObject) -> JSONObject? {
    switch parameters["arguments"] {
    case nil, .null: JSONObject()
    case .object(let arguments): arguments
    default: nil
    }
  }
}
