// autointerp
// `NeuronSelection` picks the neurons of a graph by their scores.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

/// Takes the gradients of all layers and finally picks the nodes.
///
/// All gradients are kept, because the choice may depend on every layer's scores. That takes as much memory as the
/// trace's activations. A histogram of |score| with 2^16 bins finds where the selection ends, so that only the scores
/// near that point have to be sorted. The result is exact.
struct NeuronSelection {
  /// A neuron at a position.
  struct Pick {
    var layer: Int32
    var position: Int32
    var index: Int32
    var activation: Float
    var gradient: Float

    var score: Float { activation * gradient }
    var place: (Int32, Int32, Int32) { (layer, position, index) }
  }

  struct Result {
    /// Sorted by layer, position, index.
    var picks: [Pick]
    var candidateCount: Int
    var truncated: Bool
    /// The share of the |score| of all neurons.
    var share: Double
  }

  private struct Layer {
    var number: Int
    var width: Int
    var activation: [Float]
    var gradient: [Float]
  }

  private let positions: NodePositions
  private var layers: [Layer] = []
  private var counts = [Int](repeating: 0, count: binCount)
  private var sums = [Double](repeating: 0, count: binCount)
  /// The sum of |score| over all neurons so far.
  private(set) var total = 0.0
  /// The same of each layer.
  private(set) var layerTotals: [Int: Double] = [:]

  private static let binCount = 1 << 16

  /// The float's bits without the sign: the exponent and eight bits of the fraction.
  @inline(__always)
  private static func bin(_ score: Float) -> Int { Int((score.bitPattern & 0x7FFF_FFFF) >> 15) }

  /// - Parameter positions: where neurons may be picked. Those elsewhere count only as not kept.
  init(positions: NodePositions = .all) { self.positions = positions }

  /// The index of the first score that may be picked, of scores `[tokens, width]`.
  private func firstCandidate(width: Int) -> Int { positions == .all ? 0 : width }

  /// Takes a layer's `[tokens, width]` activations and gradients. Returns the sum of all scores.
  mutating func take(
    layer: Int, width: Int, activation: [Float], gradient: [Float]
  ) throws(AttributionError) -> Double {
    precondition(activation.count == gradient.count)
    var (sum, magnitude) = (0.0, 0.0)
    let first = firstCandidate(width: width)
    for i in activation.indices {
      let score = activation[i] * gradient[i]
      sum += Double(score)
      magnitude += Double(abs(score))
      guard i >= first else { continue }
      let bin = Self.bin(score)
      counts[bin] += 1
      sums[bin] += Double(abs(score))
    }
    guard magnitude.isFinite else { throw .notFinite(what: "the total effect of a neuron of layer \(layer)") }
    total += magnitude
    layerTotals[layer] = magnitude
    layers.append(Layer(number: layer, width: width, activation: activation, gradient: gradient))
    return sum
  }

  /// - Parameters:
  ///   - selection: which neurons.
  ///   - metric: |metric|, for `tau`.
  ///   - cap: 0 is none.
  /// - Returns: the picked neurons, and how many there were.
  func result(_ selection: NodeSelection, metric: Double, cap: Int) -> Result {
    var picks: [Pick]
    switch selection {
    case .floor(let floor): picks = all { Double(abs($0)) >= floor }
    case .tau(let tau): picks = all { Double(abs($0)) >= tau * metric }
    case .top(let count):
      let lowest = lowestBin { count <= $0.count }
      picks = strongest(all { Self.bin($0) >= lowest })
      picks.removeLast(max(0, picks.count - count))
    case .share(let share):
      let wanted = share * total
      // Take one more bin, because the sums of bins and of scores round differently.
      let lowest = max(0, lowestBin { wanted <= $0.sum } - 1)
      picks = strongest(all { Self.bin($0) >= lowest })
      var (sum, needed) = (0.0, 0)
      while needed < picks.count, sum < wanted {
        sum += Double(abs(picks[needed].score))
        needed += 1
      }
      picks.removeLast(picks.count - needed)
    }
    let candidateCount = picks.count
    if cap > 0, candidateCount > cap { picks = Array(strongest(picks).prefix(cap)) }
    let kept = picks.reduce(0.0) { $0 + Double(abs($1.score)) }
    picks.sort { $0.place < $1.place }
    return Result(
      picks: picks, candidateCount: candidateCount, truncated: picks.count < candidateCount,
      share: total > 0 ? min(1, kept / total) : 1)
  }

  /// The highest bin at which, counted from above, enough scores are reached. 0 if all of them are not enough.
  private func lowestBin(_ isEnough: ((count: Int, sum: Double)) -> Bool) -> Int {
    var seen = (count: 0, sum: 0.0)
    for bin in stride(from: Self.binCount - 1, through: 0, by: -1) where counts[bin] > 0 {
      seen.count += counts[bin]
      seen.sum += sums[bin]
      if isEnough(seen) { return bin }
    }
    return 0
  }

  private func all(where isWanted: (Float) -> Bool) -> [Pick] {
    var picks: [Pick] = []
    for layer in layers {
      for i in layer.activation.indices.dropFirst(firstCandidate(width: layer.width))
      where isWanted(layer.activation[i] * layer.gradient[i]) {
        picks.append(
          Pick(
            layer: Int32(layer.number), position: Int32(i / layer.width), index: Int32(i % layer.width),
            activation: layer.activation[i], gradient: layer.gradient[i]))
      }
    }
    return picks
  }

  /// Largest |score| first; of equal ones, the earlier place.
  private func strongest(_ picks: [Pick]) -> [Pick] {
    picks.sorted { a, b in
      abs(a.score) == abs(b.score) ? a.place < b.place : abs(a.score) > abs(b.score)
    }
  }
}
