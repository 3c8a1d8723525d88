// autointerp
// `Schema` makes the JSON Schemas of the tools' arguments and answers.
// SPDX-License-Identifier: Apache-2.0

internal import JSON

enum Schema {
  static let string: JSONValue = ["type": "string"]
  static let integer: JSONValue = ["type": "integer"]
  static let number: JSONValue = ["type": "number"]
  static let boolean: JSONValue = ["type": "boolean"]
  static let maybeNumber: JSONValue = ["type": ["number", "null"]]
  static let maybeString: JSONValue = ["type": ["string", "null"]]
  static let strings: JSONValue = ["type": "array", "items": ["type": "string"]]

  static func list(_ item: JSONValue) -> JSONValue { ["type": "array", "items": item] }

  /// An object of which all members are required, except those named.
  static func object(_ members: [(String, JSONValue)], optional: Set<String> = []) -> JSONValue {
    var schema: JSONObject = ["type": "object", "properties": .object(JSONObject(members))]
    let required = members.map(\.0).filter { !optional.contains($0) }
    if !required.isEmpty { schema.set("required", .array(required.map { .string($0) })) }
    return .object(schema)
  }

  /// A list, how long the whole of it is, and where its next page begins.
  static func page(_ name: String, _ item: JSONValue) -> [(String, JSONValue)] {
    [(name, list(item)), ("total", integer), ("next_cursor", maybeString)]
  }

  /// What every answer says: how old it is, and what to be careful about.
  static let common: [(String, JSONValue)] = [
    ("caveats", strings),
    (
      "snapshot",
      object([
        ("run", string), ("prompts", integer), ("of", integer), ("quarantined", integer), ("behind", integer),
        ("is_current", boolean), ("state", string),
      ])
    ),
  ]

  /// The schema of a tool's answer.
  static func answer(_ members: [(String, JSONValue)], optional: Set<String> = []) -> JSONObject {
    object(members + common, optional: optional).object ?? [:]
  }

  // MARK: Arguments

  static func described(_ schema: JSONValue, _ text: String) -> JSONValue {
    var object = schema.object ?? [:]
    object.set("description", .string(text))
    return .object(object)
  }

  static let neuron: (String, JSONValue) = ("neuron", neuronName("such as L29/N729"))

  /// A neuron as `NeuronID` reads it.
  static func neuronName(_ text: String) -> JSONValue {
    ["type": "string", "pattern": "^[Ll]?[0-9]{1,4}[/:_][Nn]?[0-9]{1,7}$", "description": .string(text)]
  }

  /// An end of an edge as `Desk.ends` reads it.
  static func end(_ text: String) -> JSONValue {
    [
      "type": "string",
      "pattern": "^([Ll]?[0-9]{1,4}[/:_][Nn]?[0-9]{1,7}|[EL]_[0-9]{1,9}|M|metric|(token|logit):.+)$",
      "description": .string(text),
    ]
  }

  static let mostLayers = 10_000
  static let mostPrompts = 1_000_000_000
  static let layer: JSONValue = ["type": "integer", "minimum": 0, "maximum": .integer(mostLayers)]
  static let prompt: JSONValue = ["type": "integer", "minimum": 0, "maximum": .integer(mostPrompts)]
  /// The fewest prompts that something must have.
  static let fewest: JSONValue = ["type": "integer", "minimum": 1, "maximum": .integer(mostPrompts)]

  static func choice(_ values: [String], _ text: String) -> JSONValue {
    ["type": "string", "enum": .array(values.map { .string($0) }), "description": .string(text)]
  }

  static func limit(_ usual: Int, _ most: Int) -> (String, JSONValue) {
    ("limit", ["type": "integer", "minimum": 1, "maximum": .integer(most), "default": .integer(usual)])
  }

  static let cursor: (String, JSONValue) = (
    "cursor",
    [
      "type": "string", "pattern": "^[0-9a-f]{8}-[1-9][0-9]{0,8}$", "description": "next_cursor of the page before",
    ]
  )

  static func arguments(_ members: [(String, JSONValue)], required: [String] = []) -> JSONObject {
    var schema: JSONObject = [
      "type": "object", "properties": .object(JSONObject(members)), "additionalProperties": false,
    ]
    if !required.isEmpty { schema.set("required", .array(required.map { .string($0) })) }
    return schema
  }
}
