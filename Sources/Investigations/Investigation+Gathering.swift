// autointerp
// `InvestigatedNeuron.gather` collects what the run and the model say about the neurons of an investigation.
// SPDX-License-Identifier: Apache-2.0

package import Causality
package import Circuits
package import Inference
package import RunIndex

extension InvestigatedNeuron {
  /// Gathers what the run and the weights say about neurons, and forms their hypotheses.
  ///
  /// - Parameters:
  ///   - neurons: of the run.
  ///   - index: the run.
  ///   - runner: the run's model.
  ///   - rules: the protocol.
  ///   - proposer: a language model that may add hypotheses; nil for none.
  ///   - tokenText: how tokens are shown.
  /// - Returns: one for each neuron, in their order.
  /// - Throws: `InvestigationError`, errors of the run's files, or `EndpointError` of the proposer.
  package static func gather<Backend: ComputeBackend>(
    _ neurons: [NeuronID], from index: RunIndex, runner: InterventionRunner<Backend>, rules: InvestigationRules,
    proposer: HypothesisProposer? = nil, tokenText: (Int32) -> String
  ) throws -> [InvestigatedNeuron] {
    let observed = try index.observed(neurons)
    let projector = NeuronProjector(runner.transformer, backend: runner.backend, appliesFinalGain: true)
    let formation = HypothesisFormation(rules)
    let formed = try observed.map { neuron in
      formation.hypotheses(
        neuron, promoted: try promoted(by: neuron, projector: projector, rules: rules, tokenText: tokenText))
    }
    let proposed = try zip(observed, formed).map { neuron, known in
      try proposer?.hypotheses(about: neuron, known: known, index: index, rules: rules)
    }
    let hypotheses = zip(formed, proposed).map { $0 + ($1?.accepted ?? []) }
    let targets = Set(
      hypotheses.joined().compactMap { hypothesis -> NeuronID? in
        if case .drives(let target) = hypothesis.claim { target } else { nil }
      }
    ).sorted()
    let readings = Dictionary(
      uniqueKeysWithValues: zip(targets, try index.observed(targets).map { Reading($0) }))
    return zip(zip(observed, hypotheses), proposed).map { known, proposed in
      let (observed, hypotheses) = known
      return InvestigatedNeuron(
        observed.neuron, reading: Reading(observed), activeLevel: observed.activeLevel,
        promptCount: observed.promptCount, placeCount: observed.placeCount, hypotheses: hypotheses,
        targets: readings.filter { target, _ in
          hypotheses.contains { $0.claim == .drives(target) }
        }, refusedProposals: proposed?.refused)
    }
  }

  /// The tokens that a neuron promotes at its usual sign, as far as they stand out of the noise.
  private static func promoted<Backend: ComputeBackend>(
    by observed: ObservedNeuron, projector: NeuronProjector<Backend>, rules: InvestigationRules,
    tokenText: (Int32) -> String
  ) throws -> [PromotedToken] {
    let neuron = observed.neuron
    let output = try projector.project(
      layer: Int(neuron.layer), indices: [Int(neuron.index)], topCount: rules.promotedCount)[0].output
    let tokens = observed.sign > 0 ? output.highest : output.lowest
    return tokens.filter { abs($0.zScore) >= projector.chanceZScore }
      .map { PromotedToken(token: $0.token, text: tokenText($0.token), zScore: Double(abs($0.zScore))) }
  }
}
