// autointerp
// `NetworkFields` lists what every node and edge of an exported graph carries, for all formats alike.
// SPDX-License-Identifier: Apache-2.0

/// A value of a node or an edge.
enum NetworkValue: Equatable {
  case text(String)
  case integer(Int)
  case number(Double)
  case boolean(Bool)

  var text: String {
    switch self {
    case .text(let value): value
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .boolean(let value): "\(value)"
    }
  }
}

/// A property that nodes or edges have; a node need not have every one.
struct NetworkField: Equatable {
  enum Kind: Equatable {
    case text
    case integer
    case number
    case boolean
  }

  var name: String
  var kind: Kind

  init(_ name: String, _ kind: Kind) {
    self.name = name
    self.kind = kind
  }
}

/// The fields, in the order in which they are written.
enum NetworkFields {
  /// `groups` are the names of the run's groups.
  static func node(groups: [String]) -> [NetworkField] {
    [
      NetworkField("label", .text), NetworkField("kind", .text), NetworkField("text", .text),
      NetworkField("layer", .integer), NetworkField("index", .integer), NetworkField("role", .text),
      NetworkField("class", .text), NetworkField("q_value", .number), NetworkField("log_odds", .number),
      NetworkField("prompts", .integer),
    ] + groups.map { NetworkField("prompts_\($0)", .integer) } + [
      NetworkField("mean_score", .number), NetworkField("mean_absolute_score", .number), NetworkField("trust", .text),
      NetworkField("is_sink", .boolean), NetworkField("description", .text),
    ]
  }

  static let edge = [
    NetworkField("weight", .number), NetworkField("mean_flow", .number), NetworkField("mean_absolute_flow", .number),
    NetworkField("prompts", .integer), NetworkField("frequency", .number), NetworkField("occurrences", .integer),
  ]
}
