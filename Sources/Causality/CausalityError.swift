// autointerp
// `CausalityError` says why an intervention cannot be run.
// SPDX-License-Identifier: Apache-2.0

package import Inference

/// Why an intervention cannot be run.
package enum CausalityError: Error, Equatable, CustomStringConvertible {
  case inference(InferenceError)
  case invalid(name: String, value: String, expected: String)
  case missingReference(what: String)
  /// No circuit up to the largest size keeps the behaviour.
  case noCircuit(maximum: Int, level: Double, answers: Double, smallest: Int)
  /// Whoever asked gave up, or the time was over, before there was a result.
  case stopped(what: String)

  package var description: String {
    switch self {
    case .inference(let error): error.description
    case .invalid(let name, let value, let expected): "\(name) is \(value), expected \(expected)"
    case .missingReference(let what): "\(what) needs reference prompts: name a file with --reference"
    case .noCircuit(let maximum, let level, let answers, let smallest):
      "no circuit of at most \(maximum) neurons was found that keeps F of \(level) and the model's top token on "
        + "\(Int(answers * 100)) % of the pairs; the smallest has \(smallest): raise max-nodes, or lower level or "
        + "same-answer"
    case .stopped(let what): "\(what) was stopped before it had a result: allow more time, or ask for less"
    }
  }
}
