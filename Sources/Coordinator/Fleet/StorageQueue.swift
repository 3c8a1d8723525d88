// autointerp
// The order in which a run's facts reach its file.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule

/// What is to be written to a run's file and is not known to be there yet. One batch is under way at a time, so
/// everything that arrives meanwhile shares the next transaction; a batch that failed is tried again, in order.
struct StorageQueue: Sendable {
  private var waiting: Deque<RunWrite> = []
  private(set) var underWay: [RunWrite] = []
  /// Writes ever appended, and those of them that are durable: who remembers the first number can tell by the second when
  /// everything up to there is.
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

  /// The next batch to perform, nil when one is under way, when there is nothing, or before the time to try again.
  mutating func nextBatch(limit: Int, now: Duration) -> [RunWrite]? {
    guard underWay.isEmpty, !waiting.isEmpty else { return nil }
    if let failure, now < failure.retryAt { return nil }
    let count = min(limit, waiting.count)
    underWay = Array(waiting.prefix(count))
    waiting.removeFirst(count)
    return underWay
  }

  /// The batch is on the disk; returns it.
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
