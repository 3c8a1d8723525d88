// autointerp
// `StrictObject` reads a JSON object and refuses members that no reader asked for.
// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// Returns the members of an object and, at the end, refuses by name those that nobody asked for. `null` counts as
/// absent.
struct StrictObject {
  let path: String
  /// The object's place in the file: `model`, `pre_tokenizer.pretokenizers[1]`.
  let place: String
  private let members: JSONObject
  private var taken: Set<String> = []

  init(_ value: JSONValue, path: String, place: String) throws(CheckpointError) {
    guard let members = value.object else {
      throw CheckpointError(path: path, key: place, "wrong type", expected: "an object", found: value.summary)
    }
    self.path = path
    self.place = place
    self.members = members
  }

  func name(_ key: String) -> String { place.isEmpty ? key : "\(place).\(key)" }

  func error(_ key: String, _ problem: String, expected: String? = nil, found: String? = nil) -> CheckpointError {
    CheckpointError(path: path, key: name(key), problem, expected: expected, found: found)
  }

  /// Returns a member, or nil if it is absent or null.
  mutating func take(_ key: String) -> JSONValue? {
    taken.insert(key)
    let value = members[key]
    return value == .null ? nil : value
  }

  /// Accepts members that do not influence token ids.
  mutating func ignore(_ keys: String...) { taken.formUnion(keys) }

  mutating func optional<Value>(
    _ key: String, _ convert: (JSONValue) -> Value?, _ kind: String
  ) throws(CheckpointError) -> Value? {
    guard let found = take(key) else { return nil }
    guard let value = convert(found) else { throw error(key, "wrong type", expected: kind, found: found.summary) }
    return value
  }

  mutating func required<Value>(
    _ key: String, _ convert: (JSONValue) -> Value?, _ kind: String
  ) throws(CheckpointError) -> Value {
    guard let value = try optional(key, convert, kind) else { throw error(key, "missing", expected: kind) }
    return value
  }

  mutating func object(_ key: String) throws(CheckpointError) -> StrictObject? {
    guard let value = take(key) else { return nil }
    return try StrictObject(value, path: path, place: name(key))
  }

  /// Returns the elements of an array of objects.
  mutating func objects(_ key: String) throws(CheckpointError) -> [StrictObject] {
    var objects: [StrictObject] = []
    for (number, value) in try required(key, \.array, "an array").enumerated() {
      objects.append(try StrictObject(value, path: path, place: "\(name(key))[\(number)]"))
    }
    return objects
  }

  /// Requires a member to have one certain value. An absent member counts as `byDefault`.
  mutating func require(_ key: String, _ expected: JSONValue, byDefault: JSONValue? = nil) throws(CheckpointError) {
    let found = take(key) ?? byDefault ?? .null
    guard found == expected else {
      throw error(key, "not supported", expected: expected.summary, found: found.summary)
    }
  }

  /// Returns the `type` of a component.
  mutating func type() throws(CheckpointError) -> String { try required("type", \.string, "a string") }

  func unsupportedType(_ type: String, expected: String) -> CheckpointError {
    error("type", "not supported", expected: expected, found: "\"\(CheckpointError.printable(type))\"")
  }

  /// Refuses the members that were not taken.
  func finish() throws(CheckpointError) {
    if let (key, value) = members.members.first(where: { !taken.contains($0.key) && $0.value != .null }) {
      throw error(key, "not understood", found: value.summary)
    }
  }
}
