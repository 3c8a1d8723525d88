// autointerp
// `AgentServer` describes a server of the Model Context Protocol: its name, tools, resources and prompts.
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// What a server offers. It does not change while the server runs.
package struct AgentServer: Sendable {
  package var name: String
  package var title: String
  package var version: String
  /// What a client's model should know before it calls anything.
  package var instructions: String
  package var tools: [ToolDescription] = []
  package var resources: [ResourceDescription] = []
  package var templates: [ResourceDescription] = []
  package var prompts: [PromptDescription] = []

  package init(name: String, title: String, version: String, instructions: String) {
    self.name = name
    self.title = title
    self.version = version
    self.instructions = instructions
  }
}

/// One tool. Both schemas are JSON Schemas of objects.
package struct ToolDescription: Sendable {
  package var name: String
  package var title: String
  package var description: String
  package var input: JSONObject
  package var output: JSONObject

  package init(name: String, title: String, description: String, input: JSONObject, output: JSONObject) {
    self.name = name
    self.title = title
    self.description = description
    self.input = input
    self.output = output
  }

  /// As `tools/list` has it. No tool changes anything.
  var json: JSONValue {
    [
      "name": .string(name), "title": .string(title), "description": .string(description),
      "inputSchema": .object(input),
      "outputSchema": .object(output),
      "annotations": ["readOnlyHint": true, "idempotentHint": true, "openWorldHint": false],
    ]
  }
}

/// A resource, or a template of resources.
package struct ResourceDescription: Sendable {
  /// Of a template: with names in braces.
  package var address: String
  package var name: String
  package var description: String
  package var mimeType: String

  package init(address: String, name: String, description: String, mimeType: String) {
    self.address = address
    self.name = name
    self.description = description
    self.mimeType = mimeType
  }

  func json(addressKey: String) -> JSONValue {
    .object(
      JSONObject([
        (addressKey, .string(address)), ("name", .string(name)), ("description", .string(description)),
        ("mimeType", .string(mimeType)),
      ]))
  }
}

/// A prompt that a person may choose.
package struct PromptDescription: Sendable {
  package var name: String
  package var title: String
  package var description: String
  package var arguments: [(name: String, description: String)]

  package init(name: String, title: String, description: String, arguments: [(name: String, description: String)]) {
    self.name = name
    self.title = title
    self.description = description
    self.arguments = arguments
  }

  var json: JSONValue {
    [
      "name": .string(name), "title": .string(title), "description": .string(description),
      "arguments": .array(
        arguments.map {
          ["name": .string($0.name), "description": .string($0.description), "required": true]
        }),
    ]
  }
}
