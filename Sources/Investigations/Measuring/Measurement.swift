// autointerp
// `Measurement` is the figure that tests a hypothesis, beside the same figure of random neurons.
// SPDX-License-Identifier: Apache-2.0

package import Causality

/// What a test measured.
package struct Measurement: Sendable {
  /// With its interval over prompts; nil if nothing could be measured.
  package var effect: IntervalEstimate?
  /// The figure of each matched random neuron.
  package var controls: [Double]
  package var promptCount: Int
  /// What was compared, with counts.
  package var design: String
  /// Why the test decides nothing; nil if it can.
  package var problem: String?

  package init(
    effect: IntervalEstimate? = nil, controls: [Double] = [], promptCount: Int, design: String, problem: String? = nil
  ) {
    self.effect = effect
    self.controls = controls
    self.promptCount = promptCount
    self.design = design
    self.problem = problem
  }

  /// One-sided: the share of the random neurons that reach the effect, the neuron itself counted. 1 without a result.
  package var p: Double {
    guard let effect, problem == nil else { return 1 }
    return Double(controls.count { $0 >= effect.mean } + 1) / Double(controls.count + 1)
  }
}
