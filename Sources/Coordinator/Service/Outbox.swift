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
}

/// Holds messages in the order in which they were decided. All waiting messages go to the socket together, so a
/// thousand workers are answered in one turn of its thread.
final class Outbox: Sendable {
  private let waiting = Mutex<[Outbound]>([])
  private let news: AsyncStream<Void>
  private let tell: AsyncStream<Void>.Continuation

  init() { (news, tell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

  /// Adds messages. Never waits.
  func add(_ messages: [Outbound]) {
    waiting.withLock { $0 += messages }
    tell.yield()
  }

  /// Passes waiting messages to `send` until the task is cancelled. Call it once.
  func forEachBatch(_ send: ([Outbound]) async -> Void) async {
    for await _ in news {
      let batch = waiting.withLock { waiting in
        defer { waiting = [] }
        return waiting
      }
      if !batch.isEmpty { await send(batch) }
    }
  }
}
