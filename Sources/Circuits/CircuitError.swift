// autointerp
// `CircuitError` says what is wrong with a graph, a delta or a graph file.
// SPDX-License-Identifier: Apache-2.0

/// Why a graph was refused.
package enum CircuitError: Error, Hashable, Sendable {
  /// A graph or delta is invalid, for example an edge to a node that does not exist.
  case malformedGraph(part: String, expected: String, found: String)
  /// The aggregate already has the prompt.
  case duplicatePrompt(Int32)
  /// A file is not a graph in any known format.
  case unreadableGraph(part: String, expected: String, found: String)
}

extension CircuitError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .malformedGraph(let part, let expected, let found):
      "malformed graph: \(part): expected \(expected), found \(found)"
    case .duplicatePrompt(let prompt):
      "prompt \(prompt) is merged already; a second delta for it must be dropped"
    case .unreadableGraph(let part, let expected, let found):
      "unreadable graph: \(part): expected \(expected), found \(found)"
    }
  }
}
