// autointerp
// `LabelError` says what is wrong with labels or their file.
// SPDX-License-Identifier: Apache-2.0

package enum LabelError: Error, Equatable, CustomStringConvertible {
  /// A line or file of labels cannot be read; `place` names it.
  case malformed(place: String, problem: String)
  /// The file of labels cannot be used.
  case failed(path: String, reason: String)

  package var description: String {
    switch self {
    case .malformed(let place, let problem): "\(place): \(problem)"
    case .failed(let path, let reason): "\(path): \(reason)"
    }
  }
}
