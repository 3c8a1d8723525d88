// autointerp
// `ActivationMeans` holds the mean activation of every neuron over some prompts; `ActivationSums` adds them up.
// SPDX-License-Identifier: Apache-2.0

package import Inference

/// The mean activation of every neuron over the positions of some prompts, apart for the first position and for all
/// others, because many models have massive activations at the first.
package struct ActivationMeans: Equatable, Sendable {
  package var promptCount: Int
  /// How many positions other than the first the means are over. The first occurs once in a prompt.
  package var laterPositionCount: Int
  package var layerCount: Int
  package var feedForwardDimension: Int
  /// `[layers, F]`, row-major: the means at the first position.
  package var first: [Float]
  /// `[layers, F]`, row-major: the means at all other positions; 0 if there were none.
  package var later: [Float]

  package init(
    promptCount: Int, laterPositionCount: Int, layerCount: Int, feedForwardDimension: Int, first: [Float],
    later: [Float]
  ) {
    self.promptCount = promptCount
    self.laterPositionCount = laterPositionCount
    self.layerCount = layerCount
    self.feedForwardDimension = feedForwardDimension
    self.first = first
    self.later = later
  }

  /// The neuron's mean at positions of the same class as `position`.
  package func mean(layer: Int, index: Int, position: Int) -> Float {
    (position == 0 ? first : later)[layer * feedForwardDimension + index]
  }

  /// The means of a layer's neurons at positions of the same class as `position`: `[F]`.
  package func row(layer: Int, position: Int) -> ArraySlice<Float> {
    (position == 0 ? first : later)[layer * feedForwardDimension..<(layer + 1) * feedForwardDimension]
  }
}

/// Sums the activations of prompts, in Float64 and in the order of the prompts.
package struct ActivationSums: Sendable {
  private let layerCount: Int
  private let width: Int
  private var first: [Double]
  private var later: [Double]
  private var promptCount = 0
  private var laterPositionCount = 0

  package init<Backend: ComputeBackend>(of transformer: Transformer<Backend>) {
    layerCount = transformer.layers.count
    width = transformer.configuration.feedForwardDimension
    first = Array(repeating: 0, count: layerCount * width)
    later = first
  }

  /// Adds one prompt's pass of the same model.
  package mutating func add<Backend: ComputeBackend>(_ trace: ForwardTrace<Backend>, on backend: Backend) {
    for (l, layer) in trace.layers.enumerated() {
      let values = backend.download(layer.activations, rows: trace.tokens.count, columns: width)
      for i in 0..<width { first[l * width + i] += Double(values[i]) }
      for row in 1..<max(1, trace.tokens.count) {
        for i in 0..<width { later[l * width + i] += Double(values[row * width + i]) }
      }
    }
    promptCount += 1
    laterPositionCount += trace.tokens.count - 1
  }

  package var means: ActivationMeans {
    func mean(_ sums: [Double], _ count: Int) -> [Float] { sums.map { Float($0 / Double(max(1, count))) } }
    return ActivationMeans(
      promptCount: promptCount, laterPositionCount: laterPositionCount, layerCount: layerCount,
      feedForwardDimension: width, first: mean(first, promptCount), later: mean(later, laterPositionCount))
  }
}
