// autointerp
// A coordinator's state that tests write themselves.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol
import Synchronization

@testable import StatusServer

/// Serves whatever it was last given.
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
  /// How often the state was looked at.
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
      throw StatusServerError.unknownNeuron(neuron, run: run)
    }
    return report
  }
}

/// Text that breaks whatever does not treat it as text.
let hostileText = "<script>alert(1)</script>\"\\\n\u{1B}[31m\u{202E}}{ é"

extension FleetStatus {
  /// A fleet at work: one active run of 60 prompts and one queued, two workers, one of them lost.
  static func sample() -> FleetStatus {
    var active = RunStatus(
      name: "capitals-smollm2-3f9a", corpusName: "capitals", modelName: "SmolLM2-135M", state: .active, promptCount: 60)
    active.done = 25
    active.inFlight = 2
    active.queued = 32
    active.quarantined = [
      QuarantinedPrompt(prompt: 7, excerpt: "too long", errors: ["a: 9210 tokens", "b: 9210 tokens"])
    ]
    active.promptsPerSecond = 2.5
    active.secondsLeft = 13.6
    active.neurons = 4321
    active.edges = 1_234_567
    active.edgeUpdates = 2_345_678
    active.deltaBytes = 5_250_000
    active.computeMilliseconds = 22_500
    active.worstConservationResidual = 3e-6
    var working = WorkerStatus(name: "node-a", host: "gpu-0", state: .working, slots: 2)
    working.busySlots = 2
    working.done = 20
    working.promptsPerMinute = 90
    working.residentBytes = 812_000_000
    working.lastHeardAt = 1_700_000_099_500
    var lost = WorkerStatus(name: "node-b", host: "gpu-1", state: .lost, slots: 2)
    lost.done = 5
    lost.failed = 1
    lost.lastHeardAt = 1_700_000_052_000
    var counters = FleetStatus.Counters()
    counters.deltasMerged = 25
    counters.deltasDuplicate = 1
    counters.leasesGranted = 29
    counters.bytesReceived = 5_300_000
    counters.connectionsRefused = 3
    counters.runsUnusable = 1
    return FleetStatus(
      softwareVersion: "0.1.0", epoch: 3, startedAt: 1_700_000_000_000, now: 1_700_000_100_000,
      runs: [
        active,
        RunStatus(name: "math-aa01", corpusName: "math", modelName: "SmolLM2-135M", state: .queued, promptCount: 200),
      ],
      workers: [working, lost], counters: counters,
      recentErrors: [RecordedError(at: 1_700_000_082_000, text: "node-b was not heard from for 30 s")])
  }
}
