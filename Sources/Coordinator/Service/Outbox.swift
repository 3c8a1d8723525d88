// autointerp
// What the coordinator says, on its way to the socket.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import ClusterTransport
internal import Synchronization

/// A message on its way out.
struct Outbound: Sendable {
  enum Message: Sendable {
    case worker(CoordinatorMessage)
    /// Encoded already.
    case frame([UInt8])
  }
  var message: Message
  var peer: PeerID

  var frame: [UInt8] {
    switch message {
    case .worker(let message): message.encoded()
    case .frame(let frame): frame
    }
  }
}

/// Messages in the order in which they were decided. All that wait go to the socket at once: a thousand workers are
/// answered in one turn of its thread.
final class Outbox: Sendable {
  private let waiting = Mutex<[Outbound]>([])
  private let news: AsyncStream<Void>
  private let tell: AsyncStream<Void>.Continuation

  init() { (news, tell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

  /// Adds messages; never waits.
  func add(_ messages: [Outbound]) {
    waiting.withLock { $0 += messages }
    tell.yield()
  }

  /// Hands what there is to `send`, again and again, until the task is cancelled. To be called once.
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
