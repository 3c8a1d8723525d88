// autointerp
// `JSONNode` reads values out of a parsed graph file and names the place of whatever does not fit.
// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// A value of a parsed graph file together with its place, such as `file.nodes[3].layer`.
///
/// A key that is absent and one that is null both give a node without a value.
struct JSONNode {
  let value: JSONValue?
  let path: String

  init(_ value: JSONValue?, at path: String) {
    self.value = value == .null ? nil : value
    self.path = path
  }

  var isPresent: Bool { value != nil }
  var boolean: Bool? { value?.boolean }
  var optionalNumber: Double? { value?.number }
  /// Numbers count as text, because files write layers as either.
  var optionalString: String? { value?.string ?? value?.integer.map { String($0) } ?? value?.number.map { "\($0)" } }

  subscript(key: String) -> JSONNode { JSONNode(value?.object?[key], at: "\(path).\(key)") }

  func elements() throws(CircuitError) -> [JSONNode] {
    guard let array = value?.array else { throw unreadable("an array") }
    return array.enumerated().map { JSONNode($1, at: "\(path)[\($0)]") }
  }

  func string() throws(CircuitError) -> String {
    guard let text = value?.string else { throw unreadable("a string") }
    return text
  }

  func number() throws(CircuitError) -> Double {
    guard let number = optionalNumber else { throw unreadable("a number") }
    return number
  }

  func int64() throws(CircuitError) -> Int64 {
    if let integer = value?.integer { return Int64(integer) }
    if let text = value?.string, let number = Int64(text) { return number }
    guard let number = value?.number.flatMap({ Int64(exactly: $0) }) else { throw unreadable("an integer") }
    return number
  }

  func int32() throws(CircuitError) -> Int32 {
    guard let number = Int32(exactly: try int64()), number >= 0 else { throw unreadable("an integer of at least 0") }
    return number
  }

  private func unreadable(_ expected: String) -> CircuitError {
    .unreadableGraph(part: path, expected: expected, found: value?.summary ?? "nothing")
  }
}
