// autointerp
// `Waiters` suspends tasks until something happens to a run or to the fleet.
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Suspended tasks. Each is resumed when its wish is fulfilled or becomes impossible, or when it is cancelled.
final class Waiters: Sendable {
  /// What a task waits for.
  enum Wish: Sendable {
    case end(run: String)
    /// This many writes of the run are durable.
    case writes(run: String, count: Int)
    /// Another task has finished its attempt to open the run.
    case opening(run: String)
    /// No worker is connected any more.
    case desertion
  }

  private struct State {
    var next = 0
    var waiting: [Int: (wish: Wish, continuation: CheckedContinuation<Void, any Error>)] = [:]
    var isShutDown = false
  }

  private let state = Mutex(State())

  /// Suspends until `resume` finds the wish fulfilled. Nothing else runs on the caller's actor between the caller's
  /// last look at its state and the start of the wait, so no event is missed.
  ///
  /// - Throws: the error given to `resume`; `notRunning` after `shutDown`; `CancellationError`.
  func wait(for wish: Wish, isolation: isolated (any Actor)? = #isolation) async throws {
    let number = state.withLock { state in
      state.next += 1
      return state.next
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        let refusal: (any Error)? = state.withLock { state in
          if state.isShutDown { return CoordinatorError.notRunning }
          if Task.isCancelled { return CancellationError() }
          state.waiting[number] = (wish, continuation)
          return nil
        }
        if let refusal { continuation.resume(throwing: refusal) }
      }
    } onCancel: {
      let waiter = state.withLock { $0.waiting.removeValue(forKey: number) }
      waiter?.continuation.resume(throwing: CancellationError())
    }
  }

  /// Resumes all tasks for whose wish `isOver` returns true.
  func resume(with result: Result<Void, any Error> = .success(()), where isOver: (Wish) -> Bool) {
    let over = state.withLock { state in
      let over = state.waiting.filter { isOver($0.value.wish) }
      for number in over.keys { state.waiting[number] = nil }
      return over
    }
    for waiter in over.values { waiter.continuation.resume(with: result) }
  }

  /// Ends all waits with `notRunning`, now and later.
  func shutDown() {
    state.withLock { $0.isShutDown = true }
    resume(with: .failure(CoordinatorError.notRunning)) { _ in true }
  }
}
