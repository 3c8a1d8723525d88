// autointerp
// `TrainingView` is what the training half of a run says about some neurons; nothing in it comes from held-out prompts.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Knowledge
internal import RunIndex

/// The graphs of the training prompts, merged.
struct TrainingView: Sendable {
  /// Where a neuron was selected.
  struct Places: Sendable {
    /// Positions, by token.
    var tokens: [Int32: Int] = [:]
    var positive = 0
    var negative = 0
  }

  /// Edges that profiles list on each side.
  private static let edgeCount = 60

  let sinks: Set<NeuronID>
  private let aggregate: EdgeAggregate
  private let places: [NeuronID: Places]
  private let profiles: [NeuronID: NeuronProfile]

  /// Reads every training graph once.
  ///
  /// - Complexity: O(edges of all training prompts)
  init(_ neurons: [NeuronID], of run: ScoredRun) throws {
    var aggregate = EdgeAggregate()
    var places = Dictionary(uniqueKeysWithValues: neurons.map { ($0, Places()) })
    try run.index.forEachGraph(of: run.halves.training) { delta in
      try aggregate.merge(delta)
      let columns = delta.graph.neurons
      for node in 0..<columns.count {
        let neuron = NeuronID(layer: Int(columns.layer[node]), index: Int(columns.index[node]))
        guard places[neuron] != nil else { continue }
        places[neuron]?.tokens[delta.graph.tokens[Int(columns.position[node])], default: 0] += 1
        if columns.activation[node] < 0 { places[neuron]?.negative += 1 } else { places[neuron]?.positive += 1 }
      }
    }
    self.aggregate = aggregate
    self.places = places
    sinks = Sinks(aggregate).neurons
    let found = aggregate.profiles(of: neurons, topCount: Self.edgeCount, edgesBy: .flow)
    profiles = Dictionary(uniqueKeysWithValues: found.map { ($0.neuron, $0) })
  }

  /// Nil if no training prompt has the neuron.
  func profile(of neuron: NeuronID) -> NeuronProfile? { profiles[neuron] }

  func places(of neuron: NeuronID) -> Places { places[neuron] ?? Places() }

  func text(of token: Int32) -> String? { aggregate.text(ofToken: token) }
}
