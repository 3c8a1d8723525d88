// autointerp
// What can go wrong at the status port and on the way to it.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// What went wrong, where, and what to do about it.
package enum StatusServerError: Error, Equatable, Sendable {
  /// A setting that could not work.
  case configuration(setting: String, problem: String)
  /// The port could not be bound.
  case bind(host: String, port: Int, reason: String)
  /// A query that cannot be answered as asked.
  case badQuery(String)
  /// No run of this name; nil when the coordinator has no run at all.
  case unknownRun(String?)
  /// The run has not seen this neuron (yet).
  case unknownNeuron(NeuronID, run: String)
  /// The state cannot be read now.
  case unavailable(reason: String)

  /// A URL that the status client cannot use.
  case badURL(String, problem: String)
  /// The status port did not answer.
  case unreachable(url: String, reason: String)
  /// The status port answered with an error.
  case refused(url: String, status: Int, message: String)
  /// What answered does not look like the status port.
  case unexpectedAnswer(url: String, problem: String)
}

extension StatusServerError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .configuration(let setting, let problem): "status port: \(setting) \(problem)"
    case .bind(let host, let port, let reason): "status port: cannot listen on \(host):\(port): \(reason)"
    case .badQuery(let problem): problem
    case .unknownRun(let name?): "there is no run \"\(name)\" here; /status lists the runs"
    case .unknownRun(nil): "there is no run here yet"
    case .unknownNeuron(let neuron, let run): "\(neuron) is in no prompt merged so far into run \"\(run)\""
    case .unavailable(let reason): "the state cannot be read now: \(reason)"
    case .badURL(let url, let problem): "\"\(url)\": \(problem)"
    case .unreachable(let url, let reason): "no answer from \(url): \(reason); is the coordinator running?"
    case .refused(let url, 401, _):
      "\(url) wants a bearer token: put it into the environment variable AUTOINTERP_STATUS_TOKEN"
    case .refused(let url, let status, let message): "\(url) answered \(status): \(message)"
    case .unexpectedAnswer(let url, let problem): "\(url) does not answer like a status port: \(problem)"
    }
  }
}
