// autointerp
// Where tests wait for other processes.
// SPDX-License-Identifier: Apache-2.0

import Dispatch

/// Tests that block, one at a time, on a thread of their own: the threads of the other tests are no more than there are
/// cores, and must stay free for them.
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
