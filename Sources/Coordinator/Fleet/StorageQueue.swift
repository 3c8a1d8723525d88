// autointerp
// `StorageQueue` orders the writes to one run's file.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule

/// The writes to a run's file that are not known to be on disk. One batch is in progress at a time, so everything that
/// arrives meanwhile shares the next transaction. A failed batch is tried again, in order.
struct StorageQueue: Sendable {
  private var waiting: Deque<RunWrite> = []
  private(set) var underWay: [RunWrite] = []
  /// The number of writes appended so far, and of those that are durable. Remember the first number; when the second
  /// reaches it, everything up to that point is on disk.
  private(set) var appendedCount = 0
  private(set) var durableCount = 0
  /// Set while the last attempt to write failed.
  private(set) var failure: (error: String, retryAt: Duration, pause: Duration)?

  var isEmpty: Bool { waiting.isEmpty && underWay.isEmpty }
  var count: Int { waiting.count + underWay.count }
  var isFailing: Bool { failure != nil }

  mutating func append(_ write: RunWrite) {
    waiting.append(write)
    appendedCount += 1
  }

  /// The next batch to write; nil if one is in progress, if there is nothing, or before the time to try again.
  mutating func nextBatch(limit: Int, now: Duration) -> [RunWrite]? {
    guard underWay.isEmpty, !waiting.isEmpty else { return nil }
    if let failure, now < failure.retryAt { return nil }
    let count = min(limit, waiting.count)
    underWay = Array(waiting.prefix(count))
    waiting.removeFirst(count)
    return underWay
  }

  /// The batch is on disk. Returns it.
  mutating func succeeded() -> [RunWrite] {
    failure = nil
    durableCount += underWay.count
    defer { underWay = [] }
    return underWay
  }

  mutating func failed(_ error: String, firstPause: Duration, longestPause: Duration, now: Duration) {
    let pause = min(longestPause, failure.map { $0.pause * 2 } ?? firstPause)
    failure = (error, now + pause, pause)
    waiting.prepend(contentsOf: underWay)
    underWay = []
  }
}
