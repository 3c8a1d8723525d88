// autointerp
// `RunKnowledge` holds the conclusions from a run's aggregate: specific neurons, balance of the groups and sinks.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// Everything that is concluded from the merged prompts of a run.
package struct RunKnowledge: Sendable {
  package let specificity: RunSpecificity
  package let sinks: Sinks
  let aggregate: EdgeAggregate

  /// - Complexity: that of `RunSpecificity`
  package init(aggregate: EdgeAggregate, specification: RunSpecification) {
    self.aggregate = aggregate
    specificity = RunSpecificity(aggregate: aggregate, specification: specification)
    sinks = Sinks(aggregate)
  }

  /// The neurons of the first comparison by shrunken log odds, those of the first group first; sinks and neurons that were
  /// not tested are left out.
  package func rankedBySpecificity() -> [(neuron: NeuronID, specificity: Specificity)] {
    aggregate.sortedNeurons().compactMap { neuron in
      guard !sinks.neurons.contains(neuron), let found = specificity.specificity(of: neuron), found.test != nil else {
        return nil
      }
      return (neuron, found)
    }.sorted { a, b in
      if a.specificity.shrunkenLogOdds != b.specificity.shrunkenLogOdds {
        return a.specificity.shrunkenLogOdds > b.specificity.shrunkenLogOdds
      }
      return a.neuron < b.neuron
    }
  }
}
