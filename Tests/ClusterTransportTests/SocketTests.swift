// autointerp
// `SocketTests` tests frames over real sockets on loopback.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ClusterTransport

@Suite(.timeLimit(.minutes(2))) struct SocketTests {
  @Test func framesTravelBothWaysInOrder() async throws {
    let rig = try await Rig()
    let dealer = try await rig.dealer()
    for number in 0..<100 { try await dealer.send([UInt8(number)]) }
    var received: [UInt8] = []
    for await frame in rig.router.incoming {
      #expect(frame.role == nil)
      received += frame.bytes
      #expect(try await rig.router.send(frame.bytes + [7], to: frame.peer) == .queued)
      if received.count == 100 { break }
    }
    #expect(received == Array(0..<100))
    var answers: [[UInt8]] = []
    for await frame in dealer.incoming {
      answers.append(frame)
      if answers.count == 100 { break }
    }
    #expect(answers == (0..<100).map { [$0, 7] })
    await rig.close()
  }

  @Test(arguments: [0, 1, 300_000, 8 << 20]) func frameOfAnySizeArrivesWhole(byteCount: Int) async throws {
    let rig = try await Rig()
    let dealer = try await rig.dealer()
    var frame = [UInt8](repeating: 5, count: byteCount)
    for index in stride(from: 0, to: byteCount, by: 1021) { frame[index] = UInt8(truncatingIfNeeded: index) }
    try await dealer.send(frame)
    let received = try #require(await rig.router.incoming.first { _ in true })
    #expect(received.bytes == frame)
    // A coordinator's answers may be larger than what it accepts.
    let answer = frame + [UInt8](repeating: 9, count: 4 * byteCount)
    #expect(try await rig.router.send(answer, to: received.peer) == .queued)
    #expect(await dealer.incoming.first { _ in true } == answer)
    await rig.close()
  }

  @Test func oversizeFrameCostsThePeerItsConnectionAndNothingElse() async throws {
    var small = SocketOptions.router
    small.maximumReceivedBytes = 1000
    small.maximumSentBytes = 1000
    let rig = try await Rig(options: small)
    let (events, onEvent) = connectionEvents()
    let rogue = try await rig.dealer(onEvent: onEvent)
    let honest = try await rig.dealer()
    var iterator = events.makeAsyncIterator()
    #expect(await iterator.next() == .connected)
    try await rogue.send([UInt8](repeating: 1, count: 1001))
    #expect(await iterator.next() == .disconnected)
    try await honest.send([UInt8](repeating: 2, count: 1000))
    let received = await rig.router.incoming.first { _ in true }
    #expect(received?.bytes == [UInt8](repeating: 2, count: 1000))
    await #expect(throws: TransportError.frameTooLarge(bytes: 1001, limit: 1000)) {
      try await rig.router.send([UInt8](repeating: 0, count: 1001), to: PeerID(bytes: [1]))
    }
    await rig.close()
  }

  @Test func unknownPeerIsReportedAsUnroutable() async throws {
    let rig = try await Rig()
    #expect(try await rig.router.send([1], to: PeerID(bytes: [0, 1, 2, 3, 4])) == .unroutable)
    await rig.close()
  }

  @Test func peerThatDoesNotReadIsReportedAsCongestedAndDoesNotBlockOthers() async throws {
    var tight = SocketOptions.router
    tight.sendQueueFrames = 2
    tight.receiveQueueFrames = 2
    tight.bufferedFrames = 1
    let rig = try await Rig(options: tight)
    let lazy = try await rig.dealer(options: tight)
    let lively = try await rig.dealer()
    try await lazy.send([1])
    let lazyPeer = try #require(await rig.router.incoming.first { _ in true }).peer
    try await lively.send([2])
    let livelyPeer = try #require(await rig.router.incoming.first { _ in true }).peer
    let frame = [UInt8](repeating: 3, count: 1 << 20)
    var outcome = SendOutcome.queued
    // The queues of both sides and the kernel's buffers hold far less than this.
    for _ in 0..<200 where outcome == .queued { outcome = try await rig.router.send(frame, to: lazyPeer) }
    #expect(outcome == .congested)
    #expect(try await rig.router.send([4], to: livelyPeer) == .queued)
    #expect(await lively.incoming.first { _ in true } == [4])
    await rig.close()
  }

  @Test func senderIsSuspendedWhileItsQueueIsFullAndLosesNothing() async throws {
    var tight = SocketOptions.router
    tight.sendQueueFrames = 2
    tight.receiveQueueFrames = 2
    tight.bufferedFrames = 2
    let rig = try await Rig(options: tight)
    let dealer = try await rig.dealer(options: tight)
    let count = 60
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for number in 0..<count {
          try await dealer.send([UInt8(number)] + [UInt8](repeating: 0, count: 1 << 20))
        }
      }
      group.addTask {
        var expected: UInt8 = 0
        for await frame in rig.router.incoming {
          #expect(frame.bytes[0] == expected)
          expected += 1
          if expected == count { break }
        }
      }
      try await group.waitForAll()
    }
    await rig.close()
  }

  @Test func manyPeersAreToldApart() async throws {
    let rig = try await Rig()
    let count = 60
    var dealers: [DealerSocket] = []
    for number in 0..<count {
      let dealer = try await rig.dealer()
      try await dealer.send([UInt8(number)])
      dealers.append(dealer)
    }
    var peers: [UInt8: PeerID] = [:]
    for await frame in rig.router.incoming {
      peers[frame.bytes[0]] = frame.peer
      if peers.count == count { break }
    }
    #expect(Set(peers.values).count == count)
    for (number, peer) in peers { #expect(try await rig.router.send([number], to: peer) == .queued) }
    for number in 0..<count { #expect(await dealers[number].incoming.first { _ in true } == [UInt8(number)]) }
    await rig.close()
  }

  @Test func reconnectingDealerIsANewPeerAndTheOldOneBecomesUnroutable() async throws {
    let rig = try await Rig()
    let dealer = try await rig.dealer()
    try await dealer.send([1])
    let first = try #require(await rig.router.incoming.first { _ in true }).peer
    try await dealer.reconnect()
    try await dealer.send([2])
    let second = try #require(await rig.router.incoming.first { _ in true }).peer
    #expect(first != second)
    // The router notices the end of the old connection at its own pace. A frame for it may get lost but never goes
    // elsewhere.
    var outcome = SendOutcome.queued
    while outcome == .queued {
      outcome = try await rig.router.send([3], to: first)
      await Task.yield()
    }
    #expect(outcome == .unroutable)
    #expect(try await rig.router.send([4], to: second) == .queued)
    #expect(await dealer.incoming.first { _ in true } == [4])
    await rig.close()
  }

  @Test func closingEndsTheStreamsAndRefusesToSend() async throws {
    let rig = try await Rig()
    let dealer = try await rig.dealer()
    async let end: [UInt8]? = dealer.incoming.first { _ in true }
    await dealer.close()
    #expect(await end == nil)
    await #expect(throws: TransportError.closed) { try await dealer.send([1]) }
    await rig.close()
    await #expect(throws: TransportError.closed) { try await rig.router.send([1], to: PeerID(bytes: [1])) }
  }

  @Test func cancelledConsumerAndSenderReturn() async throws {
    var tight = SocketOptions.dealer
    tight.sendQueueFrames = 1
    let loop = try SocketLoop()
    let dealer = DealerSocket(loop: loop, options: tight)
    // Nobody listens there, so the queue is full after the first frame.
    try await dealer.connect("tcp://127.0.0.1:9", security: .plain())
    let consumer = Task { await dealer.incoming.first { _ in true } }
    let sender = Task { for _ in 0..<10 { try await dealer.send([1]) } }
    consumer.cancel()
    sender.cancel()
    #expect(await consumer.value == nil)
    await #expect(throws: TransportError.closed) { try await sender.value }
    await dealer.close()
    await loop.shutDown()
  }

  @Test func secondRouterOnThePortIsRefusedWithTheReason() async throws {
    let rig = try await Rig()
    let second = RouterSocket(loop: rig.serverLoop)
    await #expect(throws: TransportError.self) { try await second.bind(rig.endpoint.description, security: .plain()) }
    await rig.close()
  }
}
