// autointerp
// `ConnectionTests` tests that connections which block others are closed, and that others still get through.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Testing

@testable import StatusServer

@Suite struct ConnectionTableTests {
  @Test func aNewConnectionTakesThePlaceOfTheOneThatWaitsLongest() {
    var table = ConnectionTable<String>(maximum: 3, maximumPerAddress: 3, reserve: 1)
    let numbers = ["a", "b", "c"].map { table.admit($0, from: "1").number }
    table.beganRequest(numbers[0])
    table.endedRequest(numbers[0])
    let (_, admission, closing) = table.admit("d", from: "2")
    #expect(admission == .full)
    #expect(closing == "b")
    #expect(table.admit("e", from: "2").closing == "c")
    #expect(table.admit("f", from: "2").closing == "a")
    #expect(table.count == 3)
  }

  @Test func anAddressWithTooManyMakesRoomItself() {
    var table = ConnectionTable<String>(maximum: 100, maximumPerAddress: 2, reserve: 1)
    for name in ["a", "b"] { _ = table.admit(name, from: "1") }
    #expect(table.admit("other", from: "2").closing == nil)
    #expect(table.admit("c", from: "1").closing == "a")
    #expect(table.count == 3)
  }

  @Test func whereAllAreAtWorkOnlyProbesAreLetIn() {
    var table = ConnectionTable<String>(maximum: 2, maximumPerAddress: 2, reserve: 2)
    let busy = ["a", "b"].map { table.admit($0, from: "1").number }
    for number in busy { table.beganRequest(number) }
    let first = table.admit("p", from: "1")
    #expect(first.admission == .probesOnly && first.closing == nil)
    #expect(table.admit("q", from: "1").admission == .probesOnly)
    // The reserve is full, so the older one is closed.
    let third = table.admit("r", from: "1")
    #expect(third.admission == .probesOnly && third.closing == "p")
    for number in [third.number - 1, third.number] { table.beganRequest(number) }
    #expect(table.admit("s", from: "1").admission == .refused)
    table.remove(busy[0])
    #expect(table.admit("t", from: "1").admission == .full)
  }

  @Test func whoHasGoneIsNotCounted() {
    var table = ConnectionTable<String>(maximum: 2, maximumPerAddress: 1, reserve: 1)
    for _ in 0..<10 {
      let (number, admission, closing) = table.admit("a", from: "1")
      #expect(admission == .full && closing == nil)
      table.beganRequest(number)
      table.remove(number)
      table.remove(number)
    }
    #expect(table.count == 0)
  }
}

@Suite(.timeLimit(.minutes(1))) struct ConnectionTests {
  /// Opens connections that send `bytes` and nothing more while `body` runs.
  private func holding(
    _ count: Int, port: Int, sending bytes: String = "", body: () async throws -> Void
  ) async throws {
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    var channels: [any Channel] = []
    for _ in 0..<count {
      let channel = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
      if !bytes.isEmpty { channel.writeAndFlush(ByteBuffer(string: bytes), promise: nil) }
      channels.append(channel)
    }
    try await body()
    for channel in channels { channel.close(promise: nil) }
  }

  private func expectAnswer(_ path: String, port: Int) async throws {
    let answer = try await RawHTTP.get(path, port: port)
    #expect(answer.status == 200, "\(path)")
  }

  @Test(arguments: ["", "GET /healthz HTTP/1.1\r\nHost: loc"])
  func idleConnectionsKeepNobodyOut(bytes: String) async throws {
    try await withStatusServer { port in
      try await holding(400, port: port, sending: bytes) {
        try await expectAnswer("/healthz", port: port)
        try await expectAnswer("/status", port: port)
      }
    }
  }

  @Test func probesAreAnsweredWhileAllConnectionsAreAtWork() async throws {
    try await withStatusServer(configure: { $0.maximumConnectionsPerAddress = 3 }) { port in
      let events = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"
      try await RawHTTP.connect(port: port, request: events) { first in
        var one = first.makeAsyncIterator()
        _ = try await one.next()
        try await RawHTTP.connect(port: port, request: events) { second in
          var two = second.makeAsyncIterator()
          _ = try await two.next()
          try await RawHTTP.connect(port: port, request: events) { third in
            var three = third.makeAsyncIterator()
            _ = try await three.next()
            try await expectAnswer("/healthz", port: port)
            try await expectAnswer("/readyz?x", port: port)
            let refused = try await RawHTTP.get("/status", port: port)
            #expect(refused.status == 503)
            #expect(refused.headers["retry-after"] == "5")
          }
        }
      }
    }
  }

  @Test func drippingBytesDoNotKeepAConnection() async throws {
    try await withStatusServer(configure: { $0.headerTimeout = .milliseconds(200) }) { port in
      let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: "127.0.0.1", port: port).get()
      let drip = channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(20)) { _ in
        channel.writeAndFlush(ByteBuffer(string: "X"), promise: nil)
      }
      // Otherwise the suite's time limit ends this.
      try await channel.closeFuture.get()
      drip.cancel()
    }
  }

  @Test func aConnectionIsUsedAgain() async throws {
    try await withStatusServer { port in
      let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
      try await RawHTTP.connect(port: port, request: request + request + request) { pieces in
        var seen = ""
        for try await piece in pieces {
          seen += String(buffer: piece)
          if seen.ranges(of: "\r\n\r\nok\n").count == 3 { break }
        }
        #expect(seen.ranges(of: "HTTP/1.1 200").count == 3)
      }
    }
  }
}
