// autointerp
// `AttributionError` says why a prompt has no attribution graph.
// SPDX-License-Identifier: Apache-2.0

package import Inference

/// Why a prompt has no attribution graph.
package enum AttributionError: Error, Equatable, CustomStringConvertible {
  case inference(InferenceError)
  /// Thresholds are relative to the metric, so it must not be zero.
  case metricIsZero(value: Double)
  case notFinite(what: String)
  case invalidSetting(name: String, value: String, expected: String)

  package var description: String {
    switch self {
    case .inference(let error): error.description
    case .metricIsZero(let value): "the metric is \(value): there is nothing to attribute"
    case .notFinite(let what): "\(what) is not a finite number"
    case .invalidSetting(let name, let value, let expected): "\(name) is \(value), expected \(expected)"
    }
  }
}
