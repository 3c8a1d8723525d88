// autointerp
// `StatusRoute` lists what can be asked of the status port, and finds it by the path of a request.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Foundation

/// What a path asks for.
enum StatusRoute: Equatable {
  /// The dashboard or the atlas page, as the server was told.
  case home
  case dashboard
  /// The page that explores runs.
  case atlas
  /// A question about a run: what follows `/api/v1`.
  case api(String)
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
    case "/": self = .home
    case "/dashboard": self = .dashboard
    case "/atlas": self = .atlas
    case Self.apiPath: self = .api("")
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
      if path.hasPrefix(Self.apiPath + "/") {
        self = .api(String(path.dropFirst(Self.apiPath.count)))
        return
      }
      guard path.hasPrefix("/neurons/") else { return nil }
      let text = path.dropFirst("/neurons/".count)
      guard let neuron = (String(text).removingPercentEncoding).flatMap({ NeuronID($0) }) else {
        throw .badQuery("\"\(text)\" does not name a neuron; write it as L15/N7890")
      }
      self = .neuron(neuron)
    }
  }

  /// Where questions about runs begin.
  private static let apiPath = "/api/v1"

  /// True for pages, at which a browser signs in.
  var isPage: Bool { self == .home || self == .dashboard || self == .atlas }

  /// True for probes, which reveal only yes or no and need no token.
  var isOpen: Bool { self == .alive || self == .ready }
}
