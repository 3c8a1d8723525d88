// autointerp
// `SecurityTests` tests which peers may connect, by key, role and address.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ClusterTransport

@Suite(.timeLimit(.minutes(2))) struct SecurityTests {
  private let server: CurveKeyPair
  private let worker: CurveKeyPair
  private let client: CurveKeyPair

  init() throws {
    server = try .generate()
    worker = try .generate()
    client = try .generate()
  }

  private func rig() async throws -> Rig {
    try await Rig(
      security: .curve(server, AllowList([worker.publicKey: .worker, client.publicKey: .client])))
  }

  @Test func listedKeysGetInWithTheirRoles() async throws {
    let rig = try await rig()
    for (pair, role) in [(worker, PeerRole.worker), (client, .client)] {
      let dealer = try await rig.dealer(security: .curve(pair, server: server.publicKey))
      try await dealer.send([1])
      let frame = try #require(await rig.router.incoming.first { _ in true })
      #expect(frame.role == role)
      #expect(frame.peer.publicKey == pair.publicKey)
      #expect(frame.speaks(as: role))
      #expect(!frame.speaks(as: role == .worker ? .client : .worker))
    }
    await rig.close()
  }

  @Test func unlistedKeyIsRefusedAndToldSo() async throws {
    let rig = try await rig()
    let (events, onEvent) = connectionEvents()
    let stranger = try await rig.dealer(
      security: .curve(.generate(), server: server.publicKey), onEvent: onEvent)
    async let _: Void = stranger.send([66])
    var iterator = events.makeAsyncIterator()
    #expect(await iterator.next() == .keyRefused)
    let known = try await rig.dealer(security: .curve(worker, server: server.publicKey))
    try await known.send([1])
    #expect(await rig.router.incoming.first { _ in true }?.bytes == [1])
    await rig.close()
  }

  @Test func impostorOfTheCoordinatorIsRefusedByTheWorker() async throws {
    let rig = try await rig()
    let (events, onEvent) = connectionEvents()
    let dealer = try await rig.dealer(
      security: .curve(worker, server: CurveKeyPair.generate().publicKey), onEvent: onEvent)
    async let _: Void = dealer.send([66])
    var iterator = events.makeAsyncIterator()
    let event = await iterator.next()
    #expect(event != .connected && event != nil)
    let known = try await rig.dealer(security: .curve(worker, server: server.publicKey))
    try await known.send([1])
    #expect(await rig.router.incoming.first { _ in true }?.bytes == [1])
    await rig.close()
  }

  @Test func plainPeerOfASecuredRouterIsRefused() async throws {
    let rig = try await rig()
    let (events, onEvent) = connectionEvents()
    let plain = try await rig.dealer(onEvent: onEvent)
    async let _: Void = plain.send([66])
    var iterator = events.makeAsyncIterator()
    #expect(await iterator.next() != .connected)
    let known = try await rig.dealer(security: .curve(worker, server: server.publicKey))
    try await known.send([1])
    #expect(await rig.router.incoming.first { _ in true }?.bytes == [1])
    await rig.close()
  }

  @Test func removedKeyIsRefusedFromThenOn() async throws {
    let rig = try await rig()
    await rig.router.replaceAllowList(AllowList([client.publicKey: .client]))
    let (events, onEvent) = connectionEvents()
    let dealer = try await rig.dealer(security: .curve(worker, server: server.publicKey), onEvent: onEvent)
    async let _: Void = dealer.send([66])
    var iterator = events.makeAsyncIterator()
    #expect(await iterator.next() == .keyRefused)
    await rig.close()
  }

  @Test func removedKeyIsNotHeardOverAConnectionThatIsUp() async throws {
    let (events, onEvent) = routerEvents()
    let rig = try await Rig(
      security: .curve(server, AllowList([worker.publicKey: .worker, client.publicKey: .client])), onEvent: onEvent)
    let removed = try await rig.dealer(security: .curve(worker, server: server.publicKey))
    let other = try await rig.dealer(security: .curve(client, server: server.publicKey))
    try await removed.send([1])
    #expect(await rig.router.incoming.first { _ in true }?.bytes == [1])
    await rig.router.replaceAllowList(AllowList([client.publicKey: .client]))
    try await removed.send([2])
    #expect(await events.first { _ in true } == .removedKeySpoke(worker.publicKey))
    try await other.send([3])
    #expect(await rig.router.incoming.first { _ in true }?.bytes == [3])
    // What a key allows follows the current list.
    await rig.router.replaceAllowList(AllowList([worker.publicKey: .client]))
    try await removed.send([4])
    let frame = try #require(await rig.router.incoming.first { _ in true })
    #expect(frame.bytes == [4] && frame.role == .client)
    await rig.close()
  }

  @Test func refusedConnectionIsToldOfWithItsKeyAndAddress() async throws {
    let (events, onEvent) = routerEvents()
    let rig = try await Rig(security: .curve(server, AllowList([worker.publicKey: .worker])), onEvent: onEvent)
    let stranger = try CurveKeyPair.generate()
    let dealer = try await rig.dealer(security: .curve(stranger, server: server.publicKey))
    #expect(
      await events.first { _ in true } == .connectionRefused(key: stranger.publicKey, address: "127.0.0.1"))
    await dealer.close()
    await rig.close()
  }

  /// Otherwise one local run in 85 would fail: its workers would take the key for an option.
  @Test func publicKeysAreNotTakenForOptions() throws {
    for _ in 0..<1000 { #expect(try !CurveKeyPair.generate().publicKey.text.hasPrefix("-")) }
  }

  @Test func aKeyConnectsAsOftenAsAFleetNeedsAndThenNowAndThen() {
    var rate = ConnectionRate()
    let start = ContinuousClock.now
    let (caller, other) = (
      ConnectionRate.Caller(key: worker.publicKey, address: "10.0.0.1"),
      ConnectionRate.Caller(key: worker.publicKey, address: "10.0.0.2")
    )
    let admitted = (0..<3000).count { _ in rate.admit(caller, now: start) }
    #expect(admitted == ConnectionRate.burst)
    let isOtherAdmitted = rate.admit(other, now: start)
    #expect(isOtherAdmitted)
    let later = (0..<100).count { _ in rate.admit(caller, now: start + ConnectionRate.interval * 3) }
    #expect(later == 3)
  }

  @Test func aKeyWithManyAddressesIsBoundedAndOthersConnectAllTheSame() {
    let start = ContinuousClock.now
    func call(_ rate: inout ConnectionRate, from number: Int, at time: ContinuousClock.Instant) -> Bool {
      rate.admit(.init(key: worker.publicKey, address: "2001:db8::\(number)"), now: time)
    }
    var rate = ConnectionRate()
    let more = ConnectionRate.burstOfKey + 5000
    let admitted = (0..<more).count { call(&rate, from: $0, at: start) }
    #expect(admitted == ConnectionRate.burstOfKey)
    #expect(rate.count == ConnectionRate.capacity + 1)
    let isOtherAdmitted = rate.admit(.init(key: client.publicKey, address: "10.0.0.9"), now: start)
    #expect(isOtherAdmitted)
    let shared = (0..<3000).count { rate.admit(.init(key: client.publicKey, address: "2001:db9::\($0)"), now: start) }
    #expect(shared == ConnectionRate.burst - 1, "new addresses of a key share one allowance")
    let isAdmittedLater = call(&rate, from: more, at: start + ConnectionRate.interval)
    #expect(isAdmittedLater && rate.count == 2, "one connection each is forgotten; the shared allowance is not")
    let isAdmittedTwice = call(&rate, from: more + 1, at: start + ConnectionRate.interval)
    #expect(!isAdmittedTwice, "the key has regained one")
  }

  /// A router numbers its unnamed connections from a number that differs from start to start.
  @Test func namesThatARouterGivesAreNotTheSameAfterEveryStart() async throws {
    var names: Set<[UInt8]> = []
    for _ in 0..<3 {
      let rig = try await Rig()
      let dealer = try await rig.dealer()
      try await dealer.send([1])
      names.insert(try #require(await rig.router.incoming.first { _ in true }).peer.bytes)
      await dealer.close()
      await rig.close()
    }
    #expect(names.count == 3)
  }

  @Test func ignoredPeerIsNotHeardAndOthersAre() async throws {
    let (events, onEvent) = routerEvents()
    let rig = try await Rig(onEvent: onEvent)
    let (noisy, quiet) = (try await rig.dealer(), try await rig.dealer())
    try await noisy.send([1])
    let peer = try #require(await rig.router.incoming.first { _ in true }).peer
    await rig.router.ignore(peer.sender, for: .seconds(600))
    try await noisy.send([2])
    #expect(await events.first { _ in true } == .ignoredPeerSpoke)
    try await quiet.send([3])
    #expect(await rig.router.incoming.first { _ in true }?.bytes == [3])
    await rig.close()
  }

  @Test(arguments: ["tcp://0.0.0.0:0", "tcp://*:0", "tcp://192.0.2.1:5555", "tcp://[::]:0", "tcp://node-1:5555"])
  func plainTCPOffLoopbackIsRefused(endpoint: String) async throws {
    let loop = try SocketLoop()
    await #expect(throws: TransportError.plainOffLoopback(endpoint: endpoint)) {
      try await RouterSocket(loop: loop).bind(endpoint, security: .plain())
    }
    await #expect(throws: TransportError.plainOffLoopback(endpoint: endpoint)) {
      try await DealerSocket(loop: loop).connect(endpoint, security: .plain())
    }
    await loop.shutDown()
  }

  @Test func plainTCPOffLoopbackIsPossibleWhenSaidExplicitly() async throws {
    let loop = try SocketLoop()
    let dealer = DealerSocket(loop: loop)
    try await dealer.connect("tcp://192.0.2.1:5555", security: .plain(insecure: true))
    await dealer.close()
    await loop.shutDown()
  }

  @Test(arguments: [
    "", "tcp://", "tcp://host", "tcp://host:", "tcp://host:99999", "tcp://:5", "ipc:///tmp/x", "tcp://::1:5",
    "tcp://a;b:5", "tcp://a b:5", "127.0.0.1:5",
  ])
  func textThatIsNoEndpointIsRefused(text: String) {
    #expect(throws: TransportError.self) { try Endpoint(text) }
  }

  @Test(arguments: [
    ("tcp://127.0.0.1:1", true), ("tcp://127.9.9.9:*", true), ("tcp://localhost:1", true), ("tcp://[::1]:1", true),
    ("tcp://128.0.0.1:1", false), ("tcp://127.0.0.1.example.org:1", false), ("tcp://127.example:1", false),
    ("tcp://*:1", false), ("tcp://0.0.0.0:1", false),
  ])
  func loopbackIsRecognised(text: String, isLoopback: Bool) throws {
    #expect(try Endpoint(text).isLoopback == isLoopback)
  }

  @Test func authenticatorRefusesMalformedRequests() throws {
    let list = AllowList([worker.publicKey: .worker])
    let key = try #require(Z85.decode(worker.publicKey.text))
    func status(_ request: [[UInt8]]) -> String {
      let reply = ZapAuthenticator.reply(to: request, list)
      #expect(reply.count == 6)
      return String(decoding: reply[2], as: UTF8.self)
    }
    let good: [[UInt8]] = [
      Array("1.0".utf8), [1], Array("autointerp".utf8), [], [], Array("CURVE".utf8), key,
    ]
    #expect(status(good) == "200")
    #expect(status([]) == "400")
    for part in [0, 2, 5, 6] {
      var bad = good
      bad[part] = [9, 9]
      #expect(status(bad) == "400")
    }
    #expect(status(Array(good.dropLast())) == "400")
    #expect(status(good + [[1]]) == "400")
  }
}
