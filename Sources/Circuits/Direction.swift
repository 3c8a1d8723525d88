// autointerp
// `Direction` is a metric given by numbers: a dot product with the logits or with the residual stream.
// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// The content of the FILE in `direction FILE`: `{"space": "vocabulary" or "residual", "layer": 5, "position": 3,
/// "values": [...]}`.
package struct Direction: Hashable, Sendable {
  package enum Space: String, Sendable, CaseIterable {
    /// One value for each token, the factor of its logit.
    case vocabulary
    /// One factor for each dimension of the residual stream before `layer`.
    case residual
  }

  package var space: Space
  /// The layer before which the residual stream is read, from 1. The number of layers, or nil, means the final stream
  /// before the last norm.
  package var layer: Int?
  /// Nil means the position of the graph.
  package var position: Int?
  package var values: [Float]

  package init(space: Space, layer: Int? = nil, position: Int? = nil, values: [Float]) {
    self.space = space
    self.layer = layer
    self.position = position
    self.values = values
  }

  /// Reads the file's bytes.
  ///
  /// - Throws: `CircuitError.unreadableGraph` that names the wrong key.
  package init(json bytes: [UInt8]) throws(CircuitError) {
    func wrong(_ part: String, _ expected: String, _ found: String?) -> CircuitError {
      .unreadableGraph(part: "direction, \(part)", expected: expected, found: found ?? "nothing")
    }
    let parsed: JSONValue
    do throws(JSONError) {
      parsed = try JSONValue(parsing: bytes)
    } catch {
      throw wrong("file", "a JSON object with space, layer, position and values", "\(error)")
    }
    guard let file = parsed.object else {
      throw wrong("file", "a JSON object with space, layer, position and values", parsed.summary)
    }
    let known = ["space", "layer", "position", "values"]
    if let unknown = file.members.first(where: { !known.contains($0.key) }) {
      throw wrong("key", "space, layer, position or values", unknown.key)
    }
    guard let space = file["space"]?.string.flatMap(Space.init(rawValue:)) else {
      throw wrong("space", "vocabulary or residual", file["space"]?.summary)
    }
    func place(_ key: String) throws(CircuitError) -> Int? {
      guard let value = file[key], value != .null else { return nil }
      guard let number = value.integer, (0...Int(Int32.max)).contains(number) else {
        throw wrong(key, "an integer of at least 0", value.summary)
      }
      return number
    }
    guard let list = file["values"]?.array, !list.isEmpty else {
      throw wrong("values", "a list of numbers", file["values"]?.summary)
    }
    var values: [Float] = []
    for (i, value) in list.enumerated() {
      guard let number = value.number.map({ Float($0) }), number.isFinite else {
        throw wrong("values[\(i)]", "a number", value.summary)
      }
      values.append(number)
    }
    self.init(space: space, layer: try place("layer"), position: try place("position"), values: values)
    if let layer, space == .vocabulary { throw wrong("layer", "none in the space vocabulary", "\(layer)") }
    if layer == 0 { throw wrong("layer", "1 or more, since only embeddings are before layer 0", "0") }
  }

  /// `vocabulary - 3 0.5 -1 ...`: space, layer and position or `-`, values.
  var text: String {
    func place(_ value: Int?) -> String { value.map { "\($0)" } ?? "-" }
    return ([space.rawValue, place(layer), place(position)] + values.map { "\($0)" }).joined(separator: " ")
  }

  init?(words: some Collection<Substring>) {
    let words = Array(words)
    guard words.count >= 4, let space = Space(rawValue: String(words[0])) else { return nil }
    func place(_ word: Substring) -> Int?? {
      if word == "-" { return .some(nil) }
      guard let number = Int32(word), number >= 0 else { return nil }
      return Int(number)
    }
    let values = words[3...].compactMap { Float($0) }.filter(\.isFinite)
    guard let layer = place(words[1]), let position = place(words[2]), values.count == words.count - 3, layer != 0,
      space == .residual || layer == nil
    else { return nil }
    self.init(space: space, layer: layer, position: position, values: values)
  }
}
