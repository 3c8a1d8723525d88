// autointerp
// `CoordinatorClient` connects a command to a coordinator, sends requests and waits for the replies.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
package import ClusterProtocol
package import ClusterTransport
internal import Synchronization

/// A connection to a coordinator for requests. Every request may be repeated without harm. If no reply comes, the
/// client sends the request again under the same number until its time is up.
package actor CoordinatorClient {
  package nonisolated let endpoint: String
  private let loop: SocketLoop
  private let dealer: DealerSocket
  private let patience: Duration
  private let resendInterval: Duration
  private var lastNumber: UInt64
  /// That of the last reply, which goes with the next request.
  private var receipt: UInt64 = 0
  /// The number of requests passed to the socket, repetitions included.
  package private(set) var framesSent = 0
  private var waiting: [UInt64: CheckedContinuation<ClientReply?, Never>] = [:]
  /// The requests in progress, with a reply that arrived before anybody waited for it.
  private var early: [UInt64: ClientReply?] = [:]

  /// Connects and answers the requests of `body` while it runs.
  ///
  /// - Parameters:
  ///   - endpoint: `tcp://HOST:PORT` of the coordinator.
  ///   - security: the client's keys and the coordinator's.
  ///   - patience: how long one request may take in total.
  ///   - resendInterval: after how long a request without a reply is sent again (default: a third of `patience`, at most
  ///     5 s).
  ///   - body: uses the connection.
  /// - Returns: the value of `body`.
  /// - Throws: `TransportError` if the endpoint cannot be used; the errors of `body`.
  package static func with<Result: Sendable>(
    _ endpoint: String, security: ClientSecurity, patience: Duration = .seconds(30),
    resendInterval: Duration? = nil, _ body: @Sendable (CoordinatorClient) async throws -> Result
  ) async throws -> Result {
    let client = try await CoordinatorClient(
      endpoint, security: security, patience: patience,
      resendInterval: resendInterval ?? max(.milliseconds(200), min(.seconds(5), patience / 3)))
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await client.receive() }
      defer { group.cancelAll() }
      do {
        let result = try await body(client)
        await client.close()
        return result
      } catch {
        await client.close()
        throw error
      }
    }
  }

  private init(
    _ endpoint: String, security: ClientSecurity, patience: Duration, resendInterval: Duration
  ) async throws {
    self.endpoint = endpoint
    self.patience = patience
    self.resendInterval = resendInterval
    loop = try SocketLoop()
    dealer = DealerSocket(loop: loop)
    // Numbers belong to one connection, so any start will do.
    lastNumber = 0
    try await dealer.connect(endpoint, security: security)
  }

  private func receive() async {
    for await frame in dealer.incoming {
      if let reply = try? NumberedReply(frame: frame) {
        if reply.receipt != 0 { receipt = reply.receipt }
        deliver(reply.reply, to: reply.number)
      } else if case .refused(let reason)? = try? CoordinatorMessage(frame: frame) {
        // The coordinator could not read a request, so it does not know which one it refuses.
        for number in early.keys { deliver(.refused(reason: reason), to: number) }
      }
    }
  }

  /// A reply may arrive before the sender of its request waits for it. A second reply is ignored.
  private func deliver(_ reply: ClientReply, to number: UInt64) {
    if let waiter = waiting.removeValue(forKey: number) {
      waiter.resume(returning: reply)
    } else if early[number] != nil {
      early[number] = .some(reply)
    }
  }

  private func close() async {
    await dealer.close()
    await loop.shutDown()
  }

  /// Sends a request and waits for its reply.
  ///
  /// - Throws: `CoordinatorError.refused` with the coordinator's reason, `noAnswer`; `TransportError`;
  ///   `CancellationError`.
  package func request(_ request: ClientRequest) async throws -> ClientReply {
    lastNumber += 1
    let number = lastNumber
    early[number] = .some(nil)
    defer { early[number] = nil }
    let deadline = ContinuousClock.now + patience
    while ContinuousClock.now < deadline {
      try Task.checkCancellation()
      let frame = NumberedRequest(number: number, receipt: receipt, request: request).encoded()
      // While the coordinator refuses our key there is no queue. It may accept the key later.
      switch try await dealer.trySend(frame) {
      case .congested: try await dealer.reconnect()
      default: framesSent += 1
      }
      guard let reply = await reply(to: number, within: resendInterval) else { continue }
      if case .refused(let reason) = reply { throw CoordinatorError.refused(reason: reason) }
      return reply
    }
    throw CoordinatorError.noAnswer(
      endpoint: endpoint, request: request.title, seconds: patience.components.seconds)
  }

  /// Waits for the reply with this number. Returns nil if the time is up or the task is cancelled.
  private func reply(to number: UInt64, within time: Duration) async -> ClientReply? {
    await withTaskGroup(of: ClientReply?.self) { group in
      group.addTask { await self.wait(for: number) }
      group.addTask {
        try? await Task.sleep(for: time)
        await self.giveUp(number)
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }

  private func wait(for number: UInt64) async -> ClientReply? {
    if let reply = early[number] ?? nil { return reply }
    return await withCheckedContinuation { waiting[number] = $0 }
  }

  private func giveUp(_ number: UInt64) {
    waiting.removeValue(forKey: number)?.resume(returning: nil)
  }
}

extension ClientRequest {
  /// The request in words, for messages.
  var title: String {
    switch self {
    case .submit(let run): "the submission of run \(run.name)"
    case .submitPiece(let piece): "a piece of a submission, at byte \(piece.offset) of \(piece.totalBytes)"
    case .status: "a request for the status"
    case .cancel(let run): "the cancellation of run \(run)"
    case .retry(let run): "the retry of run \(run)"
    case .discard(let run, _, _): "the discarding of results of run \(run)"
    case .quarantine(let run, _): "a request for the quarantined prompts of run \(run)"
    case .export(let run, _): "the export of run \(run)"
    case .summary(let run, _): "the summary of run \(run)"
    }
  }
}
