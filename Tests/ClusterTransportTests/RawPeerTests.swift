// autointerp
// `RawPeerTests` tests that a router survives peers that break the protocol, before and after they authenticate.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol
import Testing

@testable import ClusterTransport

@Suite(.timeLimit(.minutes(2))) struct RawPeerTests {
  /// The head of an oversized frame is enough, because memory is not allocated before.
  @Test(arguments: [("NULL", UInt8(4)), ("CURVE", 4), ("NULL", 0)])
  func frameAboveTheLimitBeforeTheHandshakeEndsTheConnectionAtItsHead(mechanism: String, flags: UInt8) async throws {
    let server = try CurveKeyPair.generate()
    let rig = try await Rig(security: mechanism == "CURVE" ? .curve(server, AllowList()) : .plain())
    let endpoint = rig.endpoint
    let reaction = try await RawPeer.onThread {
      let peer = try RawPeer(endpoint)
      peer.say(RawPeer.greeting(mechanism: mechanism))
      peer.say(RawPeer.head(flags: flags, byteCount: FrameLimits.maximumFrameBytes + 1))
      return peer.reaction(within: .seconds(4))
    }
    #expect(reaction == .closed)
    await rig.close()
  }

  @Test func frameAboveTheLimitAfterTheHandshakeEndsTheConnectionAtItsHead() async throws {
    let rig = try await Rig()
    let endpoint = rig.endpoint
    let reactions = try await RawPeer.onThread {
      try [FrameLimits.maximumFrameBytes, FrameLimits.maximumFrameBytes + 1].map { byteCount in
        let peer = try RawPeer(endpoint)
        try peer.shakeHands()
        peer.say(RawPeer.head(byteCount: byteCount))
        return peer.reaction(within: .seconds(1))
      }
    }
    #expect(reactions == [.open, .closed])
    await rig.close()
  }

  @Test func connectionThatNeverSaysWhoItIsIsClosed() async throws {
    var hasty = SocketOptions.router
    hasty.handshakeLimit = .milliseconds(300)
    let rig = try await Rig(options: hasty)
    let endpoint = rig.endpoint
    let reactions = try await RawPeer.onThread {
      let silent = try RawPeer(endpoint)
      let halfway = try RawPeer(endpoint)
      halfway.say(RawPeer.greeting(mechanism: "NULL"))
      halfway.say(RawPeer.head(flags: 4, byteCount: FrameLimits.maximumFrameBytes))
      halfway.say([UInt8](repeating: 1, count: 1 << 20))
      let known = try RawPeer(endpoint)
      try known.shakeHands()
      return [silent, halfway, known].map { $0.reaction(within: .seconds(2)) }
    }
    #expect(reactions == [.closed, .closed, .open])
    await rig.close()
  }

  @Test func messageOfManyPartsIsOneEmptyFrame() async throws {
    let rig = try await Rig()
    let endpoint = rig.endpoint
    let reaction = try await RawPeer.onThread {
      let peer = try RawPeer(endpoint)
      try peer.shakeHands()
      peer.say((0..<1000).flatMap { _ in [1, 1, 7] } + [0, 1, 7])
      return peer.reaction(within: .milliseconds(500))
    }
    #expect(reaction == .open)
    #expect(await rig.router.incoming.first { _ in true }?.bytes == [])
    await rig.close()
  }
}
