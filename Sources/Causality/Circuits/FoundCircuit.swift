// autointerp
// `FoundCircuit` is a set of neurons that keeps a behaviour on its own, with what was measured about it.
// SPDX-License-Identifier: Apache-2.0

package import Inference

/// A circuit and its figures.
package struct FoundCircuit: Sendable {
  /// One neuron of the circuit.
  package struct Member: Sendable {
    package var place: NeuronPlace
    /// How much F falls when the circuit loses this member; nil if there were too many to measure.
    package var loss: Double?
  }

  /// How a circuit does on some pairs.
  package struct Check: Sendable {
    package var pairCount: Int
    /// F of the circuit alone.
    package var faithfulness: Double
    /// Share of pairs whose top token is the whole model's.
    package var sameAnswer: Double
    /// F of the model without the circuit: 0 if it is necessary.
    package var complement: Double
    /// By how much the metric falls without the circuit.
    package var metricFall: Double
  }

  package var members: [Member]
  package var found: Check
  /// On pairs that the search has not seen; nil without any.
  package var heldOut: Check?
  /// All neurons at positions that are not live.
  package var candidateCount: Int
  /// Circuits that were run.
  package var testCount: Int
  /// False if the search was stopped before it had given up all that can be spared.
  package var isPruned: Bool
}
