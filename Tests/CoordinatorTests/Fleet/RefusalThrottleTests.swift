// autointerp
// `RefusalThrottleTests` tests how often refusals are logged, and when a peer is ignored.
// SPDX-License-Identifier: Apache-2.0

import ClusterTransport
import Testing

@testable import Coordinator

@Suite struct RefusalThrottleTests {
  @Test func oneAMinuteIsToldWithTheNumberOfTheOthers() {
    var throttle = RefusalThrottle()
    #expect(throttle.admit("a", now: .seconds(1)) == 0)
    for second in 2..<61 { #expect(throttle.admit("a", now: .seconds(second)) == nil) }
    #expect(throttle.admit("b", now: .seconds(5)) == 0)
    #expect(throttle.admit("a", now: .seconds(61)) == 59)
    #expect(throttle.admit("a", now: .seconds(62)) == nil)
  }

  @Test func whatNobodyAsksAboutAgainIsToldWhenItsMinuteIsOver() {
    var throttle = RefusalThrottle()
    for _ in 0..<10 { _ = throttle.admit("a", now: .seconds(1)) }
    _ = throttle.admit("b", now: .seconds(1))
    #expect(throttle.overdue(now: .seconds(60)).isEmpty)
    #expect(throttle.overdue(now: .seconds(61)).map(\.untold) == [9])
    #expect(throttle.overdue(now: .seconds(200)).isEmpty)
  }

  @Test func anyNumberOfSubjectsIsToldABoundedNumberOfTimes() {
    var throttle = RefusalThrottle()
    var told = 0
    for number in 0..<20_000 where throttle.admit("\(number)", now: .seconds(1)) != nil { told += 1 }
    #expect(told <= 66)
    #expect(throttle.overdue(now: .seconds(61)).map(\.untold).reduce(0, +) == 20_000 - told)
    #expect(throttle.admit("new", now: .seconds(300)) == 0)
  }

  @Test func aHundredRefusedFramesInAMinuteAreTooMany() {
    var strikes = FrameStrikes()
    let (noisy, slow) = (PeerID(bytes: [1]), PeerID(bytes: [2]))
    for number in 1...FrameStrikes.limit {
      let isTooMany = strikes.add(noisy.sender, weight: 1, now: .milliseconds(number))
      #expect(isTooMany == (number == FrameStrikes.limit))
    }
    for second in 0..<500 {
      let isTooMany = strikes.add(slow.sender, weight: 1, now: .seconds(second))
      #expect(!isTooMany)
    }
  }

  @Test func strikesAreForgottenAfterAMinute() {
    let (peer, other) = (PeerID(bytes: [1]).sender, PeerID(bytes: [2]).sender)
    var strikes = FrameStrikes()
    for end in [Duration.milliseconds(59_999), .seconds(60)] {
      let sender = end < .seconds(60) ? peer : other
      let early = strikes.add(sender, weight: FrameStrikes.limit - 1, now: .zero)
      let late = strikes.add(sender, weight: 1, now: end)
      #expect(!early && late == (end < .seconds(60)), "\(end)")
    }
  }

  /// As many senders as are remembered. Those of the last minute stay when room is made for one more.
  @Test func aFloodOfSendersDoesNotWashOutRecentStrikes() {
    var strikes = FrameStrikes()
    func sender(_ number: Int) -> PeerID.Sender {
      PeerID(bytes: [1, UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)]).sender
    }
    for number in 0..<16_383 { _ = strikes.add(sender(number), weight: 1, now: .zero) }
    let noisy = PeerID(bytes: [2]).sender
    _ = strikes.add(noisy, weight: FrameStrikes.limit - 1, now: .seconds(50))
    _ = strikes.add(PeerID(bytes: [3]).sender, weight: 1, now: .seconds(61))
    let isTooMany = strikes.add(noisy, weight: 1, now: .seconds(62))
    #expect(isTooMany)
  }
}
