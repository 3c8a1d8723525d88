// autointerp
// How a command talks to a coordinator.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
package import ClusterProtocol
package import ClusterTransport
internal import Synchronization

/// A connection to a coordinator for requests. Every request may be repeated without harm, and is: a reply that does not
/// come is asked for again under the same number until the time is up.
package actor CoordinatorClient {
  package nonisolated let endpoint: String
  private let loop: SocketLoop
  private let dealer: DealerSocket
  private let patience: Duration
  private let resendInterval: Duration
  private var lastNumber: UInt64
  /// Requests that were handed to the socket, repetitions included.
  package private(set) var framesSent = 0
  private var waiting: [UInt64: CheckedContinuation<ClientReply?, Never>] = [:]
  /// Numbers of requests under way, with a reply that came before anybody waited for it.
  private var early: [UInt64: ClientReply?] = [:]

  /// Connects and, while `body` runs, answers its requests.
  ///
  /// - Parameters:
  ///   - endpoint: `tcp://HOST:PORT` of the coordinator.
  ///   - security: The client's keys and the coordinator's.
  ///   - patience: How long a request may take in all.
  ///   - body: What to do with the connection.
  /// - Returns: What `body` returns.
  /// - Throws: `TransportError` when the endpoint cannot be used; what `body` throws.
  package static func with<Result: Sendable>(
    _ endpoint: String, security: ClientSecurity, patience: Duration = .seconds(30),
    _ body: @Sendable (CoordinatorClient) async throws -> Result
  ) async throws -> Result {
    let client = try await CoordinatorClient(endpoint, security: security, patience: patience)
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

  private init(_ endpoint: String, security: ClientSecurity, patience: Duration) async throws {
    self.endpoint = endpoint
    self.patience = patience
    resendInterval = max(.milliseconds(200), min(.seconds(5), patience / 3))
    loop = try SocketLoop()
    dealer = DealerSocket(loop: loop)
    // Numbers of one connection; where they start says nothing.
    lastNumber = 0
    try await dealer.connect(endpoint, security: security)
  }

  private func receive() async {
    for await frame in dealer.incoming {
      if let reply = try? NumberedReply(frame: frame) {
        deliver(reply.reply, to: reply.number)
      } else if case .refused(let reason)? = try? CoordinatorMessage(frame: frame) {
        // The coordinator could not read a request, so it could not tell which one.
        for number in early.keys { deliver(.refused(reason: reason), to: number) }
      }
    }
  }

  /// A reply may come before its request's sender is waiting for it; one that comes twice is of no use the second time.
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
    let frame = NumberedRequest(number: number, request: request).encoded()
    early[number] = .some(nil)
    defer { early[number] = nil }
    let deadline = ContinuousClock.now + patience
    while ContinuousClock.now < deadline {
      try Task.checkCancellation()
      // There is no queue while the coordinator refuses our key; it may be let in meanwhile.
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

  /// The reply with this number, nil when the time is up or the task is cancelled.
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
  /// For messages to people.
  var title: String {
    switch self {
    case .submit(let run): "the submission of run \(run.name)"
    case .submitPiece(let piece): "a piece of a submission, at byte \(piece.offset) of \(piece.totalBytes)"
    case .status: "a request for the status"
    case .cancel(let run): "the cancellation of run \(run)"
    case .retry(let run): "the retry of run \(run)"
    case .quarantine(let run, _): "a request for the quarantined prompts of run \(run)"
    case .export(let run, _): "the export of run \(run)"
    case .summary(let run, _): "the summary of run \(run)"
    }
  }
}
