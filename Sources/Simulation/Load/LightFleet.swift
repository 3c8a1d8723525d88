// autointerp
// Many workers without a model, on real sockets, to load a real coordinator.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
package import ClusterTransport

/// Workers that answer each lease at once with a made-up graph. They share one thread for their sockets.
package struct LightFleet: Sendable {
  package static let model = "light"
  package var endpoint: String
  package var security: ClientSecurity
  package var names: String
  package var count: Int
  package var edgesPerPrompt: Int

  package init(endpoint: String, security: ClientSecurity, names: String, count: Int, edgesPerPrompt: Int) {
    self.endpoint = endpoint
    self.security = security
    self.names = names
    self.count = count
    self.edgesPerPrompt = edgesPerPrompt
  }

  /// Works until the coordinator asks everyone to leave; returns the number of deltas that were acknowledged.
  package func run() async throws -> Int {
    let loop = try SocketLoop()
    let dealers = (0..<count).map { _ in DealerSocket(loop: loop) }
    let acknowledged = try await withThrowingTaskGroup(of: Int.self) { group in
      for (number, dealer) in dealers.enumerated() { group.addTask { try await work(number, dealer) } }
      group.addTask {
        // Signs of life; a socket that is closed is done.
        while !Task.isCancelled {
          try? await Task.sleep(for: .seconds(5))
          for dealer in dealers { try? await dealer.send(WorkerMessage.ready(credit: 1).encoded()) }
        }
        return 0
      }
      var sum = 0
      for _ in 0..<count { sum += try await group.next() ?? 0 }
      group.cancelAll()
      return sum
    }
    await loop.shutDown()
    return acknowledged
  }

  private func work(_ number: Int, _ dealer: DealerSocket) async throws -> Int {
    try await dealer.connect(endpoint, security: security)
    let hello = WorkerMessage.Hello(
      worker: "\(names)-\(number)", incarnation: UInt64.random(in: 1 ... .max), host: names, slots: 1,
      modelName: Self.model, modelFingerprint: Self.model, softwareVersion: "light", computeKernel: "none")
    try await dealer.send(WorkerMessage.hello(hello).encoded())
    var acknowledged = 0
    for await frame in dealer.incoming {
      switch try CoordinatorMessage(frame: frame) {
      case .welcome:
        try await dealer.send(WorkerMessage.ready(credit: 1).encoded())
      case .lease(let lease):
        let delta = SyntheticGraph.realistic(
          prompt: lease.fence.prompt, origin: lease.origin, edgeCount: edgesPerPrompt)
        let report = WorkerMessage.DeltaReport(fence: lease.fence, delta: delta, computeMilliseconds: 1)
        try await dealer.send(WorkerMessage.delta(report).encoded())
        try await dealer.send(WorkerMessage.ready(credit: 1).encoded())
      case .acknowledged:
        acknowledged += 1
      case .unknownWorker:
        try await dealer.send(WorkerMessage.hello(hello).encoded())
      case .drain, .refused:
        try await dealer.send(WorkerMessage.goodbye(reason: "asked to leave").encoded())
        await dealer.close()
        return acknowledged
      case .heartbeat:
        break
      }
    }
    return acknowledged
  }
}
