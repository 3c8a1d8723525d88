// autointerp
// What a socket received, as an asynchronous sequence.
// SPDX-License-Identifier: Apache-2.0

/// The frames of a socket in order of arrival, for one consumer; ends when the socket is closed or the consumer's task is
/// cancelled. Meant for one loop over the socket's whole life: an iterator takes what is there in batches, and what it has
/// not handed out is lost with it.
package struct IncomingFrames<Element: Sendable>: AsyncSequence, Sendable {
  let nextBatch: @Sendable () async -> [Element]?

  package struct AsyncIterator: AsyncIteratorProtocol {
    let nextBatch: @Sendable () async -> [Element]?
    var batch: ArraySlice<Element> = []

    package mutating func next() async -> Element? {
      if batch.isEmpty {
        guard let more = await nextBatch() else { return nil }
        batch = more[...]
      }
      return batch.popFirst()
    }
  }

  package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(nextBatch: nextBatch) }
}

/// Frames between a socket and its consumer: bounded in number and bytes, with at most one waiting consumer.
struct FrameQueue<Element: Sendable> {
  private var elements: [Element] = []
  private var bytes = 0
  private let maximumCount: Int
  private let maximumBytes: Int
  private var waiter: CheckedContinuation<[Element]?, Never>?
  private(set) var isClosed = false

  init(maximumCount: Int, maximumBytes: Int) {
    self.maximumCount = maximumCount
    self.maximumBytes = maximumBytes
  }

  /// True when no more should be read from the socket for now.
  var isFull: Bool { elements.count >= maximumCount || bytes >= maximumBytes }

  mutating func push(_ element: Element, byteCount: Int) {
    elements.append(element)
    bytes += byteCount
  }

  /// Hands what there is to a waiting consumer.
  mutating func deliver() {
    guard let waiter, !elements.isEmpty else { return }
    self.waiter = nil
    waiter.resume(returning: takeAll())
  }

  /// Everything, or nil when there is nothing.
  mutating func takeAll() -> [Element]? {
    guard !elements.isEmpty else { return nil }
    defer {
      elements = []
      bytes = 0
    }
    return elements
  }

  mutating func wait(_ continuation: CheckedContinuation<[Element]?, Never>) {
    precondition(waiter == nil, "a socket's frames have one consumer")
    if isClosed { continuation.resume(returning: nil) } else { waiter = continuation }
  }

  /// Ends the wait of a consumer whose task was cancelled.
  mutating func cancelWait() {
    waiter?.resume(returning: nil)
    waiter = nil
  }

  mutating func close() {
    isClosed = true
    cancelWait()
  }
}
