// autointerp
// `SimulatedFleet` plays clients, some of which do not read, against the coordinator's real ledger of replies.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterTransport
internal import Coordinator

extension SimulatedFleet {
  /// Like the real limits, but small: so many bytes stand for so many mebibytes.
  private static let replyLimits: ReplyLedger.Limits = {
    var limits = ReplyLedger.Limits()
    (limits.bytesPerPeer, limits.repliesPerPeer, limits.bytesPerSender) = (120, 16, 640)
    (limits.bytesInAll, limits.bytesInAllAtMost) = (1800, 2560)
    return limits
  }()
  private static let largestReply = 60
  /// An honest client repeats its request after this time, and must have an answer after the other.
  private static let repeatAfter = SimulatedTime.seconds(2)
  private static let answerWithin = SimulatedTime.seconds(10)

  /// What one process of the coordinator owes its clients.
  struct Replies {
    var ledger = ReplyLedger(SimulatedFleet.replyLimits)
    /// The bytes that nobody has read, by client.
    var unread: [Int: Int] = [:]
    var lastReceipt: UInt64 = 0
  }

  mutating func addClients() {
    guard scenario.silentClients > 0 else { return }
    for number in 0..<scenario.silentClients + 2 {
      clients.append(SimulatedClient(number: number, reads: number < 2))
      events.schedule(.clientAsks(number), at: random.time(in: 0 ... .seconds(1)))
    }
  }

  // MARK: Clients

  mutating func clientAsks(_ number: Int) throws {
    let reads = clients[number].reads
    schedule(.clientAsks(number), within: reads ? .seconds(0.4) ... .seconds(1) : .seconds(0.05) ... .seconds(0.5))
    if reads { try checkIsAnswered(clients[number]) }
    let isRepeated = clients[number].asksSince != nil
    clients[number].ask(at: now, overNewConnection: !reads && random.chance(0.1))
    let client = clients[number]
    guard !reads || !isRepeated || (now - client.asksSince!) / Self.repeatAfter > 0 else { return }
    schedule(
      .toCoordinatorFromClient(number, client.peer, request: client.request, receipt: client.receipt),
      within: scenario.latency)
  }

  private func checkIsAnswered(_ client: SimulatedClient) throws {
    guard let process = coordinator, let asksSince = client.asksSince else { return }
    let since = max(asksSince, process.startedAt, process.resumesAt)
    guard now - since > Self.answerWithin else { return }
    throw SimulationFailure.brokenInvariant("client \(client.number) reads everything and gets no answer")
  }

  mutating func clientReads(_ number: Int, generation: Int, request: UInt64, receipt: UInt64, bytes: Int) {
    guard coordinator?.generation == generation else { return }
    coordinator!.replies.unread[number, default: 0] -= bytes
    clients[number].read(receipt, answering: request)
    count(.replyRead)
  }

  // MARK: The coordinator

  /// Handles a request as `Coordinator.receive` does.
  mutating func coordinatorReceives(requestOf number: Int, _ peer: PeerID, request: UInt64, receipt: UInt64) {
    guard coordinator != nil else { return }
    if sabotage != .ignoresReceipts { coordinator!.replies.ledger.received(receipt, by: peer, now: clock) }
    var verdict = coordinator!.replies.ledger.begin(
      request, expecting: Self.largestReply, for: peer, now: clock)
    if verdict == .refuse {
      count(.replyWithheld)
      if sabotage == .answersWhoDoesNotRead { verdict = .answer }
    }
    guard verdict == .answer else { return }
    schedule(
      .replyIsMade(generation: coordinatorGeneration, client: number, peer, request: request),
      within: .seconds(0.001) ... .seconds(0.5))
  }

  /// Sends an answer, and checks what all unread ones take.
  mutating func sendReply(generation: Int, client number: Int, _ peer: PeerID, request: UInt64) throws {
    guard coordinator?.generation == generation else { return }
    let bytes = random.integer(in: 10...Self.largestReply)
    coordinator!.replies.lastReceipt += 1
    let receipt = coordinator!.replies.lastReceipt
    coordinator!.replies.ledger.end(request, for: peer)
    coordinator!.replies.ledger.sent(bytes, receipt: receipt, to: peer, now: clock)
    coordinator!.replies.unread[number, default: 0] += bytes
    let (unread, limits) = (coordinator!.replies.unread, Self.replyLimits)
    guard unread[number]! <= limits.bytesPerSender + Self.largestReply else {
      throw SimulationFailure.brokenInvariant("client \(number) keeps \(unread[number]!) unread bytes in memory")
    }
    guard unread.values.reduce(0, +) <= limits.bytesInAllAtMost + Self.largestReply else {
      throw SimulationFailure.brokenInvariant("all clients keep \(unread.values.reduce(0, +)) unread bytes in memory")
    }
    guard clients[number].reads else { return }
    schedule(
      .clientReads(number, generation: generation, request: request, receipt: receipt, bytes: bytes),
      within: scenario.latency)
  }
}
