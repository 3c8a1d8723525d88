// autointerp
// `NeuronMask` says which neurons of a prompt keep working while the others are set to reference values.
// SPDX-License-Identifier: Apache-2.0

/// A neuron at a position.
package struct NeuronPlace: Hashable, Sendable {
  package var layer: Int
  package var position: Int
  package var index: Int

  package init(layer: Int, position: Int, index: Int) {
    self.layer = layer
    self.position = position
    self.index = index
  }
}

/// Which neurons of a prompt compute as usual. All others are set to reference values.
package struct NeuronMask: Sendable {
  /// What happens to neurons that are not listed.
  package enum Rest: Sendable {
    /// The listed neurons compute, all others have reference values: a circuit.
    case reference
    /// The listed neurons have reference values, all others compute: a circuit's complement.
    case live
  }

  package var rest: Rest
  /// The listed neurons by layer.
  private(set) var listed: [Int: [NeuronPlace]]
  /// Positions at which every neuron computes, listed or not.
  package var livePositions: Set<Int>

  package init(_ listed: some Sequence<NeuronPlace>, rest: Rest, livePositions: Set<Int>) {
    self.rest = rest
    self.livePositions = livePositions
    self.listed = Dictionary(grouping: listed, by: \.layer)
  }
}
