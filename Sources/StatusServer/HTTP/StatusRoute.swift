// autointerp
// `StatusRoute` lists what can be asked of the status port, and finds it by the path of a request.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Foundation

/// What a path asks for.
enum StatusRoute: Equatable {
  case dashboard
  case status
  case events
  case metrics
  case alive
  case ready
  case neurons
  case neuron(NeuronID)
  /// The progress of a run over time.
  case history
  /// The throughput of each worker over the last minutes.
  case workers
  /// Exchanges the bearer token for the browser's cookie.
  case session

  /// Nil for an unknown path.
  ///
  /// - Throws: ``StatusServerError/badQuery(_:)`` if `/neurons/…` does not name a neuron.
  init?(path: String) throws(StatusServerError) {
    switch path {
    case "/": self = .dashboard
    case "/status": self = .status
    case "/events": self = .events
    case "/metrics": self = .metrics
    case "/healthz": self = .alive
    case "/readyz": self = .ready
    case "/neurons": self = .neurons
    case "/history": self = .history
    case "/history/workers": self = .workers
    case "/session": self = .session
    default:
      guard path.hasPrefix("/neurons/") else { return nil }
      let text = path.dropFirst("/neurons/".count)
      guard let neuron = (String(text).removingPercentEncoding).flatMap({ NeuronID($0) }) else {
        throw .badQuery("\"\(text)\" does not name a neuron; write it as L15/N7890")
      }
      self = .neuron(neuron)
    }
  }

  /// True for probes, which reveal only yes or no and need no token.
  var isOpen: Bool { self == .alive || self == .ready }
}
