// autointerp
// `CoordinatorStatusSource` lets the status port read a coordinator in the same process.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import ClusterProtocol

/// Lets the status port look into a coordinator.
package struct CoordinatorStatusSource: StatusSource {
  /// Edges and companions in a neuron's full report.
  private static let profileLength = 20

  private let coordinator: Coordinator

  package init(coordinator: Coordinator) { self.coordinator = coordinator }

  package func status() async -> FleetStatus { await coordinator.status() }

  package func readiness() async -> Readiness { Readiness(problems: await coordinator.problems()) }

  package func topNeurons(_ query: NeuronQuery) async throws -> [NeuronReport] {
    try await asked(of: query.run) {
      try await coordinator.topNeurons(
        of: query.run, sortedBy: query.order, limit: query.limit, edgesPerNeuron: query.edgesPerNeuron)
    }
  }

  package func profile(of neuron: NeuronID, run: String) async throws -> NeuronReport {
    let reports = try await asked(of: run) {
      try await coordinator.profile(of: neuron, run: run, edgesPerNeuron: Self.profileLength).map { [$0] } ?? []
    }
    guard let report = reports.first else { throw StatusSourceError.unknownNeuron(neuron, run: run) }
    return report
  }

  private func asked(of run: String, _ profiles: () async throws -> [NeuronProfile]) async throws -> [NeuronReport] {
    do {
      let profiles = try await profiles()
      let texts = try await coordinator.texts(ofTokens: NeuronReport.tokens(in: profiles), run: run)
      let state = await coordinator.status().runs.first { $0.name == run }
      let hasBothOrigins = state.map { $0.domainDone > 0 && $0.baselineDone > 0 } ?? false
      let (rule, calibration) = try await coordinator.trust(run: run)
      return profiles.map {
        NeuronReport($0, texts: texts, hasBothOrigins: hasBothOrigins, rule: rule, calibration: calibration)
      }
    } catch CoordinatorError.unknownRun(let run) {
      throw StatusSourceError.unknownRun(run)
    } catch let error as CoordinatorError {
      throw StatusSourceError.unavailable(reason: "\(error)")
    }
  }
}
