// autointerp
// `SchemaCheck` holds a JSON value against the part of JSON Schema that the tools use.
// SPDX-License-Identifier: Apache-2.0

internal import JSON

enum SchemaCheck {
  /// What is wrong with `value`, each with its path; empty if it fits.
  static func problems(_ value: JSONValue, _ schema: JSONObject, path: String = "$") -> [String] {
    var problems: [String] = []
    let types = schema["type"].map { $0.array?.compactMap(\.string) ?? [$0.string ?? ""] }
    if let types, !types.contains(where: { matches(value, $0) }) {
      return ["\(path): \(value.summary) is not \(types.joined(separator: " or "))"]
    }
    if let choices = schema["enum"]?.array, !choices.contains(value) { problems.append("\(path): \(value.summary)") }
    if let object = value.object {
      let properties = schema["properties"]?.object
      for name in schema["required"]?.array?.compactMap(\.string) ?? [] where object[name] == nil {
        problems.append("\(path): \(name) is missing")
      }
      for member in object.members {
        if let property = properties?[member.key]?.object {
          problems += Self.problems(member.value, property, path: "\(path).\(member.key)")
        } else if properties != nil {
          problems.append("\(path): \(member.key) is not in the schema")
        }
      }
    }
    if let items = schema["items"]?.object {
      for (number, item) in (value.array ?? []).enumerated() {
        problems += Self.problems(item, items, path: "\(path)[\(number)]")
      }
    }
    return problems
  }

  private static func matches(_ value: JSONValue, _ type: String) -> Bool {
    switch (type, value) {
    case ("null", .null), ("boolean", .boolean), ("integer", .integer), ("number", .integer), ("number", .number),
      ("string", .string), ("array", .array), ("object", .object):
      true
    default: false
    }
  }
}
