// autointerp
// `FakeWorker` is a light worker on a real socket.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol
import ClusterTransport
import Coordinator
import Synchronization

/// Answers every lease at once with the synthetic delta of its prompt, until it is asked to leave.
struct FakeWorker: Sendable {
  var name: String
  var slots = 4
  var edgeCount = 40
  var fingerprint = "model"
  var computeKernel = "fake"
  /// What it answers when it is asked about its model.
  var card: [UInt8] = []
  /// What it does to its deltas before it sends them.
  var forging: @Sendable (inout WorkerMessage.DeltaReport, inout EdgeDelta) -> Void = { _, _ in }
  /// How often it sends every delta.
  var copies = 1
  /// The prompts that it reports as failed.
  var failing: Set<Int32> = []
  /// Stops silently after this many leases.
  var diesAfterLeases = Int.max

  /// Works until it is drained, refused, dead or cancelled. Returns how many leases it got.
  @discardableResult
  func run(at endpoint: String, security: ClientSecurity = .plain()) async throws -> Int {
    let loop = try SocketLoop()
    let dealer = DealerSocket(loop: loop)
    try await dealer.connect(endpoint, security: security)
    let hello = WorkerMessage.Hello(
      worker: name, incarnation: UInt64.random(in: 1 ... .max), host: "test", slots: slots, modelName: "tiny",
      modelFingerprint: fingerprint, softwareVersion: "1", computeKernel: computeKernel)
    try await dealer.send(WorkerMessage.hello(hello).encoded())
    var leases = 0
    for await frame in dealer.incoming {
      switch try CoordinatorMessage(frame: frame) {
      case .welcome:
        try await dealer.send(WorkerMessage.ready(credit: slots).encoded())
      case .lease(let lease):
        leases += 1
        if leases > diesAfterLeases { return await leave(dealer, loop, leases) }
        try await answer(lease, through: dealer)
        try await dealer.send(WorkerMessage.ready(credit: slots).encoded())
      case .unknownWorker:
        try await dealer.send(WorkerMessage.hello(hello).encoded())
      case .drain:
        try await dealer.send(WorkerMessage.goodbye(reason: "drained").encoded())
        return await leave(dealer, loop, leases)
      case .refused:
        return await leave(dealer, loop, leases)
      case .describeModel:
        try await dealer.send(WorkerMessage.model(card: card).encoded())
      case .acknowledged, .heartbeat:
        break
      }
    }
    return await leave(dealer, loop, leases)
  }

  private func answer(_ lease: CoordinatorMessage.Lease, through dealer: DealerSocket) async throws {
    if failing.contains(lease.fence.prompt) {
      let failure = WorkerMessage.FailureReport(fence: lease.fence, kind: .prompt, error: "cannot")
      return try await dealer.send(WorkerMessage.failed(failure).encoded())
    }
    var delta = EdgeDelta.synthetic(prompt: lease.fence.prompt, origin: lease.origin, edgeCount: edgeCount)
    var report = WorkerMessage.DeltaReport(fence: lease.fence, payload: [], computeMilliseconds: 1)
    forging(&report, &delta)
    report.payload = delta.payload()
    for _ in 0..<copies { try await dealer.send(WorkerMessage.delta(report).encoded()) }
  }

  private func leave(_ dealer: DealerSocket, _ loop: SocketLoop, _ leases: Int) async -> Int {
    await dealer.close()
    await loop.shutDown()
    return leases
  }
}
