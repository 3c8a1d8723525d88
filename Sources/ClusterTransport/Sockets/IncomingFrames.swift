// autointerp
// `IncomingFrames` is the sequence of a socket's received frames; `FrameQueue` is the bounded queue behind it.
// SPDX-License-Identifier: Apache-2.0

/// The frames of a socket in order of arrival, for one consumer. It ends when the socket is closed or the consumer's
/// task is cancelled. Use one loop for the socket's whole life: an iterator takes frames in batches, and those that
/// it has not returned are lost with it.
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

/// Holds frames between a socket and its consumer. Their number and bytes are bounded, and at most one consumer
/// waits.
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

  /// True if the socket must not be read for now.
  var isFull: Bool { elements.count >= maximumCount || bytes >= maximumBytes }

  mutating func push(_ element: Element, byteCount: Int) {
    elements.append(element)
    bytes += byteCount
  }

  /// Passes everything to a waiting consumer.
  mutating func deliver() {
    guard let waiter, !elements.isEmpty else { return }
    self.waiter = nil
    waiter.resume(returning: takeAll())
  }

  /// Returns everything, or nil if there is nothing.
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
