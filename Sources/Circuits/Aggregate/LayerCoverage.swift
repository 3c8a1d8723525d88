// autointerp
// `LayerCoverage` sums how much of each layer's |score| the selected neurons carry.
// SPDX-License-Identifier: Apache-2.0

/// The summed |score| of all neurons and of the selected ones, layer by layer, over the prompts whose graphs tell it.
/// The sums are exact; see `FixedPoint`.
package struct LayerCoverage: Equatable, Sendable {
  /// How many prompts told the scores of their layers. Those of earlier versions did not.
  package private(set) var prompts = 0
  private var selected: [Int128] = []
  private var all: [Int128] = []

  package init() {}

  /// The coverage of one graph.
  package init(_ graph: AttributionGraph) {
    self.init()
    add(graph)
  }

  mutating func add(_ graph: AttributionGraph) {
    guard !graph.layerScores.isEmpty else { return }
    prompts += 1
    reserve(graph.layerScores.count)
    for (layer, score) in graph.layerScores.enumerated() { all[layer] += Int128(FixedPoint.number(score)) }
    for i in 0..<graph.neurons.count where all.indices.contains(Int(graph.neurons.layer[i])) {
      selected[Int(graph.neurons.layer[i])] += Int128(FixedPoint.number(graph.score(ofNeuron: i)).magnitude)
    }
  }

  mutating func add(_ other: LayerCoverage) {
    prompts += other.prompts
    reserve(other.all.count)
    for layer in other.all.indices {
      all[layer] += other.all[layer]
      selected[layer] += other.selected[layer]
    }
  }

  private mutating func reserve(_ count: Int) {
    guard count > all.count else { return }
    all += Array(repeating: 0, count: count - all.count)
    selected += Array(repeating: 0, count: count - selected.count)
  }

  /// The selected neurons' share of the |score| of all neurons, in `0...1`. Nil if nothing is known.
  package var share: Double? { share(of: all.indices) }

  /// The same of each layer; nil for a layer without scores.
  package var shares: [Double?] { all.indices.map { share(of: $0..<$0 + 1) } }

  /// The same of the lower, middle and upper third of the layers.
  package var thirds: [(layers: ClosedRange<Int>, share: Double)] {
    let count = all.count
    return (0..<3).compactMap { third in
      let layers = count * third / 3..<count * (third + 1) / 3
      guard !layers.isEmpty, let share = share(of: layers) else { return nil }
      return (layers.lowerBound...layers.upperBound - 1, share)
    }
  }

  /// The thirds in words; nil if nothing is known.
  package var thirdsText: String? {
    let thirds = thirds.map { "L\($0.layers.lowerBound)-\($0.layers.upperBound) \(ReadableNumber.percent($0.share))" }
    return thirds.isEmpty ? nil : thirds.joined(separator: ", ")
  }

  private func share(of layers: Range<Int>) -> Double? {
    let (part, whole) = (selected[layers].reduce(0, +), all[layers].reduce(0, +))
    // Rounding of the sum before selection may leave it slightly below that of its parts.
    return whole > 0 ? min(1, FixedPoint.value(part) / FixedPoint.value(whole)) : nil
  }
}
