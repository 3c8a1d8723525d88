// autointerp
// `HypothesisTester.detection` and `preference` measure at which tokens, and in which groups, a neuron is active.
// SPDX-License-Identifier: Apache-2.0

internal import Causality
internal import Circuits

extension HypothesisTester {
  /// Whether a neuron is more active at some tokens than at others.
  ///
  /// Last positions are compared with last positions and others with others, because many neurons answer to the place. A
  /// random neuron counts in the direction in which it differs more.
  func detection(_ neuron: NeuronID, _ reading: Reading, tokens: Set<Int32>) -> Measurement {
    let prompts = unseen.prompts
    var places: [(prompt: Int, position: Int, stratum: Int, isPositive: Bool)] = []
    for (number, prompt) in prompts.enumerated() {
      for position in 1..<prompt.tokens.count {
        places.append(
          (number, position, position == prompt.tokens.count - 1 ? 1 : 0, tokens.contains(prompt.tokens[position])))
      }
    }
    func order(_ neuron: NeuronID, sign: Int) -> PairedOrder {
      PairedOrder(
        places.map { place in
          PairedOrder.Item(
            prompt: place.prompt, stratum: place.stratum, isPositive: place.isPositive,
            value: Double(sign) * unseen.value(neuron, of: place.prompt, position: place.position))
        }, promptCount: prompts.count)
    }
    let positives = places.filter(\.isPositive)
    let random = controls(for: neuron, in: Array(prompts.indices), isRankBased: true)
    let areas = random.compactMap { order($0, sign: 1).area }.map { max($0, 1 - $0) }
    let with = Set(positives.map(\.prompt)).count
    return Measurement(
      effect: order(neuron, sign: reading.sign).estimate(seed: seed), controls: areas, promptCount: prompts.count,
      design: "\(positives.count) positions at these tokens in \(with) unseen prompts against "
        + "\(places.count - positives.count) others in \(prompts.count), beyond position 0",
      problem: problem(prompts: with, needed: rules.fewestPrompts, what: "these tokens occur", controls: areas.count))
  }

  /// Whether a neuron is active in more prompts of one group than of another, within prompts of equal form.
  ///
  /// The figure is the difference of the shares over pairs of prompts of one stratum. A random neuron counts as active where
  /// it is most active, in as many prompts as the neuron, and in the direction in which it differs more.
  func preference(
    _ neuron: NeuronID, _ reading: Reading, level: Double, _ group: String, _ other: String
  ) -> Measurement {
    let chosen = unseen.prompts.indices.filter { [group, other].contains(unseen.prompts[$0].group) }
    func values(_ neuron: NeuronID, sign: Int) -> [Double] {
      chosen.map { prompt in
        let place = unseen.place(of: neuron, sign: sign, isLast: reading.isLast, in: prompt)
        return Double(sign) * unseen.value(neuron, of: prompt, position: place)
      }
    }
    func order(_ isActive: [Bool]) -> PairedOrder {
      PairedOrder(
        zip(chosen, isActive).map { prompt, isActive in
          PairedOrder.Item(
            prompt: prompt, stratum: unseen.strata[prompt], isPositive: unseen.prompts[prompt].group == group,
            value: isActive ? 1 : 0)
        }, promptCount: unseen.prompts.count)
    }
    /// Of two values only, the AUC is a half more than half of the difference of shares.
    func difference(_ area: Double) -> Double { 2 * area - 1 }
    let own = values(neuron, sign: reading.sign).map { $0 >= level }
    let activeCount = own.count { $0 }
    let differences = controls(for: neuron, in: chosen, isRankBased: true).compactMap { control -> Double? in
      // In the sign in which it is mostly active, as the neuron is.
      let sum = chosen.reduce(0.0) { sum, prompt in
        sum
          + (1..<unseen.prompts[prompt].tokens.count).reduce(0.0) {
            $0 + unseen.value(control, of: prompt, position: $1)
          }
      }
      let found = values(control, sign: sum < 0 ? -1 : 1)
      let ranks = found.indices.sorted { (found[$1], $0) < (found[$0], $1) }
      var isActive = [Bool](repeating: false, count: found.count)
      for place in ranks.prefix(activeCount) { isActive[place] = true }
      return order(isActive).area.map { abs(difference($0)) }
    }
    let first = chosen.count { unseen.prompts[$0].group == group }
    let smaller = min(first, chosen.count - first)
    let estimate = order(own).estimate(seed: seed).map {
      IntervalEstimate(
        mean: difference($0.mean), low: $0.low.map(difference), high: $0.high.map(difference))
    }
    var missing = problem(
      prompts: smaller, needed: rules.fewestGroupPrompts, what: "the smaller of the two groups has its data",
      controls: differences.count)
    if missing == nil, estimate == nil { missing = "no prompts of the two groups have the same form" }
    return Measurement(
      effect: estimate, controls: differences, promptCount: chosen.count,
      design:
        "\(first) unseen prompts of \(group) against \(chosen.count - first) of \(other), in \(activeCount) of which it is as "
        + "active as where the run selected it, read "
        + (reading.isLast ? "at the last position" : "where it is most active beyond position 0"),
      problem: missing)
  }
}
