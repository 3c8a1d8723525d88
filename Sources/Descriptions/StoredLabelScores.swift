// autointerp
// `StoredLabelScores` scores the labels of a file by their words, whoever wrote them.
// SPDX-License-Identifier: Apache-2.0

package import Labels

package struct StoredLabelScores: Sendable {
  /// Those that this seed's half may score.
  package let labels: [NeuronLabel]
  package let scores: DescriptionScores
  private let run: ScoredRun
  private let leftOut: Int

  /// `labels`: of neurons of the run.
  ///
  /// - Throws: errors of the run's files.
  package init(_ labels: [NeuronLabel], on run: ScoredRun) throws {
    self.run = run
    self.labels = labels.filter { MadeLabel.mayBeScored($0, seed: run.seed) }
    leftOut = labels.count - self.labels.count
    scores = DescriptionScores(
      try self.labels.map { label in
        DescriptionScores.Item(
          neuron: label.neuron, terms: DescriptionTerms.terms(of: label), selected: try run.selected(label.neuron))
      }, on: run)
  }

  package var byKey: [NeuronLabel.Key: [LabelScore]] {
    Dictionary(
      labels.indices.compactMap { place in scores.score(of: place).map { (labels[place].key, [$0]) } },
      uniquingKeysWith: { first, _ in first })
  }

  /// Lines for a terminal.
  package func text(limit: Int) -> String {
    let omitted =
      leftOut > 0
      ? "\(leftOut) made labels were left out: another --seed drew their half of the prompts, so that they may know this one\n"
      : ""
    return omitted + scores.text(labels, of: run, limit: limit)
  }
}
