// autointerp
// `ActivationMeans.over` runs reference prompts and averages all neurons.
// SPDX-License-Identifier: Apache-2.0

package import Attribution
package import Inference

extension ActivationMeans {
  /// Runs reference prompts and averages all neurons. Every later position of every prompt counts once.
  ///
  /// - Throws: `CausalityError.inference`; `missingReference` without prompts.
  package static func over<Backend: ComputeBackend>(
    _ prompts: [[Int32]], transformer: Transformer<Backend>, on backend: Backend, progress: (Int) -> Void = { _ in }
  ) throws(CausalityError) -> ActivationMeans {
    guard !prompts.isEmpty else { throw .missingReference(what: "the mean of a neuron") }
    var sums = ActivationSums(of: transformer)
    for (number, tokens) in prompts.enumerated() {
      sums.add(try InterventionRunner.trace(tokens, transformer: transformer, on: backend), on: backend)
      progress(number + 1)
    }
    return sums.means
  }
}
