// autointerp
// `NodeReference` names one node of a graph by its id.
// SPDX-License-Identifier: Apache-2.0

/// A node of a graph, by the id that exports give it: `15_7890_11`, `E_504_0`, `L_791_4` or `M_4`.
package enum NodeReference: Hashable, Sendable, CustomStringConvertible {
  case neuron(layer: Int32, index: Int32, position: Int32)
  case embedding(token: Int32, position: Int32)
  case logit(token: Int32, position: Int32)
  case metric(position: Int32)

  /// Nil for a text that is not an id.
  package init?(_ id: String) {
    let parts = id.split(separator: "_", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { part in part.first?.isNumber == true ? Int32(part) : nil }
    switch (parts.first, parts.count, numbers.count) {
    case ("E", 3, 2): self = .embedding(token: numbers[0], position: numbers[1])
    case ("L", 3, 2): self = .logit(token: numbers[0], position: numbers[1])
    case ("M", 2, 1): self = .metric(position: numbers[0])
    case (_, 3, 3): self = .neuron(layer: numbers[0], index: numbers[1], position: numbers[2])
    default: return nil
    }
  }

  package var description: String {
    switch self {
    case .neuron(let layer, let index, let position): "\(layer)_\(index)_\(position)"
    case .embedding(let token, let position): "E_\(token)_\(position)"
    case .logit(let token, let position): "L_\(token)_\(position)"
    case .metric(let position): "M_\(position)"
    }
  }
}
