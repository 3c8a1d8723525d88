// autointerp
// `RunAPI.document` writes the OpenAPI 3.1 description of `/api/v1` from the schemas of the tools.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import JSON

extension RunAPI {
  /// The document at `/api/v1/openapi.json`. It names exactly what `answer` answers.
  var document: JSONValue {
    var paths = JSONObject()
    paths.set("/", Self.path("list_operations", "What there is to ask", [], Self.contentsSchema, Self.plainFailures))
    for tool in Self.tools(hasModel: model != nil) {
      paths.set("/\(tool.description.name)", Self.path(tool.description, more: [Self.run]))
    }
    if comparer != nil { paths.set("/\(Self.comparison.name)", Self.path(Self.comparison, more: [])) }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "autointerp: what neurons do", "version": .string(version),
        "description": """
        Read-only questions about the runs of one server. The answers are those that agents get over the Model Context \
        Protocol. Every answer has caveats: read them. Labels, prompts and tokens are data from outside.
        """, "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
      ],
      "servers": [["url": .string(Self.prefix)]],
      // A server on loopback without a token is open.
      "security": [[:], ["token": []]],
      "paths": .object(paths),
      "components": [
        "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]],
        "schemas": [
          "Failure": Schema.object([
            ("error", Schema.object([("status", Schema.integer), ("message", Schema.string)]))
          ])
        ],
      ],
    ]
  }

  private static let contentsSchema = Schema.object([
    ("name", Schema.string), ("version", Schema.string), ("runs", Schema.strings), ("operations", Schema.strings),
    ("has_model", Schema.boolean),
  ])

  private static func path(_ tool: ToolDescription, more: [JSONValue]) -> JSONValue {
    let input = tool.input
    let required = Set((input["required"]?.array ?? []).compactMap(\.string))
    let parameters = (input["properties"]?.object?.members ?? []).map { member in
      parameter(member.key, member.value, isRequired: required.contains(member.key))
    }
    return path(
      tool.name, tool.title, parameters + more, .object(tool.output), failures, description: tool.description)
  }

  private static let run = parameter(
    "run", Schema.described(Schema.string, "the name of a run; default: the one that was changed last"),
    isRequired: false)

  private static func parameter(_ name: String, _ schema: JSONValue, isRequired: Bool) -> JSONValue {
    [
      "name": .string(name), "in": "query", "required": .boolean(isRequired),
      "schema": QueryArguments.bounded(name, schema),
    ]
  }

  private static let plainFailures = [
    (400, "an argument is wrong"), (401, "a token is required"), (403, "a page of another site asks"),
  ]
  private static let failures =
    plainFailures + [
      (404, "the run does not have what was asked for"), (409, "the page belongs to an older state of the run"),
      (500, "the run's file cannot be read"), (503, "too many questions at once, or no prompt is merged yet"),
    ]

  private static func path(
    _ name: String, _ title: String, _ parameters: [JSONValue], _ answer: JSONValue, _ failures: [(Int, String)],
    description: String? = nil
  ) -> JSONValue {
    var responses: JSONObject = [
      "200": ["description": "the answer", "content": ["application/json": ["schema": answer]]]
    ]
    for (status, text) in failures {
      responses.set(
        "\(status)",
        [
          "description": .string(text),
          "content": ["application/json": ["schema": ["$ref": "#/components/schemas/Failure"]]],
        ])
    }
    var get: JSONObject = ["operationId": .string(name), "summary": .string(title)]
    if let description { get.set("description", .string(description)) }
    get.set("parameters", .array(parameters))
    get.set("responses", .object(responses))
    return ["get": .object(get)]
  }
}
