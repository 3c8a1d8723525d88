// autointerp
// Tests that a client that asks and does not read cannot fill the coordinator's memory.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol
import ClusterTransport
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct ReplyLedgerTests {
  private let limits: ReplyLedger.Limits = {
    var limits = ReplyLedger.Limits()
    (limits.bytesPerPeer, limits.repliesPerPeer, limits.bytesPerSender) = (100, 10, 250)
    (limits.bytesInAll, limits.bytesInAllAtMost) = (600, 800)
    return limits
  }()

  private func peer(_ number: UInt8, key: CurvePublicKey? = nil) -> PeerID {
    PeerID(bytes: [number], publicKey: key, address: "10.0.0.1")
  }

  /// Whether a request would be answered; its answer takes nothing.
  private func mayAnswer(_ peer: PeerID, _ ledger: inout ReplyLedger) -> Bool {
    let verdict = ledger.begin(.max, expecting: 0, for: peer, now: .zero)
    ledger.end(.max, for: peer)
    return verdict == .answer
  }

  @Test func whoDoesNotReadGetsNoMore() {
    var ledger = ReplyLedger(limits)
    for receipt in 1...2 { ledger.sent(50, receipt: UInt64(receipt), to: peer(1), now: .zero) }
    #expect(!mayAnswer(peer(1), &ledger))
    #expect(mayAnswer(peer(2), &ledger))
    ledger.received(99, by: peer(1), now: .zero)
    ledger.received(1, by: peer(2), now: .zero)
    #expect(!mayAnswer(peer(1), &ledger), "neither a guess nor another's receipt helps")
    ledger.received(1, by: peer(1), now: .zero)
    #expect(mayAnswer(peer(1), &ledger))
    ledger.received(2, by: peer(1), now: .zero)
    #expect(ledger.bytes == 0 && ledger.count == 0)
  }

  @Test func aReceiptStandsForAllRepliesBeforeIt() {
    var ledger = ReplyLedger(limits)
    for receipt in 1...9 { ledger.sent(10, receipt: UInt64(receipt), to: peer(1), now: .zero) }
    ledger.received(8, by: peer(1), now: .zero)
    #expect(ledger.bytes == 10)
    ledger.received(3, by: peer(1), now: .zero)
    #expect(ledger.bytes == 10, "an old receipt changes nothing")
  }

  @Test func manySmallRepliesAreBoundedToo() {
    var ledger = ReplyLedger(limits)
    for receipt in 1...10 { ledger.sent(1, receipt: UInt64(receipt), to: peer(1), now: .zero) }
    #expect(!mayAnswer(peer(1), &ledger))
  }

  @Test func oneKeyWithManyConnectionsIsBounded() throws {
    var ledger = ReplyLedger(limits)
    let (hostile, honest) = (try CurveKeyPair.generate().publicKey, try CurveKeyPair.generate().publicKey)
    for number in UInt8(0)..<5 { ledger.sent(50, receipt: 1, to: peer(number, key: hostile), now: .zero) }
    #expect(!mayAnswer(peer(77, key: hostile), &ledger))
    #expect(mayAnswer(peer(78, key: honest), &ledger))
  }

  @Test func everybodyTogetherIsBoundedAndWhoReadsIsServedLonger() {
    var ledger = ReplyLedger(limits)
    for number in UInt8(0)..<12 { ledger.sent(50, receipt: 1, to: peer(number), now: .zero) }
    #expect(!mayAnswer(peer(0), &ledger))
    #expect(mayAnswer(peer(50), &ledger))
    for number in UInt8(12)..<16 { ledger.sent(50, receipt: 1, to: peer(number), now: .zero) }
    #expect(!mayAnswer(peer(50), &ledger))
  }

  @Test func anAnswerCountsFromItsRequestOn() {
    var ledger = ReplyLedger(limits)
    #expect(ledger.begin(1, expecting: 60, for: peer(1), now: .zero) == .answer)
    #expect(ledger.begin(1, expecting: 60, for: peer(1), now: .zero) == .isUnderWay, "a repeated request")
    #expect(ledger.begin(2, expecting: 60, for: peer(1), now: .zero) == .answer)
    #expect(ledger.begin(3, expecting: 60, for: peer(1), now: .zero) == .refuse)
    #expect(ledger.bytes == 120 && ledger.unreadBytes == 0)
    #expect(ledger.overdue(now: .seconds(60)).isEmpty, "nobody is asked about what was not sent")
    ledger.end(1, for: peer(1))
    ledger.sent(10, receipt: 7, to: peer(1), now: .zero)
    #expect(ledger.bytes == 70 && ledger.unreadBytes == 10)
    #expect(ledger.begin(1, expecting: 5, for: peer(1), now: .zero) == .answer, "the number may be used again")
    ledger.received(7, by: peer(1), now: .zero)
    #expect(ledger.unreadBytes == 0 && ledger.bytes == 65)
    ledger.forget(peer(1))
    #expect(ledger.bytes == 0 && ledger.unreadBytes == 0 && ledger.count == 0)
    ledger.end(2, for: peer(1))
    #expect(ledger.bytes == 0, "the end of an answer to a connection that is gone changes nothing")
  }

  @Test func aReplyThatTheSocketDroppedIsNotUnread() {
    var ledger = ReplyLedger(limits)
    ledger.sent(50, receipt: 1, to: peer(1), now: .zero)
    ledger.sent(50, receipt: 2, to: peer(1), now: .zero)
    #expect(!mayAnswer(peer(1), &ledger))
    ledger.dropped(2, for: peer(1))
    ledger.dropped(2, for: peer(1))
    #expect(ledger.bytes == 50 && mayAnswer(peer(1), &ledger))
    ledger.received(1, by: peer(1), now: .zero)
    #expect(ledger.bytes == 0 && ledger.count == 0)
  }

  @Test func aConnectionThatIsGoneCountsNoMoreOnceItWasProbed() {
    var ledger = ReplyLedger(limits)
    ledger.sent(50, receipt: 1, to: peer(1), now: .zero)
    let first = limits.firstProbeInterval
    #expect(ledger.overdue(now: first - .milliseconds(1)).isEmpty)
    #expect(ledger.overdue(now: first) == [peer(1)])
    #expect(ledger.overdue(now: first * 3 - .milliseconds(1)).isEmpty, "the next probe is after twice the time")
    #expect(ledger.overdue(now: first * 3) == [peer(1)])
    ledger.forget(peer(1))
    #expect(ledger.bytes == 0 && mayAnswer(peer(1), &ledger))
  }

  @Test func probesOfASilentConnectionBecomeRare() {
    var ledger = ReplyLedger(limits)
    ledger.sent(50, receipt: 1, to: peer(1), now: .zero)
    let probes = (1...3600).filter { !ledger.overdue(now: .seconds($0)).isEmpty }
    #expect(probes.count > 50 && probes.count < 70, "about one a minute in an hour")
  }

  /// Commands that ask once and end, one after the other, as from a script that polls.
  @Test func manyShortLivedClientsOfOneKeyAreServed() throws {
    var ledger = ReplyLedger(limits)
    let key = try CurveKeyPair.generate().publicKey
    for second in 0..<200 {
      let now = Duration.seconds(second)
      let client = PeerID(bytes: [UInt8(second)], publicKey: key, address: "10.0.0.1")
      // The router says of each probe that the connection is gone.
      for gone in ledger.overdue(now: now) { ledger.forget(gone) }
      #expect(mayAnswer(client, &ledger), "after \(second) seconds")
      ledger.sent(50, receipt: 1, to: client, now: now)
    }
  }

  @Test func aClientThatOnlyAsksHoldsFewPieces() async throws {
    try await withTemporaryDirectory { directory in
      var configuration = testConfiguration()
      configuration.exportPieceBytes = 1 << 20
      try await withCoordinator(RunsDirectory(path: directory), configuration) { coordinator, endpoint in
        var run = FleetFixture.run(prompts: 1)
        run.prompts = (0..<20_000).map { RunPrompt(origin: .domain, text: "prompt \($0)") }
        try await coordinator.submit(run)
        let loop = try SocketLoop()
        let dealer = DealerSocket(loop: loop)
        try await dealer.connect(endpoint, security: .plain())
        // Asks for the same large thing again and again, with new numbers and without a receipt.
        for number in 1...400 {
          let request = NumberedRequest(number: UInt64(number), request: .quarantine(run: "run", from: 0))
          try await dealer.send(request.encoded())
          let status = NumberedRequest(number: UInt64(1000 + number), request: .status)
          try await dealer.send(status.encoded())
        }
        // An honest client is served meanwhile, as often as it likes.
        try await CoordinatorClient.with(endpoint, security: .plain()) { client in
          for _ in 0..<300 { _ = try await client.status() }
          // Until the first one's requests are not answered any more, which the time limit of the suite bounds.
          while coordinator.refusals.counts.frames == 0 { _ = try await client.status() }
        }
        #expect(coordinator.replies.withLock { $0.count } <= 2)
        await dealer.close()
        await loop.shutDown()
      }
    }
  }
}
