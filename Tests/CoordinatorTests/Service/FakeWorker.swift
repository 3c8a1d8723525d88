// autointerp
// A light worker on a real socket.
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
  /// Sends every delta this many times.
  var copies = 1
  /// Prompts that it reports as failed.
  var failing: Set<Int32> = []
  /// Stops for good, without a word, after so many leases.
  var diesAfterLeases = Int.max

  /// Works until it is drained, refused, dead or cancelled; returns the number of leases it got.
  @discardableResult
  func run(at endpoint: String, security: ClientSecurity = .plain()) async throws -> Int {
    let loop = try SocketLoop()
    let dealer = DealerSocket(loop: loop)
    try await dealer.connect(endpoint, security: security)
    let hello = WorkerMessage.Hello(
      worker: name, incarnation: UInt64.random(in: 1 ... .max), host: "test", slots: slots, modelName: "tiny",
      modelFingerprint: fingerprint, softwareVersion: "1", computeKernel: "fake")
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
    let delta = EdgeDelta.synthetic(prompt: lease.fence.prompt, origin: lease.origin, edgeCount: edgeCount)
    let report = WorkerMessage.DeltaReport(fence: lease.fence, delta: delta, computeMilliseconds: 1)
    for _ in 0..<copies { try await dealer.send(WorkerMessage.delta(report).encoded()) }
  }

  private func leave(_ dealer: DealerSocket, _ loop: SocketLoop, _ leases: Int) async -> Int {
    await dealer.close()
    await loop.shutDown()
    return leases
  }
}
