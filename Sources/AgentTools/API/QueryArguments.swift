// autointerp
// `QueryArguments` turns the query of an address into the arguments of a tool, by the tool's schema.
// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// What an address says after `?`, with names and values decoded.
enum QueryArguments {
  /// The longest text, in Unicode scalars.
  static let longestText = 200
  /// Of `text`, which may be a whole prompt.
  static let longestPrompt = 1500

  /// The arguments. Numbers and truth values that cannot be read stay texts, which the tool then refuses by name; so it does
  /// with names that it does not have.
  ///
  /// - Throws: `ToolError` for a text that is empty or too long.
  static func arguments(_ query: [(name: String, value: String)], schema: JSONObject) throws(ToolError) -> JSONObject {
    let properties = schema["properties"]?.object
    var arguments = JSONObject()
    for (name, value) in query {
      arguments.set(name, try argument(name, value, properties?[name]?.object))
    }
    return arguments
  }

  private static func argument(_ name: String, _ value: String, _ schema: JSONObject?) throws(ToolError) -> JSONValue {
    switch schema?["type"]?.string {
    case "integer", "number":
      guard let parsed = try? JSONValue(parsing: Array(value.utf8)), parsed.number != nil else { return .string(value) }
      return parsed
    case "boolean": return value == "true" ? true : value == "false" ? false : .string(value)
    default:
      let (count, most) = (value.unicodeScalars.count, longest(name))
      guard count > 0 else { throw ToolError("\(Quoted.text(name)) is empty: give a value, or leave it out") }
      guard count <= most else {
        throw ToolError("\(Quoted.text(name)) has \(count) characters; at most \(most) are read")
      }
      return .string(value)
    }
  }

  private static func longest(_ name: String) -> Int { name == "text" ? longestPrompt : longestText }

  /// The schema of an argument as a query has it: texts are bounded.
  static func bounded(_ name: String, _ schema: JSONValue) -> JSONValue {
    guard var object = schema.object, object["type"]?.string == "string", object["enum"] == nil else { return schema }
    object.set("minLength", 1)
    object.set("maxLength", .integer(longest(name)))
    return .object(object)
  }
}
