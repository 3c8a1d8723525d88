// autointerp
// `ToolArguments` reads the arguments of a call and throws a `ToolError` that says what is wrong with one.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import JSON
internal import Platform

/// Why a tool cannot answer, and what to do instead. The client's model reads it.
package struct ToolError: Error, Equatable, CustomStringConvertible {
  /// What kind of mistake it is. Agents read the text; clients over HTTP get a status code.
  package enum Kind: Equatable, Sendable {
    /// An argument cannot be used.
    case argument
    /// The run does not have what was asked for.
    case absent
    /// The page belongs to an older state of the run.
    case outdated
    /// The run cannot be asked yet.
    case early
  }

  package var description: String
  package var kind: Kind

  package init(_ description: String, _ kind: Kind = .argument) {
    self.description = description
    self.kind = kind
  }
}

struct ToolArguments {
  private let members: JSONObject
  /// Names the state of the run, so that pages of different states are not mixed.
  private let digest: String

  /// - Throws: if there is an argument that the tool does not have.
  init(_ members: JSONObject, schema: JSONObject, digest: String) throws(ToolError) {
    let known = schema["properties"]?.object?.members.map(\.key) ?? []
    for member in members.members where !known.contains(member.key) {
      throw ToolError(
        "there is no argument \(Quoted.text(member.key)); this tool takes \(known.isEmpty ? "none" : known.joined(separator: ", "))"
      )
    }
    for name in schema["required"]?.array ?? [] {
      guard let name = name.string, members[name] == nil || members[name] == .null else { continue }
      throw ToolError("the argument \(name) is missing")
    }
    self.members = members
    self.digest = String(digest.prefix(8))
  }

  func string(_ name: String) throws(ToolError) -> String? {
    switch members[name] {
    case nil, .null: return nil
    case .string(let text): return text
    case .some(let other): throw ToolError("\(name) must be a string, not \(Quoted.text(other.summary))")
    }
  }

  func neuron(_ name: String = "neuron") throws(ToolError) -> NeuronID {
    let text = try string(name) ?? ""
    guard let neuron = NeuronID(text) else {
      throw ToolError(
        "\(name) is \(Quoted.text(text)), which is no neuron: write it as L29/N729, layer 29 and neuron 729")
    }
    return neuron
  }

  func integer(_ name: String, in range: ClosedRange<Int>) throws(ToolError) -> Int? {
    guard let value = members[name], value != .null else { return nil }
    // Some clients send 5.0.
    let number = value.integer ?? value.number.flatMap { Int(exactly: $0) }
    guard let number, range.contains(number) else {
      throw ToolError(
        "\(name) must be an integer from \(range.lowerBound) to \(range.upperBound), not \(Quoted.text(value.summary))")
    }
    return number
  }

  func number(_ name: String, in range: ClosedRange<Double>) throws(ToolError) -> Double? {
    guard let value = members[name], value != .null else { return nil }
    guard let number = value.number, range.contains(number) else {
      throw ToolError(
        "\(name) must be a number from \(range.lowerBound) to \(range.upperBound), not \(Quoted.text(value.summary))")
    }
    return number
  }

  func limit(_ usual: Int, _ most: Int) throws(ToolError) -> Int { try integer("limit", in: 1...most) ?? usual }

  func boolean(_ name: String) throws(ToolError) -> Bool? {
    switch members[name] {
    case nil, .null: return nil
    case .boolean(let value): return value
    case .some(let other): throw ToolError("\(name) must be true or false, not \(Quoted.text(other.summary))")
    }
  }

  func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, _ type: Choice.Type
  ) throws(ToolError) -> Choice? where Choice.RawValue == String {
    guard let text = try string(name) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw ToolError("\(name) is \(Quoted.text(text)); it must be one of \(choices)")
    }
    return choice
  }

  /// A list of objects; empty if it is not given.
  func objects(_ name: String, most: Int) throws(ToolError) -> [JSONObject] {
    guard let value = members[name], value != .null else { return [] }
    guard let items = value.array, items.count <= most else {
      throw ToolError("\(name) must be a list of at most \(most) objects")
    }
    var objects: [JSONObject] = []
    for item in items {
      guard let object = item.object else {
        throw ToolError("\(name) must hold objects, not \(Quoted.text(item.summary))")
      }
      objects.append(object)
    }
    return objects
  }

  /// Where the page begins.
  func offset() throws(ToolError) -> Int {
    guard let cursor = try string("cursor") else { return 0 }
    let parts = cursor.split(separator: "-")
    guard parts.count == 2, let offset = Int(parts[1]), offset > 0 else {
      throw ToolError(
        "cursor is \(Quoted.text(cursor)), which no answer gave: leave it out to start from the first page")
    }
    guard parts[0] == digest else {
      throw ToolError(
        "prompts were merged since that page was made: leave cursor out to start from the first page", .outdated)
    }
    return offset
  }

  /// The cursor of the page after one of `count` items; null if it was the last.
  func next(after offset: Int, _ count: Int, of total: Int) -> JSONValue {
    offset + count < total && count > 0 ? .string("\(digest)-\(offset + count)") : .null
  }
}
