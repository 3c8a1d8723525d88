// autointerp
// What the status port reads from: the coordinator, or in tests anything.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import ClusterProtocol

/// The read-only view of a coordinator that the status port serves. Every call may come from any task at any time, and
/// should answer within 100 ms however large the fleet.
package protocol StatusSource: Sendable {
  /// The state now.
  func status() async -> FleetStatus

  /// Whether leases can be granted and deltas be stored.
  func readiness() async -> Readiness

  /// The leading neurons of a run so far, each with its strongest edges, best first.
  ///
  /// - Throws: ``StatusServerError/unknownRun(_:)``, ``StatusServerError/unavailable(reason:)``.
  func topNeurons(_ query: NeuronQuery) async throws -> [NeuronReport]

  /// Everything known so far about one neuron of a run.
  ///
  /// - Throws: ``StatusServerError/unknownRun(_:)``, ``StatusServerError/unknownNeuron(_:run:)``,
  ///   ``StatusServerError/unavailable(reason:)``.
  func profile(of neuron: NeuronID, run: String) async throws -> NeuronReport
}

/// Whether a coordinator can do its work.
package struct Readiness: Codable, Equatable, Sendable {
  /// Why not, a sentence each (disk full, not recovered yet …); empty when ready.
  package var problems: [String]

  package init(problems: [String] = []) { self.problems = problems }

  package var isReady: Bool { problems.isEmpty }
}

/// Which neurons of which run.
package struct NeuronQuery: Hashable, Sendable {
  package var run: String
  package var order: NeuronOrder = .relp
  package var limit = 20
  /// Edges reported in each direction for each neuron.
  package var edgesPerNeuron = 3

  package init(run: String) { self.run = run }
}
