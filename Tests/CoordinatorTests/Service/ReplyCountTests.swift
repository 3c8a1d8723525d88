// autointerp
// Tests that answers under way count among a client's replies, and that what one client holds is given back whole.
// SPDX-License-Identifier: Apache-2.0

import ClusterTransport
import Testing

@testable import Coordinator

@Suite struct ReplyCountTests {
  private let peer = PeerID(bytes: [1], publicKey: nil, address: "10.0.0.1")

  private func ledger() -> ReplyLedger {
    var limits = ReplyLedger.Limits()
    (limits.bytesPerPeer, limits.repliesPerPeer) = (1000, 6)
    return ReplyLedger(limits)
  }

  @Test(arguments: 0...6) func unreadRepliesAndThoseUnderWayCountTogether(unread: Int) {
    var ledger = ledger()
    for receipt in 0..<unread { ledger.sent(1, receipt: UInt64(receipt), to: peer, now: .zero) }
    var admitted = 0
    while admitted < 20, ledger.begin(UInt64(100 + admitted), expecting: 1, for: peer, now: .zero) == .answer {
      admitted += 1
    }
    #expect(admitted == 6 - unread)
    if admitted > 0 {
      ledger.end(100, for: peer)
      #expect(ledger.begin(200, expecting: 1, for: peer, now: .zero) == .answer)
    }
  }
}
