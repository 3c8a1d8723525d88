// autointerp
// `HypothesisTester` tests the hypotheses about one neuron on prompts that the run has not seen.
// SPDX-License-Identifier: Apache-2.0

package import Causality
package import Circuits
package import Inference
internal import Platform

/// How the neurons are read that a test is about.
package struct Reading: Hashable, Sendable {
  /// The usual sign of the activation.
  package var sign: Int
  /// At the last position, or where the neuron is most active.
  package var isLast: Bool

  package init(sign: Int, isLast: Bool) { (self.sign, self.isLast) = (sign, isLast) }

  package init(_ observed: ObservedNeuron) { self.init(sign: observed.sign, isLast: observed.isReadLast) }
}

/// Measures what hypotheses predict. Every figure depends on prompts, rules and seed alone.
package struct HypothesisTester<Backend: ComputeBackend>: Sendable {
  package let runner: InterventionRunner<Backend>
  package let unseen: UnseenPrompts
  package let rules: InvestigationRules
  package let seed: UInt64
  /// Asked before each prompt whose answers or edges are measured.
  package var isStopped: @Sendable () -> Bool = { false }

  package init(
    runner: InterventionRunner<Backend>, unseen: UnseenPrompts, rules: InvestigationRules, seed: UInt64
  ) {
    self.runner = runner
    self.unseen = unseen
    self.rules = rules
    self.seed = seed
  }

  /// Tests all hypotheses about one neuron.
  ///
  /// - Parameters:
  ///   - hypotheses: about `neuron`.
  ///   - neuron: must be in a layer that `unseen` keeps, as must be drivers.
  ///   - reading: of the neuron.
  ///   - activeLevel: the activation in the usual sign at which the neuron counts as active.
  ///   - targets: how the targets of `drives` are read.
  ///   - progress: called after each step, with the number of steps.
  /// - Returns: a measurement for each hypothesis.
  /// - Throws: `InvestigationError.inference`, `causality` or `stopped`.
  package func test(
    _ hypotheses: [Hypothesis], about neuron: NeuronID, reading: Reading, activeLevel: Double,
    targets: [NeuronID: Reading], progress: (Int) -> Void = { _ in }
  ) throws(InvestigationError) -> [Measurement] {
    let active = activePrompts(neuron, reading, level: activeLevel)
    let changed = Array(active.prefix(rules.changedPromptCount))
    let edgePrompts = Array(active.prefix(rules.edgePromptCount))
    let edges = hypotheses.count {
      switch $0.claim {
      case .isDrivenBy, .drives: true
      default: false
      }
    }
    let promotions = hypotheses.filter(\.isPromotion)
    let steps =
      hypotheses.count - edges + changed.count * max(1, promotions.count) + edges * edgePrompts.count
    // The first list of promoted tokens is measured along with removals, each other one on its own.
    let answers = try answers(
      hypotheses.filter { !promotions.dropFirst().contains($0) }, neuron, in: changed
    ) { progress(steps) }
    var others: [Hypothesis: AnswerChanges] = [:]
    for hypothesis in promotions.dropFirst() {
      others[hypothesis] = try self.answers([hypothesis], neuron, in: changed) { progress(steps) }
    }
    var results: [Measurement] = []
    for hypothesis in hypotheses {
      switch hypothesis.claim {
      case .detects(let tokens):
        results.append(detection(neuron, reading, tokens: Set(tokens)))
      case .prefers(let group, let other):
        results.append(preference(neuron, reading, level: activeLevel, group, other))
      case .promotes, .matters:
        results.append(
          (others[hypothesis] ?? answers).measurement(of: hypothesis, activeCount: active.count, self))
      case .isDrivenBy(let source):
        results.append(
          try edge(source, neuron, reading, hypothesis.direction, edgePrompts, active.count) { progress(steps) })
        continue
      case .drives(let target):
        results.append(
          try edge(neuron, target, targets[target] ?? reading, hypothesis.direction, edgePrompts, active.count) {
            progress(steps)
          })
        continue
      }
      progress(steps)
    }
    return results
  }

  /// The prompts in which the neuron reaches `level` where it is read, in their order.
  package func activePrompts(_ neuron: NeuronID, _ reading: Reading, level: Double) -> [Int] {
    unseen.prompts.indices.filter { prompt in
      let place = unseen.place(of: neuron, sign: reading.sign, isLast: reading.isLast, in: prompt)
      return Double(reading.sign) * unseen.value(neuron, of: prompt, position: place) >= level
    }
  }

  /// Random neurons of a neuron's layer with activations of similar size, beyond position 0 of some prompts.
  ///
  /// With `isRankBased`, those nearest in size if too few are similar, because ranks do not depend on it.
  package func controls(
    for neuron: NeuronID, in prompts: [Int], avoiding others: Set<NeuronID> = [], isRankBased: Bool = false
  ) -> [NeuronID] {
    var sizes = ActivationSizes(layers: [Int(neuron.layer)], width: unseen.width)
    for prompt in prompts {
      sizes.add(
        layer: Int(neuron.layer), values: unseen.layer(Int(neuron.layer), of: prompt),
        positions: Array(1..<unseen.prompts[prompt].tokens.count))
    }
    let taken = others.union([neuron])
    let similar = sizes.controls(for: neuron, count: rules.controlCount, avoiding: taken, seed: seed)
    guard isRankBased, similar.count < rules.fewestControls else { return similar }
    return sizes.controls(for: neuron, count: rules.controlCount, avoiding: taken, seed: seed, isMatched: false)
  }

  /// Says what is missing; nil if nothing is.
  func problem(prompts: Int, needed: Int, what: String, controls: Int) -> String? {
    if prompts < needed { return "\(what) on \(prompts) unseen prompts, and \(needed) are needed: give more prompts" }
    if controls < rules.fewestControls {
      return
        "only \(controls) neurons of its layer have activations of similar size, and \(rules.fewestControls) are needed "
        + "to compare with"
    }
    return nil
  }
}
