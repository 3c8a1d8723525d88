// autointerp
// `ModuleError` says why modules could not be searched, and what to do.
// SPDX-License-Identifier: Apache-2.0

package enum ModuleError: Error, Equatable, CustomStringConvertible {
  /// The library that clusters graphs is missing or another one.
  case igraph(name: String, reason: String)
  /// The library failed.
  case failed(reason: String)

  package var description: String {
    switch self {
    case .igraph(let name, let reason): "\(name): \(reason)"
    case .failed(let reason): "modules could not be searched: \(reason)"
    }
  }
}
