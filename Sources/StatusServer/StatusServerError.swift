// autointerp
// `StatusServerError` lists what can go wrong at the status port.
// SPDX-License-Identifier: Apache-2.0

/// An error of the status port.
package enum StatusServerError: Error, Equatable, Sendable {
  /// A setting has a value that cannot work. `problem` continues a sentence that begins with the setting.
  case configuration(setting: String, problem: String)
  /// The status port cannot listen at its address, for example because another program does.
  case bind(host: String, port: Int, reason: String)
  /// A request has a path or a query that the status port cannot answer. The text says why.
  case badQuery(String)
}

extension StatusServerError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .configuration(let setting, let problem): "status port: \(setting) \(problem)"
    case .bind(let host, let port, let reason): "status port: cannot listen on \(host):\(port): \(reason)"
    case .badQuery(let problem): problem
    }
  }
}
