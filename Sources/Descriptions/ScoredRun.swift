// autointerp
// `ScoredRun` holds the prompts of a run in two halves, for making labels from one and scoring them on the other.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import RunIndex

/// A prompt with the terms by which it is compared.
package struct ScoredPrompt: Sendable {
  package let number: Int32
  package let prompt: PromptTokens
  package let terms: Set<String>

  package init(_ prompt: PromptTokens) {
    number = prompt.prompt
    self.prompt = prompt
    terms = DescriptionTerms.terms(of: prompt)
  }
}

/// The merged prompts of a run.
package struct ScoredRun: Sendable {
  package let index: RunIndex
  package let seed: UInt64
  package let halves: PromptHalves
  package let training: [ScoredPrompt]
  package let heldOut: [ScoredPrompt]
  /// Of the training half.
  let table: TermTable

  /// - Throws: errors of the run's files.
  package init(_ index: RunIndex, seed: UInt64) throws {
    let prompts = try index.promptTokens().map(ScoredPrompt.init)
    let halves = PromptHalves(
      prompts.map { prompt in
        let given = index.specification.prompts[Int(prompt.number)]
        return (prompt.number, "\(given.text) \(given.answerPrefix)")
      }, seed: seed)
    self.index = index
    self.seed = seed
    self.halves = halves
    training = prompts.filter { halves.training.contains($0.number) }
    heldOut = prompts.filter { halves.heldOut.contains($0.number) }
    table = TermTable(training)
  }

  /// The prompts that a neuron was selected in.
  package func selected(_ neuron: NeuronID) throws -> Set<Int32> { Set(try index.prompts(of: neuron).map(Int32.init)) }
}
