// autointerp
// `PredictionAccuracy` says how well predictions made from profiles agree with measured effects.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Platform

/// A figure with its interval over neurons, beside the same figure for shuffled profiles.
package struct ControlledEstimate: Sendable {
  package var estimate: IntervalEstimate
  /// The mean over shuffles, in which each neuron gets the prediction of another one.
  package var shuffledMean: Double
  /// The share of shuffles that do at least as well, the data themselves counted.
  package var p: Double
}

/// How well predicted effects of neurons agree with measured ones.
package struct PredictionAccuracy: Sendable {
  package var count: Int
  /// Spearman's rank correlation of sizes.
  package var sizes: ControlledEstimate
  /// Share of neurons whose effect has the predicted sign.
  package var signs: ControlledEstimate

  private static let shuffles = 1000

  /// - Precondition: as many measured values as predicted ones.
  /// - Returns: nil for fewer than three neurons.
  package init?(predicted: [Double], measured: [Double], seed: UInt64) {
    precondition(predicted.count == measured.count, "each prediction needs a measurement")
    guard predicted.count >= 3 else { return nil }
    count = predicted.count
    func rank(_ p: [Double], _ m: [Double]) -> Double {
      EdgeAgreement.correlation(ScoreAgreement.ranks(p.map { abs($0) }), ScoreAgreement.ranks(m.map { abs($0) })) ?? 0
    }
    func sign(_ p: [Double], _ m: [Double]) -> Double {
      Double(zip(p, m).count { $0.0 * $0.1 > 0 }) / Double(p.count)
    }
    sizes = Self.controlled(predicted, measured, seed: seed, rank)
    signs = Self.controlled(predicted, measured, seed: seed, sign)
  }

  private static func controlled(
    _ predicted: [Double], _ measured: [Double], seed: UInt64, _ figure: ([Double], [Double]) -> Double
  ) -> ControlledEstimate {
    let value = figure(predicted, measured)
    var random = SplitMix64(seed: seed)
    var shuffled: [Double] = []
    for _ in 0..<shuffles { shuffled.append(figure(random.shuffled(predicted), measured)) }
    var drawn: [Double] = []
    var places = SeededRandom(seed: seed)
    for _ in 0..<Bootstrap.rounds {
      let sample = predicted.indices.map { _ in places.integer(in: 0...predicted.count - 1) }
      drawn.append(figure(sample.map { predicted[$0] }, sample.map { measured[$0] }))
    }
    drawn.sort()
    return ControlledEstimate(
      estimate: IntervalEstimate(
        mean: value, low: drawn[Bootstrap.rounds / 40 - 1], high: drawn[Bootstrap.rounds - Bootstrap.rounds / 40]),
      shuffledMean: shuffled.reduce(0, +) / Double(shuffles),
      p: Double(shuffled.count { $0 >= value } + 1) / Double(shuffles + 1))
  }
}
