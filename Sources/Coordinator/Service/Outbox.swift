// autointerp
// `Outbox` passes the coordinator's outgoing messages to the socket in order.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import ClusterTransport
internal import Synchronization

/// An outgoing message.
struct Outbound: Sendable {
  enum Message: Sendable {
    case worker(CoordinatorMessage)
    /// An encoded answer to a client, with the receipt in it.
    case reply([UInt8], receipt: UInt64)
    /// A small encoded frame that shows whether the connection still exists.
    case probe([UInt8])
  }
  var message: Message
  var peer: PeerID

  var frame: [UInt8] {
    switch message {
    case .worker(let message): message.encoded()
    case .reply(let frame, _), .probe(let frame): frame
    }
  }

  /// 0 for a message that is encoded only when it is sent.
  var encodedBytes: Int {
    switch message {
    case .worker: 0
    case .reply(let frame, _), .probe(let frame): frame.count
    }
  }
}

/// Holds messages in the order in which they were decided. All waiting messages go to the socket together, so a
/// thousand workers are answered in one turn of its thread.
final class Outbox: Sendable {
  /// What waits for the socket.
  struct Load: Equatable, Sendable {
    var messages = 0
    /// Of the messages that are encoded already: the replies.
    var bytes = 0
  }

  private struct State {
    var waiting: [Outbound] = []
    var load = Load()
  }

  private let state = Mutex(State())
  private let news: AsyncStream<Void>
  private let tell: AsyncStream<Void>.Continuation

  init() { (news, tell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

  /// What was added and is not yet passed on, the batch under way included.
  var load: Load { state.withLock { $0.load } }

  /// Adds messages. Never waits.
  func add(_ messages: [Outbound]) {
    let bytes = messages.reduce(0) { $0 + $1.encodedBytes }
    state.withLock {
      $0.waiting += messages
      $0.load.messages += messages.count
      $0.load.bytes += bytes
    }
    tell.yield()
  }

  /// Passes waiting messages to `send` until the task is cancelled. Call it once.
  func forEachBatch(_ send: ([Outbound]) async -> Void) async {
    for await _ in news {
      let (batch, load) = state.withLock { state in
        defer { state.waiting = [] }
        return (state.waiting, state.load)
      }
      guard !batch.isEmpty else { continue }
      await send(batch)
      state.withLock {
        $0.load.messages -= load.messages
        $0.load.bytes -= load.bytes
      }
    }
  }
}
