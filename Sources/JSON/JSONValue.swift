// autointerp
// `JSONValue` is one parsed JSON value, with integers kept exact.
// SPDX-License-Identifier: Apache-2.0

/// A JSON value. Integers are exact. No object has a key twice, because the parser refuses such text.
package enum JSONValue: Equatable, Sendable {
  case null
  case boolean(Bool)
  /// A number without fraction and exponent that fits an `Int`.
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  package var boolean: Bool? {
    if case .boolean(let value) = self { value } else { nil }
  }

  package var integer: Int? {
    if case .integer(let value) = self { value } else { nil }
  }

  /// The value of an integer or any other number.
  package var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  package var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  package var array: [JSONValue]? {
    if case .array(let value) = self { value } else { nil }
  }

  package var object: JSONObject? {
    if case .object(let value) = self { value } else { nil }
  }

  /// The value as short text, for error messages. It may hold control characters of the file; whoever prints it must
  /// remove them.
  package var summary: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): "\"\(value.prefix(200))\""
    case .array(let values): Self.summary(of: values)
    case .object: "an object"
    }
  }

  /// Returns a short array of plain values in full, and any other array by its size.
  private static func summary(of values: [JSONValue]) -> String {
    let text = "[\(values.prefix(8).map(\.summary).joined(separator: ", "))]"
    let isPlain = values.allSatisfy { $0.array == nil && $0.object == nil }
    return isPlain && values.count <= 8 && text.utf8.count <= 200 ? text : "an array of \(values.count)"
  }
}

/// The members of a JSON object, in the order of the text. No key occurs twice.
///
/// Keys are compared scalar by scalar. Looking up a member takes O(n): iterate over large objects instead.
package struct JSONObject: Equatable, Sendable {
  package var members: [(key: String, value: JSONValue)] = []

  /// An object without members.
  package init() {}

  package subscript(key: String) -> JSONValue? {
    members.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
  }

  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.elementsEqual(right.members) { $0.key.utf8.elementsEqual($1.key.utf8) && $0.value == $1.value }
  }
}
