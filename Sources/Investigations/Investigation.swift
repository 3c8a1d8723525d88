// autointerp
// `Investigation` registers the hypotheses about some neurons and tests them on prompts that the run has not seen.
// SPDX-License-Identifier: Apache-2.0

package import Causality
package import Circuits
package import Inference

/// One neuron with its hypotheses.
package struct InvestigatedNeuron: Sendable {
  package var neuron: NeuronID
  package var reading: Reading
  /// The activation in the usual sign at which it counts as active.
  package var activeLevel: Double
  /// Prompts of the run in which it was selected.
  package var promptCount: Int
  package var placeCount: Int
  package var hypotheses: [Hypothesis]
  /// How the targets of `drives` are read.
  package var targets: [NeuronID: Reading]
  /// Entries of a language model's reply that were no hypothesis; nil if none was asked.
  package var refusedProposals: Int?

  package init(
    _ neuron: NeuronID, reading: Reading, activeLevel: Double, promptCount: Int, placeCount: Int,
    hypotheses: [Hypothesis], targets: [NeuronID: Reading], refusedProposals: Int? = nil
  ) {
    self.neuron = neuron
    self.reading = reading
    self.activeLevel = activeLevel
    self.promptCount = promptCount
    self.placeCount = placeCount
    self.hypotheses = hypotheses
    self.targets = targets
    self.refusedProposals = refusedProposals
  }

  /// The layers whose activations the tests need.
  package var layers: Set<Int> {
    var layers: Set<Int> = [Int(neuron.layer)]
    for hypothesis in hypotheses {
      switch hypothesis.claim {
      case .isDrivenBy(let other), .drives(let other): layers.insert(Int(other.layer))
      default: break
      }
    }
    return layers
  }
}

/// The protocol of `InvestigationRules` over some neurons of one run. First come the registers, which need no prompt; then
/// `run` makes the dossiers.
package struct Investigation<Backend: ComputeBackend>: Sendable {
  package let runner: InterventionRunner<Backend>
  package let neurons: [InvestigatedNeuron]
  package let prompts: [UnseenPrompt]
  package let rules: InvestigationRules
  package let seed: UInt64
  /// One for each neuron: what is asked, before anything is measured.
  package let registers: [InvestigationRegister]

  /// - Parameters:
  ///   - neurons: with their hypotheses.
  ///   - prompts: none of the run's own.
  ///   - givenCount: how many prompts were given, those of the run included.
  ///   - source: the run and the model.
  ///   - runner: the model.
  ///   - rules: the protocol.
  ///   - seed: of random neurons and intervals.
  /// - Throws: `InvestigationError.tooFewPrompts`.
  package init(
    _ neurons: [InvestigatedNeuron], on prompts: [UnseenPrompt], givenCount: Int, source: InvestigationSource,
    runner: InterventionRunner<Backend>, rules: InvestigationRules = InvestigationRules(), seed: UInt64
  ) throws(InvestigationError) {
    guard prompts.count >= rules.fewestPrompts else {
      throw .tooFewPrompts(unseen: prompts.count, given: givenCount, needed: rules.fewestPrompts)
    }
    self.runner = runner
    self.neurons = neurons
    self.prompts = prompts
    self.rules = rules
    self.seed = seed
    let digest = prompts.digest
    registers = neurons.map {
      InvestigationRegister(
        neuron: $0, source: source, rules: rules, seed: seed, promptCount: prompts.count, givenCount: givenCount,
        promptDigest: digest)
    }
  }

  /// Tests everything that is registered.
  ///
  /// - Parameters:
  ///   - progress: called after each step with the name of the stage and the number of its steps.
  ///   - isStopped: asked before each step; if it says so, the rest is not tested.
  ///   - finished: called with each dossier, in the order of the neurons, as soon as it is complete.
  /// - Throws: `InvestigationError`, `stopped` among them, or what `finished` throws.
  package func run(
    progress: (String, Int) -> Void = { _, _ in }, isStopped: @escaping @Sendable () -> Bool = { false },
    finished: (Dossier) throws -> Void
  ) throws {
    let layers = neurons.reduce(into: Set<Int>()) { $0.formUnion($1.layers) }
    let unseen = try UnseenPrompts(
      prompts, layers: layers, transformer: runner.transformer, on: runner.backend, isStopped: isStopped
    ) { progress("unseen prompts", prompts.count) }
    var tester = HypothesisTester(runner: runner, unseen: unseen, rules: rules, seed: seed)
    tester.isStopped = isStopped
    for (neuron, register) in zip(neurons, registers) {
      let measured = try tester.test(
        neuron.hypotheses, about: neuron.neuron, reading: neuron.reading, activeLevel: neuron.activeLevel,
        targets: neuron.targets
      ) { progress("\(neuron.neuron)", $0) }
      try finished(Dossier(register, measured))
    }
  }
}
