// autointerp
// `FakeSource` is a coordinator's state that tests write themselves.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol
import Synchronization
import TestSupport

@testable import StatusServer

/// Serves whatever it was given last.
final class FakeSource: StatusSource {
  private struct State {
    var status: FleetStatus
    var readiness = Readiness()
    var neurons: [NeuronReport] = []
    var queries: [NeuronQuery] = []
    var looks = 0
  }

  private let state: Mutex<State>

  init(_ status: FleetStatus = .sample()) { state = Mutex(State(status: status)) }

  func change(_ change: (inout FleetStatus) -> Void) { state.withLock { change(&$0.status) } }
  func set(_ readiness: Readiness) { state.withLock { $0.readiness = readiness } }
  func set(_ neurons: [NeuronReport]) { state.withLock { $0.neurons = neurons } }
  /// What `/neurons` asked for so far.
  var queries: [NeuronQuery] { state.withLock { $0.queries } }
  /// How often the state was read.
  var looks: Int { state.withLock { $0.looks } }

  func status() async -> FleetStatus {
    state.withLock {
      $0.looks += 1
      return $0.status
    }
  }
  func readiness() async -> Readiness { state.withLock { $0.readiness } }

  func topNeurons(_ query: NeuronQuery) async throws -> [NeuronReport] {
    state.withLock {
      $0.queries.append(query)
      return Array($0.neurons.prefix(query.limit))
    }
  }

  func profile(of neuron: NeuronID, run: String) async throws -> NeuronReport {
    guard let report = state.withLock({ $0.neurons.first { $0.neuron == neuron.description } }) else {
      throw StatusSourceError.unknownNeuron(neuron, run: run)
    }
    return report
  }
}
