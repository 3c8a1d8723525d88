// autointerp
// What the status port reads: a coordinator in the same process.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol
import Coordinator
import StatusServer

/// Lets the status port look into a coordinator.
struct CoordinatorStatusSource: StatusSource {
  /// Edges and companions in a neuron's full report.
  private static let profileLength = 20

  let coordinator: Coordinator

  func status() async -> FleetStatus { await coordinator.status() }

  func readiness() async -> Readiness { Readiness(problems: await coordinator.problems()) }

  func topNeurons(_ query: NeuronQuery) async throws -> [NeuronReport] {
    try await asked(of: query.run) {
      try await coordinator.topNeurons(
        of: query.run, sortedBy: query.order, limit: query.limit, edgesPerNeuron: query.edgesPerNeuron)
    }
  }

  func profile(of neuron: NeuronID, run: String) async throws -> NeuronReport {
    let reports = try await asked(of: run) {
      try await coordinator.profile(of: neuron, run: run, edgesPerNeuron: Self.profileLength).map { [$0] } ?? []
    }
    guard let report = reports.first else { throw StatusServerError.unknownNeuron(neuron, run: run) }
    return report
  }

  private func asked(of run: String, _ profiles: () async throws -> [NeuronProfile]) async throws -> [NeuronReport] {
    do {
      let profiles = try await profiles()
      let texts = try await coordinator.texts(ofTokens: NeuronReport.tokens(in: profiles), run: run)
      let state = await coordinator.status().runs.first { $0.name == run }
      let hasBothOrigins = state.map { $0.domainDone > 0 && $0.baselineDone > 0 } ?? false
      return profiles.map { NeuronReport($0, texts: texts, hasBothOrigins: hasBothOrigins) }
    } catch CoordinatorError.unknownRun(let run) {
      throw StatusServerError.unknownRun(run)
    } catch let error as CoordinatorError {
      throw StatusServerError.unavailable(reason: "\(error)")
    }
  }
}
