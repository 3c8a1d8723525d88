// autointerp
// `MatchedControls` draws random neurons of the same layer with activations of similar size.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Platform

/// How large the activations of neurons are over some prompts, by which controls are matched.
package struct ActivationSizes: Sendable {
  private let width: Int
  /// `[layer][index]`: sums of |activation| over the chosen positions; layers without a set of interest are left out.
  private var sums: [Int: [Double]]

  package init(layers: Set<Int>, width: Int) {
    self.width = width
    sums = Dictionary(uniqueKeysWithValues: layers.map { ($0, [Double](repeating: 0, count: width)) })
  }

  package var layers: [Int] { sums.keys.sorted() }

  /// Adds the mean |activation| of one prompt's positions.
  package mutating func add(layer: Int, values: [Float], positions: [Int]) {
    for position in positions {
      for i in 0..<width {
        sums[layer]?[i] += Double(abs(values[position * width + i])) / Double(positions.count)
      }
    }
  }

  /// By how much a control may be larger or smaller than its neuron, as a factor.
  package static let caliper = 2.0

  /// Draws at most `count` random neurons for a neuron: of its layer, among those whose size is nearest to its own and
  /// within the caliper. A neuron that is larger than all others has no control, and nothing can be compared with it.
  ///
  /// The pool is four times as large as asked for, and at least 40, where so many are within the caliper.
  /// With `isMatched` false the caliper does not count: for figures that do not depend on the size of activations.
  package func controls(
    for neuron: NeuronID, count: Int, avoiding taken: Set<NeuronID>, seed: UInt64, isMatched: Bool = true
  ) -> [NeuronID] {
    guard let sizes = sums[Int(neuron.layer)] else { return [] }
    let own = sizes[Int(neuron.index)]
    func distance(_ i: Int) -> Double {
      // Of ratios, without a logarithm: both directions count alike.
      let (low, high) = (min(own, sizes[i]), max(own, sizes[i]))
      return high > 0 ? 1 - low / high : 0
    }
    let pool = (0..<width).filter { !taken.contains(NeuronID(layer: Int(neuron.layer), index: $0)) }
      .map { (distance: distance($0), index: $0) }.filter { !isMatched || $0.distance <= 1 - 1 / Self.caliper }
      .sorted { ($0.distance, $0.index) < ($1.distance, $1.index) }
      .prefix(max(40, 4 * count)).map { NeuronID(layer: Int(neuron.layer), index: $0.index) }
    var random = SplitMix64(seed: seed ^ UInt64(neuron.layer) << 32 ^ UInt64(neuron.index))
    return Array(random.shuffled(pool).prefix(count))
  }

  /// Draws controls for a set: the first control of each of its neurons together, then the second of each, and so on.
  package func controls(for set: NeuronSet, count: Int, avoiding taken: Set<NeuronID>, seed: UInt64) -> [NeuronSet] {
    var avoided = taken
    let members = set.neurons.map { neuron in
      let drawn = controls(for: neuron, count: count, avoiding: avoided, seed: seed)
      if set.neurons.count > 1 { avoided.formUnion(drawn) }
      return drawn
    }
    let complete = members.map(\.count).min() ?? 0
    return (0..<complete).map { i in NeuronSet(members.map { $0[i] }) }
  }
}
