// autointerp
// A JSON value as model files use them.
// SPDX-License-Identifier: Apache-2.0

/// A JSON value; integers are kept exact, and objects have no key twice (the parser refuses such text).
package enum JSONValue: Equatable, Sendable {
  case null
  case boolean(Bool)
  /// A number written without fraction and exponent that fits an `Int`.
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  /// Parses a whole file.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - maximumBytes: larger files are refused.
  /// - Returns: the value that the file consists of.
  /// - Throws: when it cannot be read or is not JSON, with the offset.
  package static func read(_ path: String, maximumBytes: Int = 100_000_000) throws(CheckpointError) -> JSONValue {
    let file = try MappedFile(path)
    guard file.bytes.count <= maximumBytes else {
      throw CheckpointError(
        path: path, "the file is too large", expected: "at most \(maximumBytes) bytes", found: "\(file.bytes.count)")
    }
    return try JSONValue(parsing: file.bytes, path: path)
  }

  package var boolean: Bool? {
    if case .boolean(let value) = self { value } else { nil }
  }

  package var integer: Int? {
    if case .integer(let value) = self { value } else { nil }
  }

  /// The value of either kind of number.
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

  /// The value as short text for an error message.
  package var summary: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): "\"\(CheckpointError.printable(value))\""
    case .array(let values): Self.summary(of: values)
    case .object: "an object"
    }
  }

  /// A short array of plain values as it is written, any other by its size.
  private static func summary(of values: [JSONValue]) -> String {
    let text = "[\(values.prefix(8).map(\.summary).joined(separator: ", "))]"
    let isPlain = values.allSatisfy { $0.array == nil && $0.object == nil }
    return isPlain && values.count <= 8 && text.utf8.count <= 200 ? text : "an array of \(values.count)"
  }
}

/// The members of a JSON object, in the order of the text; no key is there twice.
///
/// Keys are compared scalar by scalar. A member is found by going through all of them; large objects are for iterating.
package struct JSONObject: Equatable, Sendable {
  package internal(set) var members: [(key: String, value: JSONValue)] = []

  package subscript(key: String) -> JSONValue? {
    members.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
  }

  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.elementsEqual(right.members) { $0.key.utf8.elementsEqual($1.key.utf8) && $0.value == $1.value }
  }
}
