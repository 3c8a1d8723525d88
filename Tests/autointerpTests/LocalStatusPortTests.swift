// autointerp
// `LocalStatusPortTests` tests the status page of a run on this machine when its port is taken.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol
import Console
import Logging
import StatusServer
import Testing

@testable import autointerp

@Suite(.timeLimit(.minutes(1))) struct LocalStatusPortTests {
  private struct Idle: StatusSource {
    func status() async -> FleetStatus {
      FleetStatus(
        softwareVersion: "test", epoch: 1, startedAt: 0, now: 0, runs: [], workers: [], counters: .init(),
        recentErrors: [])
    }
    func readiness() async -> Readiness { Readiness() }
    func topNeurons(_ query: NeuronQuery) async throws -> [NeuronReport] { [] }
    func profile(of neuron: NeuronID, run: String) async throws -> NeuronReport {
      throw StatusSourceError.unknownNeuron(neuron, run: run)
    }
  }

  private func port(_ number: Int) -> LocalStatusPort {
    var configuration = StatusServerConfiguration()
    configuration.port = number
    return LocalStatusPort(
      configuration: configuration, source: Idle(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  @Test func aPortInUseIsReplacedByAFreeOne() async throws {
    let (addresses, continuation) = AsyncStream<String>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      group.addTask { try await port(0).serve { continuation.yield($0) } }
      var listening = addresses.makeAsyncIterator()
      let first = try #require(await listening.next())
      let number = try #require(first.firstMatch(of: #/:(\d+)/$/#).flatMap { Int($0.1) })
      group.addTask { try await port(number).serve { continuation.yield($0) } }
      let second = try #require(await listening.next())
      #expect(second != first)
      for address in [first, second] {
        let client = try StatusClient(url: address, token: nil)
        #expect(try await client.status().softwareVersion == "test")
      }
    }
  }
}
