// autointerp
// `PeakActivations` holds the strongest activations of a prompt among all neurons, selected for its graph or not.
// SPDX-License-Identifier: Apache-2.0

/// The strongest activations of a prompt, in columns of equal length.
///
/// A graph has only neurons that matter for its metric. These are the neurons that fire, whatever that does. Each neuron
/// competes with the largest and with the smallest of its activations over the positions behind what the template puts
/// before every prompt, in units of the root mean square of its layer there. The strongest are listed, so that they
/// depend on the prompt alone.
package struct PeakActivations: Equatable, Sendable {
  package var layer: [Int32] = []
  package var index: [Int32] = []
  /// The first position of the extreme.
  package var position: [Int32] = []
  package var activation: [Float] = []

  package init() {}
  package var count: Int { layer.count }

  /// The most that a graph can have.
  package static let maximumCount = 65_536

  /// The neurons without repeats, sorted.
  package var neurons: [NeuronID] {
    var neurons: [NeuronID] = []
    for i in 0..<count {
      let neuron = NeuronID(layer: Int(layer[i]), index: Int(index[i]))
      if neurons.last != neuron { neurons.append(neuron) }
    }
    return neurons
  }

  /// Checks order, ranges and that a neuron has at most one activation of each sign.
  ///
  /// - Throws: `CircuitError.malformedGraph` with the first defect.
  func validate(tokenCount: Int) throws(CircuitError) {
    func malformed(_ part: String, _ expected: String, _ found: String) -> CircuitError {
      .malformedGraph(part: part, expected: expected, found: found)
    }
    guard count <= Self.maximumCount else { throw malformed("peaks", "at most \(Self.maximumCount)", "\(count)") }
    for (name, other) in [("index", index.count), ("position", position.count), ("activation", activation.count)]
    where other != count {
      throw malformed("peak column \(name)", "\(count) values, as many as layers", "\(other)")
    }
    for i in 0..<count {
      let place = "L\(layer[i])/N\(index[i])"
      guard layer[i] >= 0, layer[i] < 1 << 20, index[i] >= 0, position[i] >= 0, Int(position[i]) < tokenCount else {
        throw malformed(
          "peak \(i)", "a layer below 2^20, an index, one of \(tokenCount) positions", "\(place) at \(position[i])")
      }
      // Written so that NaN fails the check.
      guard abs(activation[i]) < Float(FixedPoint.limit), activation[i] != 0 else {
        throw malformed("peak \(i)", "an activation below 2^28 that is not 0", "\(activation[i])")
      }
      guard i > 0 else { continue }
      let (before, after) = ((layer[i - 1], index[i - 1]), (layer[i], index[i]))
      // Of one neuron first the positive one.
      guard before < after || (before == after && activation[i - 1] > 0 && activation[i] < 0) else {
        throw malformed(
          "peak \(i)", "order by layer, index and sign, one of each sign", "\(place) after L\(before.0)/N\(before.1)")
      }
    }
  }
}
