// autointerp
// `LightFleet` runs many workers without a model over real sockets, to load a real coordinator.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Synchronization
internal import TestSupport

/// Workers that answer each lease at once with a synthetic graph. They share one thread for their sockets.
struct LightFleet: Sendable {
  static let model = "light"
  var endpoint: String
  var security: ClientSecurity
  var names: String
  var count: Int
  var edgesPerPrompt: Int

  init(endpoint: String, security: ClientSecurity, names: String, count: Int, edgesPerPrompt: Int) {
    self.endpoint = endpoint
    self.security = security
    self.names = names
    self.count = count
    self.edgesPerPrompt = edgesPerPrompt
  }

  /// What the workers did, to compare with what the coordinator reports.
  struct Outcome: Codable, Sendable {
    /// The prompts whose delta was sent and acknowledged. A coordinator without room leaves a delta to its worker,
    /// which keeps none here; another worker then computes the prompt, and both get an acknowledgement.
    var acknowledged: Set<Int32> = []
    var framesSent = 0
    /// When the last delta was passed to its socket, in milliseconds since 1970.
    var lastDeltaAt: Int64 = 0

    init() {}

    mutating func add(_ other: Outcome) {
      acknowledged.formUnion(other.acknowledged)
      framesSent += other.framesSent
      lastDeltaAt = max(lastDeltaAt, other.lastDeltaAt)
    }
  }

  private final class Sender: Sendable {
    let sent = Mutex(0)

    func send(_ message: WorkerMessage, through dealer: DealerSocket) async throws {
      try await dealer.send(message.encoded())
      sent.withLock { $0 += 1 }
    }
  }

  /// Works until the coordinator asks all workers to leave.
  func run() async throws -> Outcome {
    let loop = try SocketLoop()
    let sender = Sender()
    let dealers = (0..<count).map { _ in DealerSocket(loop: loop) }
    var outcome = try await withThrowingTaskGroup(of: Outcome.self) { group in
      for (number, dealer) in dealers.enumerated() { group.addTask { try await work(number, dealer, sender) } }
      group.addTask {
        // Sends heartbeats. A closed socket is finished.
        while !Task.isCancelled {
          try? await Task.sleep(for: .seconds(5))
          for dealer in dealers { try? await sender.send(.ready(credit: 1), through: dealer) }
        }
        return Outcome()
      }
      var sum = Outcome()
      for _ in 0..<count { sum.add(try await group.next() ?? Outcome()) }
      group.cancelAll()
      return sum
    }
    // Queued frames are sent before this returns.
    await loop.shutDown()
    outcome.framesSent = sender.sent.withLock { $0 }
    return outcome
  }

  private func work(_ number: Int, _ dealer: DealerSocket, _ sender: Sender) async throws -> Outcome {
    try await dealer.connect(endpoint, security: security)
    let hello = WorkerMessage.Hello(
      worker: "\(names)-\(number)", incarnation: UInt64.random(in: 1 ... .max), host: names, slots: 1,
      modelName: Self.model, modelFingerprint: Self.model, softwareVersion: "light", computeKernel: "none")
    try await sender.send(.hello(hello), through: dealer)
    var outcome = Outcome()
    var reported: Set<Fence> = []
    for await frame in dealer.incoming {
      switch try CoordinatorMessage(frame: frame) {
      case .welcome:
        try await sender.send(.ready(credit: 1), through: dealer)
      case .lease(let lease):
        let delta = SyntheticGraph.realistic(
          prompt: lease.fence.prompt, origin: lease.origin, edgeCount: edgesPerPrompt)
        let report = WorkerMessage.DeltaReport(fence: lease.fence, delta: delta, computeMilliseconds: 1)
        reported.insert(lease.fence)
        outcome.lastDeltaAt = Int64(Date().timeIntervalSince1970 * 1000)
        try await sender.send(.delta(report), through: dealer)
        try await sender.send(.ready(credit: 1), through: dealer)
      case .acknowledged(let fence):
        // The slower worker is also acknowledged, for a delta that it did not send.
        if reported.remove(fence) != nil { outcome.acknowledged.insert(fence.prompt) }
      case .unknownWorker:
        try await sender.send(.hello(hello), through: dealer)
      case .drain, .refused:
        try await sender.send(.goodbye(reason: "asked to leave"), through: dealer)
        await dealer.close()
        return outcome
      case .heartbeat, .describeModel:
        break
      }
    }
    return outcome
  }
}
