// autointerp
// `PooledNull` tells how unusual a neuron is among matched random neurons.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Knowledge

/// p-values against matched random neurons.
///
/// Each neuron has controls: random neurons of its layer with activations of similar size. Neuron and controls are
/// compared on one scale, the log of their mean effect less the median log of the others of the same group, and the
/// controls of all neurons form one null. If a neuron is no different from its controls, its statistic is a draw from
/// this null. (A test paired over prompts would ask another question: any two neurons differ consistently over prompts.)
package struct PooledNull: Sendable {
  /// One neuron's mean effect over prompts and those of its controls; effects are positive sizes.
  package struct Group: Sendable {
    package var effect: Double
    package var controls: [Double]

    package init(effect: Double, controls: [Double]) {
      self.effect = effect
      self.controls = controls
    }
  }

  /// How many times the median control each neuron's effect is.
  package let ratios: [Double]
  package let pValues: [Double]
  /// Corrected for the number of neurons.
  package let qValues: [Double]
  /// How many controls there are in all.
  package let drawCount: Int

  /// - Precondition: every group has at least two controls.
  package init(_ groups: [Group]) {
    var draws: [Double] = []
    var statistics: [Double] = []
    for group in groups {
      precondition(group.controls.count >= 2, "a null needs at least two controls for each neuron")
      let logs = group.controls.map { log(max($0, Self.smallest)) }
      for (i, value) in logs.enumerated() {
        draws.append(value - Self.median(logs.enumerated().filter { $0.offset != i }.map(\.element)))
      }
      statistics.append(log(max(group.effect, Self.smallest)) - Self.median(logs))
    }
    draws.sort()
    let sorted = draws
    ratios = statistics.map { exp($0) }
    // One-sided: larger than the controls. The neuron itself counts, so that p is never 0.
    pValues = statistics.map { value in
      var (low, high) = (0, sorted.count)
      while low < high {
        let middle = (low + high) / 2
        if sorted[middle] < value { low = middle + 1 } else { high = middle }
      }
      return Double(sorted.count - low + 1) / Double(sorted.count + 1)
    }
    qValues = FalseDiscovery.qValues(pValues)
    drawCount = draws.count
  }

  /// Effects below this are rounding.
  private static let smallest = 1e-12

  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
