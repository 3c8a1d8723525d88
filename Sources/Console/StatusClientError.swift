// autointerp
// `StatusClientError` says what went wrong between a status client and the status port.
// SPDX-License-Identifier: Apache-2.0

/// What went wrong, where, and what to do about it.
package enum StatusClientError: Error, Equatable, Sendable {
  /// A URL that the client cannot use.
  case badURL(String, problem: String)
  /// The status port did not answer.
  case unreachable(url: String, reason: String)
  /// The status port answered with an error.
  case refused(url: String, status: Int, message: String)
  /// The answer does not look like one of a status port.
  case unexpectedAnswer(url: String, problem: String)

  /// True for errors that may end soon, for example while a coordinator restarts.
  package var isPassing: Bool {
    switch self {
    case .unreachable: true
    case .refused(_, let status, _): status >= 500
    case .badURL, .unexpectedAnswer: false
    }
  }
}

extension StatusClientError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .badURL(let url, let problem): "\"\(url)\": \(problem)"
    case .unreachable(let url, let reason): "no answer from \(url): \(reason); is the coordinator running?"
    case .refused(let url, 401, _):
      "\(url) requires a bearer token: put it into the environment variable AUTOINTERP_STATUS_TOKEN"
    case .refused(let url, let status, let message): "\(url) answered \(status): \(message)"
    case .unexpectedAnswer(let url, let problem): "\(url) does not answer like a status port: \(problem)"
    }
  }
}
