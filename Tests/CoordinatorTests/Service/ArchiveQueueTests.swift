// autointerp
// Tests that the tables of finished runs are written one after the other, and that failed attempts are repeated.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Coordinator

@Suite struct ArchiveQueueTests {
  private func fail(_ queue: inout ArchiveQueue, after pause: Duration, isWanted: Bool = true) -> Bool {
    queue.failed(after: pause, shortest: .seconds(1), longest: .seconds(5), isWanted: isWanted)
  }

  @Test func oneRunIsWrittenAtATime() {
    var queue = ArchiveQueue()
    queue.add("a")
    queue.add("b")
    #expect(queue.next()?.run == "a" && queue.next() == nil)
    #expect(queue.hasFirstAttempts, "b waits")
    queue.succeeded()
    #expect(queue.next()?.run == "b" && !queue.hasFirstAttempts && queue.retriesUnderWay == 0)
  }

  @Test func aFailedAttemptIsRepeatedAfterGrowingPausesBehindTheOthers() {
    var queue = ArchiveQueue()
    queue.add("a")
    queue.add("b")
    #expect(queue.next()?.pause == .zero)
    #expect(fail(&queue, after: .zero), "the first failure is told")
    #expect(queue.next()?.run == "b")
    queue.succeeded()
    var pauses: [Duration] = []
    for _ in 0..<5 {
      guard let (run, pause) = queue.next() else { break }
      #expect(run == "a" && queue.retriesUnderWay == 1)
      pauses.append(pause)
      #expect(!fail(&queue, after: pause), "the others are not")
      #expect(!queue.hasFirstAttempts)
    }
    #expect(pauses == [1, 2, 4, 5, 5].map { .seconds($0) })
    _ = queue.next()
    queue.succeeded()
    queue.add("a")
    #expect(queue.next()?.pause == .zero, "success ends the pauses")
  }

  @Test func whatIsNotWantedAnyMoreIsNotRepeated() {
    var queue = ArchiveQueue()
    queue.add("a")
    _ = queue.next()
    #expect(fail(&queue, after: .zero, isWanted: false) && queue.next() == nil && queue.retriesUnderWay == 0)
  }
}
