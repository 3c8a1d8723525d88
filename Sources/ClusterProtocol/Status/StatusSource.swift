// autointerp
// `StatusSource` is what the status port reads from: the coordinator, or a fake in tests.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// The read-only view of a coordinator that the status port serves. Any task may make any call at any time. Each should
/// answer within 100 ms, however large the fleet.
package protocol StatusSource: Sendable {
  /// The current state.
  func status() async -> FleetStatus

  /// Whether leases can be granted and deltas stored.
  func readiness() async -> Readiness

  /// The leading neurons of a run so far, each with its strongest edges, best first.
  ///
  /// - Throws: ``StatusSourceError/unknownRun(_:)``, ``StatusSourceError/unavailable(reason:)``.
  func topNeurons(_ query: NeuronQuery) async throws -> [NeuronReport]

  /// Everything known so far about one neuron of a run.
  ///
  /// - Throws: ``StatusSourceError/unknownRun(_:)``, ``StatusSourceError/unknownNeuron(_:run:)``,
  ///   ``StatusSourceError/unavailable(reason:)``.
  func profile(of neuron: NeuronID, run: String) async throws -> NeuronReport
}

/// Whether a coordinator can work.
package struct Readiness: Codable, Equatable, Sendable {
  /// The reasons why it cannot, one sentence each (disk full, not recovered yet …); empty if it is ready.
  package var problems: [String]

  package init(problems: [String] = []) { self.problems = problems }

  package var isReady: Bool { problems.isEmpty }
}

/// Which neurons of which run are wanted.
package struct NeuronQuery: Hashable, Sendable {
  package var run: String
  package var order: NeuronOrder = .score
  package var limit = 20
  /// How many edges are reported in each direction of a neuron.
  package var edgesPerNeuron = 3

  package init(run: String) { self.run = run }
}

/// Why a status source cannot answer a question.
package enum StatusSourceError: Error, Equatable, Sendable {
  /// No run of this name; nil when the coordinator has no run at all.
  case unknownRun(String?)
  /// The run has not seen this neuron (yet).
  case unknownNeuron(NeuronID, run: String)
  /// The state cannot be read now.
  case unavailable(reason: String)
}

extension StatusSourceError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknownRun(let name?): "there is no run \"\(name)\" here; /status lists the runs"
    case .unknownRun(nil): "there is no run here yet"
    case .unknownNeuron(let neuron, let run): "\(neuron) is in no prompt merged so far into run \"\(run)\""
    case .unavailable(let reason): "the state cannot be read now: \(reason)"
    }
  }
}
