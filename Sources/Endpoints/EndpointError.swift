// autointerp
// `EndpointError` says what went wrong between this program and a language model's endpoint.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

package enum EndpointError: Error, Equatable, CustomStringConvertible {
  /// An address that cannot be used.
  case badURL(String, problem: String)
  /// libcurl is missing.
  case noClient(String)
  /// Nobody answered, or not in time.
  case unreachable(url: String, reason: String)
  /// The endpoint answered with an error; `message` is its text, which is untrusted.
  case refused(url: String, status: Int, message: String)
  /// The reply is no chat completion.
  case unusable(url: String, problem: String)

  package var description: String {
    switch self {
    case .badURL(let url, let problem): "\(url.quoted(maximumBytes: 200)): \(problem)"
    case .noClient(let problem): problem
    case .unreachable(let url, let reason):
      "no reply from \(url.harmless(maximumBytes: 200)): \(reason.harmless(maximumBytes: 300))"
    case .refused(let url, 401, _), .refused(let url, 403, _):
      "\(url.harmless(maximumBytes: 200)) refuses the key: put one into the environment variable AUTOINTERP_LLM_KEY"
    case .refused(let url, let status, let message):
      "\(url.harmless(maximumBytes: 200)) answered \(status): \(message.quoted(maximumBytes: 300))"
    case .unusable(let url, let problem):
      "\(url.harmless(maximumBytes: 200)) does not reply like a chat-completions endpoint: "
        + problem.harmless(maximumBytes: 300)
    }
  }

  /// True for what may go better soon: no connection, too many requests, or a fault of the server.
  var isPassing: Bool {
    switch self {
    case .unreachable: true
    case .refused(_, let status, _): status == 408 || status == 429 || status >= 500
    case .badURL, .noClient, .unusable: false
    }
  }
}
