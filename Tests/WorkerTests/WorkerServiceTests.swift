// autointerp
// `WorkerServiceTests` tests `WorkerService` over a real socket, with a fake instead of the model.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol
import ClusterTransport
import Logging
import Platform
import Testing

@testable import Worker

@Suite(.timeLimit(.minutes(2))) struct WorkerServiceTests {
  /// Gives a graph of one token, or fails, as the prompt's text says.
  private struct Stand: PromptAttributing {
    func attribute(_ lease: CoordinatorMessage.Lease, progress: ProgressCounter) throws -> EdgeDelta {
      progress.advance()
      switch lease.text {
      case "worker": throw LeaseFailure(.worker, "no memory")
      case "other": throw TransportError.closed
      case "invalid": return delta(lease, position: 9)
      case "foreign":
        var foreign = lease
        foreign.fence.prompt += 1
        return delta(foreign)
      default: return delta(lease)
      }
    }

    private func delta(_ lease: CoordinatorMessage.Lease, position: Int32 = 0) -> EdgeDelta {
      EdgeDelta(
        prompt: lease.fence.prompt, origin: lease.origin,
        graph: AttributionGraph(
          tokens: [1],
          metric: Metric(
            kind: .topLogits, position: position, value: 1,
            targets: [.init(token: 2, logit: 1, probability: 0.5, weight: 1)]),
          neurons: NeuronColumns(), embeddingRelp: [1], edges: EdgeColumns(),
          conservation: .init(nodeTotal: 0, layerCut: 0, directEffects: 0),
          counts: .init(
            candidateNeurons: 0, candidateEdges: 0, truncated: false, keptScoreShare: 1, keptFlowShare: 1)),
        vocabulary: [.init(id: 1, text: "a"), .init(id: 2, text: "b")])
    }
  }

  private func service(_ endpoint: ClusterTransport.Endpoint, settings: WorkerSettings = WorkerSettings())
    -> WorkerService
  {
    WorkerService(
      configuration: WorkerConfiguration(
        coordinator: endpoint.description, security: .plain(), hello: MachineRig.hello(slots: 2), settings: settings),
      attributor: Stand(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  @Test func workerComputesReportsFailuresAndLeavesWhenDrained() async throws {
    let loop = try SocketLoop()
    let router = RouterSocket(loop: loop)
    let endpoint = try await router.bind("tcp://127.0.0.1:0", security: .plain())
    let worker = service(endpoint)
    async let end: Void = worker.run()
    let texts = ["good", "worker", "other", "invalid", "foreign"]
    var next = 0
    var outcomes: [Int32: String] = [:]
    for await frame in router.incoming {
      func answer(_ message: CoordinatorMessage) async throws {
        #expect(try await router.send(message.encoded(), to: frame.peer) == .queued)
      }
      switch try WorkerMessage(frame: frame.bytes) {
      case .hello(let hello):
        #expect(hello == MachineRig.hello(slots: 2))
        try await answer(.welcome(MachineRig.welcome))
      case .ready(let credit):
        for _ in 0..<credit where next < texts.count {
          try await answer(.lease(MachineRig.lease(MachineRig.fence(Int32(next)), text: texts[next])))
          next += 1
        }
      case .delta(let report):
        #expect(try report.delta().delta.graph.tokens == [1])
        outcomes[report.fence.prompt] = "delta"
        try await answer(.acknowledged(report.fence))
      case .failed(let report):
        outcomes[report.fence.prompt] = report.kind.rawValue
        try await answer(.acknowledged(report.fence))
      case .heartbeat(let beat):
        #expect(beat.residentBytes >= 0)
        try await answer(.heartbeat)
      case .goodbye, .model: break
      }
      if outcomes.count == texts.count {
        try await answer(.drain(reason: "test over"))
        break
      }
    }
    try await end
    #expect(outcomes == [0: "delta", 1: "worker", 2: "prompt", 3: "prompt", 4: "worker"])
    await loop.shutDown()
  }

  @Test func refusedWorkerEndsWithTheReason() async throws {
    let loop = try SocketLoop()
    let router = RouterSocket(loop: loop)
    let worker = service(try await router.bind("tcp://127.0.0.1:0", security: .plain()))
    async let end: Void = worker.run()
    let hello = try #require(await router.incoming.first { _ in true })
    _ = try await router.send(CoordinatorMessage.refused(reason: "no").encoded(), to: hello.peer)
    do {
      try await end
      Issue.record("a refused worker must not end as if all were well")
    } catch {
      #expect(error as? WorkerError == .refused(reason: "no"))
    }
    await loop.shutDown()
  }

  @Test func workerWithoutACoordinatorGivesUpWhenToldTo() async throws {
    var settings = WorkerSettings()
    settings.giveUpAfter = .milliseconds(300)
    let worker = service(try ClusterTransport.Endpoint("tcp://127.0.0.1:9"), settings: settings)
    await #expect(throws: WorkerError.coordinatorGone(silence: .milliseconds(300))) { try await worker.run() }
  }

  @Test func malformedAnswersDoNotHarmTheWorker() async throws {
    let loop = try SocketLoop()
    let router = RouterSocket(loop: loop)
    let worker = service(try await router.bind("tcp://127.0.0.1:0", security: .plain()))
    async let end: Void = worker.run()
    let hello = try #require(await router.incoming.first { _ in true })
    for bytes in [[], [0xc1], [UInt8](repeating: 0xff, count: 1000)] {
      _ = try await router.send(bytes, to: hello.peer)
    }
    _ = try await router.send(CoordinatorMessage.drain(reason: "enough").encoded(), to: hello.peer)
    try await end
    await loop.shutDown()
  }

  @Test func residentMemoryIsReadFromTheSystem() {
    #expect(ProcessMemory.residentBytes() > 1 << 20)
  }
}
