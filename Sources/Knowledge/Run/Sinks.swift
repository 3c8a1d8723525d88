// autointerp
// `Sinks` finds the neurons that take part in nearly every prompt, whatever its subject.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// Neurons with massive activations, and neurons that work at the first token whatever it is (attention sinks). They are in
/// everybody's lists of drivers and say nothing about a prompt.
///
/// A neuron is a sink if it appears in nearly all prompts of every group, and in addition
/// - its mean |activation| is far above that of its layer, or
/// - nearly all of its |relp| lies at the first position.
///
/// All three figures are derived from the run: no model needs a list of its own.
package struct Sinks: Sendable {
  /// What makes a neuron a sink.
  package struct Sink: Equatable, Sendable {
    package var neuron: NeuronID
    /// Its smallest share of the prompts of a group.
    package var smallestRate: Double
    /// Mean |activation| where it occurs, over the median of the layer's neurons.
    package var activationRatio: Double
    /// The share of its |relp| at the first position.
    package var firstPositionShare: Double
  }

  /// Below this share of the prompts of some group, a neuron is not in everything.
  static let smallestRate = 0.9
  /// Ordinary neurons that appear in all prompts reach 14 in SmolLM2, sinks start at 44.
  static let smallestActivationRatio = 25.0
  static let smallestFirstPositionShare = 0.8
  /// With fewer prompts, "nearly all" means nothing.
  static let fewestPrompts = 10

  /// In order of the neurons.
  package let all: [Sink]
  package let neurons: Set<NeuronID>

  package init(_ aggregate: EdgeAggregate) {
    let totals = aggregate.totals
    guard totals.prompts >= Self.fewestPrompts else {
      (all, neurons) = ([], [])
      return
    }
    var ofLayer: [Int32: [Double]] = [:]
    var candidates: [(neuron: NeuronID, statistics: NeuronStatistics, rate: Double)] = []
    for neuron in aggregate.sortedNeurons() {
      guard let statistics = aggregate.statistics(of: neuron) else { continue }
      ofLayer[neuron.layer, default: []].append(Self.meanActivation(statistics))
      let rate = Self.rate(of: statistics, in: totals)
      if rate >= Self.smallestRate { candidates.append((neuron, statistics, rate)) }
    }
    all = candidates.compactMap { neuron, statistics, rate in
      let values = (ofLayer[neuron.layer] ?? []).sorted()
      let median = values.isEmpty ? 0 : values[(values.count - 1) / 2]
      let relp = statistics.absoluteRelpSum
      let sink = Sink(
        neuron: neuron, smallestRate: rate,
        activationRatio: median > 0 ? Self.meanActivation(statistics) / median : 0,
        firstPositionShare: relp > 0 ? statistics.first.absoluteRelpSum / relp : 0)
      let isSink =
        sink.activationRatio >= Self.smallestActivationRatio
        || sink.firstPositionShare >= Self.smallestFirstPositionShare
      return isSink ? sink : nil
    }
    neurons = Set(all.map(\.neuron))
  }

  /// The smallest share of the prompts of a group; groups without prompts do not count.
  private static func rate(of statistics: NeuronStatistics, in totals: AggregateTotals) -> Double {
    let counts: [(UInt32, Int)] = [
      (statistics.domainPrompts, totals.domainPrompts), (statistics.baselinePrompts, totals.baselinePrompts),
      (statistics.otherPrompts, totals.otherPrompts),
    ]
    return counts.filter { $0.1 > 0 }.map { Double($0.0) / Double($0.1) }.min() ?? 0
  }

  private static func meanActivation(_ statistics: NeuronStatistics) -> Double {
    statistics.occurrences > 0 ? statistics.absoluteActivationSum / Double(statistics.occurrences) : 0
  }
}
