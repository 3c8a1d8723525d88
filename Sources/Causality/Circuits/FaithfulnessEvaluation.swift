// autointerp
// `FaithfulnessEvaluation` measures faithfulness curves of ranking methods over pairs.
// SPDX-License-Identifier: Apache-2.0

package import Inference

/// Compares ranking methods by the circuits that they give.
package struct FaithfulnessEvaluation<Backend: ComputeBackend>: Sendable {
  private let runner: InterventionRunner<Backend>
  private let methods: [RankingMethod]
  private let ablations: [CircuitAblation]
  private let seed: UInt64

  package init(
    runner: InterventionRunner<Backend>, methods: [RankingMethod], ablations: [CircuitAblation], seed: UInt64
  ) {
    self.runner = runner
    self.methods = methods
    self.ablations = ablations
    self.seed = seed
  }

  /// The curves of all methods and ablations, and which pairs each ablation could use.
  package struct Result: Sendable {
    package var curves: [FaithfulnessCurve]
    package var uses: [PairUse]
  }

  /// Runs all pairs. `progress` is called after each.
  package func run(_ pairs: [PromptPair], progress: () -> Void = {}) throws(CausalityError) -> Result {
    var sums = ablations.map { _ in methods.map { _ in FaithfulnessSums() } }
    var uses = ablations.map { PairUse(ablation: $0) }
    let width = runner.transformer.configuration.feedForwardDimension
    for (number, pair) in pairs.enumerated() {
      for (a, ablation) in ablations.enumerated() {
        if ablation == .resample, !pair.isAligned {
          uses[a].misaligned += 1
          continue
        }
        let tester = try CircuitTester(pair, ablation: ablation, runner: runner)
        guard tester.hasBehaviour else {
          uses[a].withoutBehaviour += 1
          continue
        }
        uses[a].prompts.append(pair.text)
        let stake = tester.whole - tester.nothing
        for (m, method) in methods.enumerated() {
          let ranking = CircuitTester<Backend>.ranking(
            try tester.scores(method.forPair(number)), width: width, livePositions: tester.livePositions)
          let circuits = FaithfulnessCurve.shares.map { share in
            Array(ranking.prefix(Int((share * Double(ranking.count)).rounded())))
          }
          // No neuron and all neurons are the ends that the tester has measured already.
          let inner = Array(circuits.dropFirst().dropLast())
          let (kept, left) = (try tester.alone(inner), try tester.without(inner))
          sums[a][m].add(
            stake: stake, sizes: circuits.map(\.count), kept: [0] + kept.map { $0.metric - tester.nothing } + [stake],
            left: [stake] + left.map { $0.metric - tester.nothing } + [0])
        }
      }
      progress()
    }
    var curves: [FaithfulnessCurve] = []
    for (a, ablation) in ablations.enumerated() {
      for (m, method) in methods.enumerated() {
        if let curve = sums[a][m].curve(method, ablation, seed: seed) { curves.append(curve) }
      }
    }
    return Result(curves: curves, uses: uses)
  }
}

/// Which pairs an ablation could use.
package struct PairUse: Sendable {
  package var ablation: CircuitAblation
  /// The prompts of the pairs that were measured.
  package var prompts: [String] = []
  /// Pairs whose prompts differ in length, so that values of one cannot stand in for the other's.
  package var misaligned = 0
  /// Pairs on which the model does not prefer the answer, or not because of its neurons.
  package var withoutBehaviour = 0
}
