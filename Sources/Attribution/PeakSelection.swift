// autointerp
// `PeakSelection` finds the strongest activations of a prompt among all neurons.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

/// Takes the activations of all layers and keeps the strongest; see `PeakActivations` for what that means.
///
/// Memory is bounded by a few times `count`. The result does not depend on the order of the layers.
struct PeakSelection {
  private struct Peak {
    var layer: Int32
    var index: Int32
    var position: Int32
    var activation: Float
    /// In units of the root mean square of the layer.
    var strength: Double

    /// Of one neuron first the positive one.
    var place: (Int32, Int32, Float) { (layer, index, -activation) }
  }

  /// How many peaks are kept.
  private let count: Int
  /// The first position that competes.
  private let start: Int
  private var peaks: [Peak] = []
  /// Weaker peaks cannot be among the strongest any more.
  private var least = 0.0

  init(count: Int, start: Int) {
    self.count = count
    self.start = start
  }

  /// Takes a layer's `[tokens, width]` activations.
  mutating func take(layer: Int, width: Int, activation: [Float]) {
    let rows = activation.count / width
    guard count > 0, start < rows else { return }
    let values = activation[(start * width)...]
    let size = (values.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(values.count)).squareRoot()
    guard size > 0 else { return }
    var (highest, lowest) = ([Float](repeating: 0, count: width), [Float](repeating: 0, count: width))
    var (highestAt, lowestAt) = ([Int32](repeating: 0, count: width), [Int32](repeating: 0, count: width))
    for row in start..<rows {
      for index in 0..<width {
        let value = activation[row * width + index]
        if value > highest[index] { (highest[index], highestAt[index]) = (value, Int32(row)) }
        if value < lowest[index] { (lowest[index], lowestAt[index]) = (value, Int32(row)) }
      }
    }
    for index in 0..<width {
      for (value, position) in [(highest[index], highestAt[index]), (lowest[index], lowestAt[index])] where value != 0 {
        let strength = Double(abs(value)) / size
        guard strength >= least else { continue }
        peaks.append(
          Peak(
            layer: Int32(layer), index: Int32(index), position: position, activation: value, strength: strength))
      }
    }
    if peaks.count > 4 * count { keepStrongest() }
  }

  private mutating func keepStrongest() {
    guard peaks.count > count else { return }
    // Of equally strong ones, the earlier place.
    peaks.sort { $0.strength == $1.strength ? $0.place < $1.place : $0.strength > $1.strength }
    peaks.removeLast(peaks.count - count)
    least = peaks[count - 1].strength
  }

  func result() -> PeakActivations {
    var selection = self
    selection.keepStrongest()
    let sorted = selection.peaks.sorted { $0.place < $1.place }
    var result = PeakActivations()
    result.layer = sorted.map(\.layer)
    result.index = sorted.map(\.index)
    result.position = sorted.map(\.position)
    result.activation = sorted.map(\.activation)
    return result
  }
}
