// autointerp
// `InvestigationError` says why a neuron cannot be investigated.
// SPDX-License-Identifier: Apache-2.0

package import Causality
package import Circuits
package import Inference

/// Why a neuron cannot be investigated.
package enum InvestigationError: Error, CustomStringConvertible {
  case unselected(NeuronID, prompts: Int)
  case tooFewPrompts(unseen: Int, given: Int, needed: Int)
  /// Whoever asked did not wait for the end.
  case stopped
  case inference(InferenceError)
  case causality(CausalityError)

  package var description: String {
    switch self {
    case .unselected(let neuron, let prompts):
      "\(neuron) was selected in none of the \(prompts) merged prompts of this run, which therefore suggests nothing about it; "
        + "`autointerp query RUN \"SELECT neuron FROM profiles\"` lists those that were"
    case .tooFewPrompts(let unseen, let given, let needed):
      "of \(given) prompts only \(unseen) are new to the run, expected at least \(needed): a hypothesis is not tested on the "
        + "prompts that suggested it, so name files with other prompts in --prompts"
    case .stopped: "the investigation was stopped before every hypothesis was tested"
    case .inference(let error): error.description
    case .causality(let error): error.description
    }
  }
}
