// autointerp
// `EventStreamTests` tests the event stream over real loopback sockets.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol
import NIOCore
import Testing

@testable import StatusServer

@Suite(.timeLimit(.minutes(1))) struct EventStreamTests {
  static let request = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"

  private struct Ended: Error { var seen: String }

  /// Reads until `text` has arrived.
  private func read(
    until text: String, from bytes: inout NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator, seen: inout String
  ) async throws {
    while !seen.contains(text) {
      guard let piece = try await bytes.next() else { throw Ended(seen: seen) }
      seen += String(buffer: piece)
    }
  }

  @Test func theStateComesAtOnceAndAgainWhenItChanges() async throws {
    let source = FakeSource()
    try await withStatusServer(source) { port in
      try await RawHTTP.connect(port: port, request: Self.request) { stream in
        var bytes = stream.makeAsyncIterator()
        var seen = ""
        try await read(until: "\"done\":25", from: &bytes, seen: &seen)
        #expect(seen.contains("id: 1\nevent: status\ndata: {"))
        #expect(seen.contains("retry: 2000\n"))
        source.change { $0.runs[0].done = 26 }
        try await read(until: "\"done\":26", from: &bytes, seen: &seen)
        #expect(seen.contains("id: 2\nevent: status\n"))
      }
    }
  }

  @Test func silenceIsFilledWithHeartbeatsAndNotWithRepetitions() async throws {
    let source = FakeSource()
    try await withStatusServer(source) { port in
      try await RawHTTP.connect(port: port, request: Self.request) { stream in
        var bytes = stream.makeAsyncIterator()
        var seen = ""
        try await read(until: "event: status", from: &bytes, seen: &seen)
        // The passing of time is not a change.
        source.change { $0.now += 60_000 }
        try await read(until: "event: heartbeat\ndata: {\"now\":1700000160000}", from: &bytes, seen: &seen)
        #expect(!seen.contains("id: 2"))
      }
    }
  }

  @Test func shutdownEndsTheStreamProperly() async throws {
    try await withStatusServer { port, stop in
      try await RawHTTP.connect(port: port, request: Self.request) { stream in
        var bytes = stream.makeAsyncIterator()
        var seen = ""
        try await read(until: "event: status", from: &bytes, seen: &seen)
        await stop()
        // The last chunk of a chunked answer: the stream was ended, not cut off.
        try await read(until: "\r\n0\r\n\r\n", from: &bytes, seen: &seen)
      }
    }
  }

  @Test func aReaderWhoTakesNothingDoesNotHoldUpShutdown() async throws {
    let source = FakeSource()
    source.change { status in
      status.recentErrors = (0..<2000).map { RecordedError(at: $0, text: String(repeating: "x", count: 2000)) }
    }
    try await withStatusServer(source, configure: { $0.shutdownGrace = .milliseconds(50) }) { port, stop in
      try await RawHTTP.connect(port: port, request: Self.request) { stream in
        var bytes = stream.makeAsyncIterator()
        // The head has arrived, so the server is writing. Nothing more is read.
        _ = try await bytes.next()
        await stop()
      }
    }
  }

  @Test func readersBeyondTheBoundAreTurnedAwayUntilOneLeaves() async throws {
    let source = FakeSource()
    try await withStatusServer(source, configure: { $0.maximumEventStreams = 1 }) { port in
      try await RawHTTP.connect(port: port, request: Self.request) { stream in
        var bytes = stream.makeAsyncIterator()
        var seen = ""
        try await read(until: "event: status", from: &bytes, seen: &seen)
        let second = try await RawHTTP.get("/events", port: port)
        #expect(second.status == 503)
        #expect(second.headers["retry-after"] == "5")
      }
      // The first reader has left. Its slot is free after its next event or heartbeat.
      var isFree = false
      while !isFree {
        try await RawHTTP.connect(port: port, request: Self.request) { stream in
          var bytes = stream.makeAsyncIterator()
          var seen = ""
          try await read(until: "\r\n\r\n", from: &bytes, seen: &seen)
          isFree = seen.hasPrefix("HTTP/1.1 200")
        }
      }
    }
  }

  @Test func aSnapshotServesManyReaders() async throws {
    let source = FakeSource()
    var configuration = StatusServerConfiguration()
    configuration.snapshotLifetime = .seconds(3600)
    configuration.neuronsLifetime = .seconds(3600)
    let feed = StatusFeed(source: source, configuration: configuration)
    var query = NeuronQuery(run: "r")
    for _ in 0..<50 {
      _ = try await feed.snapshot()
      _ = try await feed.topNeurons(query)
    }
    #expect(source.looks == 1)
    #expect(source.queries.count == 1)
    query.limit += 1
    _ = try await feed.topNeurons(query)
    #expect(source.queries.count == 2)
  }
}
