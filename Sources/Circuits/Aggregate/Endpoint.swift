// autointerp
// `Endpoint` is one end of an edge: a neuron, an input token or an output token, without its position.
// SPDX-License-Identifier: Apache-2.0

/// A node of an attribution graph without its position: a neuron, an input token, an output token or the metric.
///
/// Written `15_7890`, `E_13347`, `L_791` and `M`. Ordered neurons first (by layer, then index), then embeddings, then
/// logits (by token), then the metric: the order in which everything is exported.
package struct Endpoint: Hashable, Sendable {
  /// Kind in the top two bits, layer in the next 30, index or token in the low 32.
  package let packed: UInt64

  package enum Kind: UInt64, Sendable {
    case neuron = 0
    case embedding = 1
    case logit = 2
    case metric = 3
  }

  /// `layer`, `index` and `token` must not be negative, and `layer` must be below 2^30.
  package static func neuron(layer: Int32, index: Int32) -> Endpoint {
    precondition(layer >= 0 && layer < 1 << 30 && index >= 0)
    return Endpoint(packed: UInt64(UInt32(layer)) << 32 | UInt64(UInt32(index)))
  }

  package static func neuron(_ id: NeuronID) -> Endpoint { neuron(layer: id.layer, index: id.index) }

  package static func embedding(token: Int32) -> Endpoint {
    precondition(token >= 0)
    return Endpoint(packed: Kind.embedding.rawValue << 62 | UInt64(UInt32(token)))
  }

  package static func logit(token: Int32) -> Endpoint {
    precondition(token >= 0)
    return Endpoint(packed: Kind.logit.rawValue << 62 | UInt64(UInt32(token)))
  }

  /// The metric itself, if it depends on more than the traced logits.
  package static let metric = Endpoint(packed: Kind.metric.rawValue << 62)

  package var kind: Kind {
    switch packed >> 62 {
    case 0: .neuron
    case 1: .embedding
    case 2: .logit
    default: .metric
    }
  }

  /// Nil for all but neurons.
  package var neuron: NeuronID? {
    kind == .neuron ? NeuronID(layer: Int(packed >> 32), index: Int(packed & 0xFFFF_FFFF)) : nil
  }

  /// The token of an embedding or logit. Nil for others.
  package var token: Int32? {
    kind == .embedding || kind == .logit ? Int32(packed & 0xFFFF_FFFF) : nil
  }

  /// `packed` must be that of another endpoint.
  package init(packed: UInt64) { self.packed = packed }
}

extension Endpoint: Comparable {
  package static func < (a: Endpoint, b: Endpoint) -> Bool { a.packed < b.packed }
}

extension Endpoint: CustomStringConvertible, LosslessStringConvertible {
  package var description: String {
    switch kind {
    case .neuron: "\(packed >> 32)_\(packed & 0xFFFF_FFFF)"
    case .embedding: "E_\(packed & 0xFFFF_FFFF)"
    case .logit: "L_\(packed & 0xFFFF_FFFF)"
    case .metric: "M"
    }
  }

  package init?(_ text: String) {
    if text == "M" {
      self = .metric
      return
    }
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Self.number(parts[1]) else { return nil }
    switch parts[0] {
    case "E": self = .embedding(token: number)
    case "L": self = .logit(token: number)
    default:
      guard let layer = Self.number(parts[0]), layer < 1 << 30 else { return nil }
      self = .neuron(layer: layer, index: number)
    }
  }

  private static func number(_ text: Substring) -> Int32? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    return Int32(text)
  }
}
