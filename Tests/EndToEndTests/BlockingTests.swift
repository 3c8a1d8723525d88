// autointerp
// `BlockingTests` runs tests that wait for other processes, one at a time, outside the cooperative pool.
// SPDX-License-Identifier: Apache-2.0

import Dispatch

/// Tests that block, one at a time, on their own thread. The cooperative pool has only as many threads as cores and
/// must stay free for other tests.
@globalActor actor BlockingTests {
  static let shared = BlockingTests()

  private nonisolated let executor = QueueExecutor()

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
}

private final class QueueExecutor: SerialExecutor {
  private let queue = DispatchQueue(label: "blocking tests")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}
