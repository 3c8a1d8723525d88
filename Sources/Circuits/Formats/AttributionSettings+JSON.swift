// autointerp
// `AttributionSettings` is read back from the JSON object `settings` of graphs and exports.
// SPDX-License-Identifier: Apache-2.0

extension AttributionSettings {
  /// Reads what graphs and exports write as `settings`. What they leave out, the size of sweep blocks, has its default.
  ///
  /// - Throws: `CircuitError.unreadableGraph` with the first setting that is missing or impossible.
  init(json node: JSONNode) throws(CircuitError) {
    try self.init(
      reading: { (name) throws(CircuitError) in try Self.value(of: name, in: node) },
      failure: { name, reason in
        .unreadableGraph(part: "\(node.path).\(name)", expected: "a setting of a graph", found: "one that \(reason)")
      })
  }

  /// The value of one setting; nil if the file lacks it.
  private static func value(of name: String, in node: JSONNode) throws(CircuitError) -> SettingValue? {
    guard let setting = list.first(where: { $0.name == name }) else { return nil }
    guard setting.decidesGraph else { return setting.read(AttributionSettings()) }
    let value = node[name]
    switch value.value {
    case nil: return setting.takesNone ? SettingValue.none : nil
    case .object where name == "metric": return .text(try MetricSpecification.settingText(json: value))
    case .integer(let integer): return .integer(integer)
    case .number(let number): return .number(number)
    case .string(let text): return .text(text)
    default: return .text(value.value?.summary ?? "")
    }
  }
}

extension MetricSpecification {
  /// The text of the metric that stands in a file as an object, such as `{"kind": "topk", "count": 5}`.
  fileprivate static func settingText(json node: JSONNode) throws(CircuitError) -> String {
    let kind = try node["kind"].string()
    switch Metric.Kind(rawValue: kind) {
    case .topLogits: return "\(kind) \(try node["count"].int32())"
    case .direction: return MetricSpecification.direction(try Direction(node)).settingText
    default:
      var words = [kind]
      for token in try node["tokens"].elements() { words.append("\(try token.int32())") }
      return words.joined(separator: " ")
    }
  }
}

extension Direction {
  fileprivate init(_ node: JSONNode) throws(CircuitError) {
    let name = try node["space"].string()
    guard let space = Space(rawValue: name) else {
      throw .unreadableGraph(part: node.path, expected: "the space vocabulary or residual", found: name)
    }
    var values: [Float] = []
    for value in try node["values"].elements() { values.append(Float(try value.number())) }
    func place(_ key: String) throws(CircuitError) -> Int? {
      node[key].isPresent ? Int(try node[key].int32()) : nil
    }
    self.init(space: space, layer: try place("layer"), position: try place("position"), values: values)
  }
}
