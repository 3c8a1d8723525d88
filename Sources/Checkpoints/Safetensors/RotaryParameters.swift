// autointerp
// `RotaryParameters` reads the rotary positions' part of a config.json and refuses keys that it does not understand.
// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// The JSON object that describes the scaling of rotary positions.
struct RotaryParameters {
  private let members: JSONObject
  private let key: String
  private let path: String
  private var unread: Set<String>

  init(_ members: JSONObject, key: String, path: String) {
    self.members = members
    self.key = key
    self.path = path
    unread = Set(members.members.lazy.filter { $0.value != .null }.map(\.key))
  }

  mutating func number(_ name: String) throws(CheckpointError) -> Double? {
    guard let value = members[name], value != .null else { return nil }
    unread.remove(name)
    guard let number = value.number else {
      throw CheckpointError(
        path: path, key: "\(key).\(name)", "unusable", expected: "a number", found: value.summary)
    }
    return number
  }

  /// Reads a number that must exist and be larger than a bound.
  private mutating func required(_ name: String, above bound: Double = 0) throws(CheckpointError) -> Double {
    guard let number = try number(name) else {
      throw CheckpointError(path: path, key: "\(key).\(name)", "missing")
    }
    guard number > bound, number.isFinite else {
      throw CheckpointError(
        path: path, key: "\(key).\(name)", "out of range", expected: "more than \(bound)", found: "\(number)")
    }
    return number
  }

  private mutating func type() throws(CheckpointError) -> String {
    var type: String?
    for name in ["rope_type", "type"] {
      guard let value = members[name], value != .null else { continue }
      unread.remove(name)
      guard let text = value.string, type == nil || type == text else {
        throw CheckpointError(path: path, key: "\(key).\(name)", "unusable RoPE type", found: value.summary)
      }
      type = text
    }
    guard let type else {
      // transformers treats an object without a type as the plain rotation.
      if unread.isEmpty { return "default" }
      throw CheckpointError(path: path, key: "\(key).\(unread.min()!)", "this key needs a rope_type, which is missing")
    }
    return type
  }

  mutating func scaling() throws(CheckpointError) -> RotaryEmbedding.Scaling {
    if let factor = try number("partial_rotary_factor"), factor != 1 {
      throw CheckpointError(
        path: path, key: "\(key).partial_rotary_factor", "not supported", expected: "1", found: "\(factor)")
    }
    let scaling: RotaryEmbedding.Scaling
    switch try type() {
    case "default":
      scaling = .none
      if let factor = try number("factor"), factor != 1 {
        throw CheckpointError(
          path: path, key: "\(key).factor", "the default rotation must not have a factor", expected: "1",
          found: "\(factor)")
      }
    case "linear": scaling = .linear(factor: try required("factor"))
    case "llama3":
      let length = try required("original_max_position_embeddings")
      guard let originalContextLength = Int(exactly: length) else {
        throw CheckpointError(
          path: path, key: "\(key).original_max_position_embeddings", "unusable", expected: "a whole number",
          found: "\(length)")
      }
      let low = try required("low_freq_factor")
      scaling = .llama3(
        factor: try required("factor"), lowFrequencyFactor: low,
        highFrequencyFactor: try required("high_freq_factor", above: low), originalContextLength: originalContextLength)
    case let other:
      throw CheckpointError(
        path: path, key: "\(key).\(members["rope_type"] == nil ? "type" : "rope_type")",
        "this RoPE scaling is not supported", expected: "default, linear or llama3",
        found: "\"\(CheckpointError.printable(other))\"")
    }
    if let name = unread.min() { throw CheckpointError(path: path, key: "\(key).\(name)", "not understood") }
    return scaling
  }
}
