// autointerp
// `MachineLabels` describes neurons of a run from one half of its prompts and scores the descriptions on the other.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import Labels

/// Labels with their scores.
package struct MachineLabels: Sendable {
  /// In the order of the neurons. Their score is that of their tokens.
  package let labels: [NeuronLabel]
  package let scores: DescriptionScores

  /// - Parameters:
  ///   - neurons: of the run.
  ///   - run: its two halves.
  ///   - written: the tokens that a neuron's weights promote at a sign, beyond the noise; none without a model.
  /// - Throws: errors of the run's files, or what `written` throws.
  package init(
    _ neurons: [NeuronID], of run: ScoredRun,
    written: (NeuronID, _ sign: Int) throws -> [String] = { _, _ in [] }
  ) throws {
    let view = try TrainingView(neurons, of: run)
    let selected = try neurons.map(run.selected)
    let descriptions = try zip(neurons, selected).map { neuron, selected in
      try MachineDescription(
        neuron, view: view, table: run.table, selected: selected.intersection(run.halves.training)
      ) { try written(neuron, $0) }
    }
    (labels, scores) = DescriptionScores.scored(descriptions.map { $0.label(seed: run.seed) }, selected, on: run)
  }
}
