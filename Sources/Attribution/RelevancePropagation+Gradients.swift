// autointerp
// `RelevancePropagation.gradients` gives the metric's derivative by every neuron of a prompt.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import Inference

extension RelevancePropagation {
  /// The metric's derivative by every neuron at every position, by either rule: `[tokens * F]` for each layer below the
  /// metric's depth.
  ///
  /// - Throws: `AttributionError.notFinite`.
  package func gradients(
    _ rule: AttributionRule, reading: MetricReading, trace: ForwardTrace<Backend>
  ) throws(AttributionError) -> [[Float]] {
    let starts = starts(reading, trace: trace)
    var gradients = [[Float]](repeating: [], count: reading.depth)
    _ = try backward(
      rule, trace: trace, depth: reading.depth, start: rule == .relp ? starts.linear : starts.gradient, progress: {}
    ) { (layer, gradient) throws(AttributionError) in gradients[layer] = gradient }
    return gradients
  }
}
