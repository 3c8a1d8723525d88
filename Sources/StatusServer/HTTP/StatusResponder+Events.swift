// autointerp
// `StatusResponder` streams the state to readers as server-sent events.
// SPDX-License-Identifier: Apache-2.0

internal import HummingbirdCore
internal import NIOCore
internal import ServiceLifecycle

extension StatusResponder {
  func events(head: Bool) async throws -> Response {
    var response = Response(status: .ok)
    if !head {
      guard let slot = streams.take() else {
        response = .failure(
          .serviceUnavailable, "\(configuration.maximumEventStreams) readers follow the events already")
        response.headers[.retryAfter] = "5"
        return response
      }
      let events = StatusEvents(feed: feed, configuration: configuration, slot: slot)
      response.body = ResponseBody { writer in
        for try await event in events.cancelOnGracefulShutdown() { try await writer.write(event) }
        try await writer.finish(nil)
      }
    }
    response.headers[.contentType] = "text/event-stream; charset=utf-8"
    // Ask proxies not to buffer the stream.
    response.headers[.init("X-Accel-Buffering")!] = "no"
    return response
  }
}

/// The events for one reader: `status` with the whole state, at once and then after every change, and `heartbeat` with
/// the coordinator's time if nothing changes for a while. The socket pulls the events, so a slow reader gets fewer,
/// newer states and never a backlog.
struct StatusEvents: AsyncSequence, Sendable {
  let feed: StatusFeed
  let configuration: StatusServerConfiguration
  let slot: StreamSlots.Slot

  func makeAsyncIterator() -> Iterator {
    Iterator(feed: feed, configuration: configuration, slot: slot)
  }

  struct Iterator: AsyncIteratorProtocol {
    let feed: StatusFeed
    let configuration: StatusServerConfiguration
    /// Held as long as the reader stays.
    let slot: StreamSlots.Slot
    private var latest: StatusFeed.Snapshot?
    private var number = 0

    init(feed: StatusFeed, configuration: StatusServerConfiguration, slot: StreamSlots.Slot) {
      self.feed = feed
      self.configuration = configuration
      self.slot = slot
    }

    mutating func next() async throws -> ByteBuffer? {
      var silence = Duration.zero
      while !Task.isCancelled {
        if latest != nil {
          try await Task.sleep(for: configuration.eventInterval)
          silence += configuration.eventInterval
        }
        let snapshot = try await feed.snapshot()
        if let latest, latest.says(sameAs: snapshot) {
          guard silence >= configuration.heartbeatInterval else { continue }
          return ByteBuffer(string: "event: heartbeat\ndata: {\"now\":\(snapshot.status.now)}\n\n")
        }
        let isFirst = latest == nil
        latest = snapshot
        number += 1
        var event = ByteBuffer()
        if isFirst { event.writeString("retry: 2000\n") }
        event.writeString("id: \(number)\nevent: status\ndata: ")
        event.writeBytes(snapshot.eventJSON)
        event.writeString("\n\n")
        return event
      }
      return nil
    }
  }
}
