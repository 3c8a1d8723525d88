// autointerp
// `PlantedTruth` says which hypotheses about the neurons of `PlantedFacts` are true.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Investigations
internal import TestSupport

enum PlantedTruth {
  /// Whether a hypothesis is true of a planted neuron.
  ///
  /// A neuron detects its subject; fillers that were next to the subject by chance are no part of the truth, so that a list
  /// with the subject counts as true.
  static func isTrue(_ hypothesis: Hypothesis, of neuron: NeuronID) -> Bool {
    guard let (_, subject) = PlantedFacts.planted.first(where: { $0.neuron == neuron }) else { return false }
    let isMapper = neuron == PlantedFacts.mapper(subject)
    return switch hypothesis.claim {
    case .detects(let tokens): tokens.contains(Int32(subject))
    case .prefers(let group, _): group == "domain"
    case .promotes(let tokens): isMapper && tokens == [PlantedFacts.answer(subject)]
    case .matters: hypothesis.direction > 0
    case .isDrivenBy(let source):
      isMapper && source == PlantedFacts.detector(subject) && hypothesis.direction > 0
    case .drives(let target): !isMapper && target == PlantedFacts.mapper(subject) && hypothesis.direction > 0
    }
  }
}
