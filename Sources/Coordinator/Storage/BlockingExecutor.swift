// autointerp
// Where blocking calls run: on threads of their own, off the cooperative pool.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterTransport
internal import Dispatch

/// Runs the jobs of one actor on a serial queue, so that its methods may block for the disk.
final class BlockingExecutor: SerialExecutor {
  private let queue: DispatchQueue

  init(label: String) { queue = DispatchQueue(label: label) }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}

/// Performs blocking work on a thread of its own and waits for it without holding up the cooperative pool. In the
/// background it takes the processor time that nobody else wants.
func offPool<T: Sendable>(
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
