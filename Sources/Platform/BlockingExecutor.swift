// autointerp
// `BlockingExecutor` and `offPool` run blocking calls on threads outside the cooperative pool.
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch

/// Runs the jobs of one actor on a serial queue, so that its methods may block for the disk.
package final class BlockingExecutor: SerialExecutor {
  private let queue: DispatchQueue

  package init(label: String) { queue = DispatchQueue(label: label) }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}

/// Runs blocking work on a dedicated thread and waits for it without blocking the cooperative pool. In the background
/// it only uses processor time that nothing else wants.
package func offPool<T: Sendable>(
  inBackground isBackground: Bool = false, _ body: @escaping @Sendable () throws -> T
) async throws -> T {
  try await withCheckedThrowingContinuation { continuation in
    do {
      try DedicatedThread.start(name: isBackground ? "background" : "blocking", isBackground: isBackground) {
        continuation.resume(with: Result(catching: body))
      }
    } catch {
      continuation.resume(throwing: error)
    }
  }
}
