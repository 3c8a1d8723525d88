// autointerp
// `RebuildProgress` counts the stored results that were read back so far, and stops the reading on demand.
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Counted by the threads that read, read by whoever asks for the status.
package final class RebuildProgress: Sendable {
  private let state = Mutex((finished: 0, isCancelled: false))

  package init() {}

  var finished: Int { state.withLock { $0.finished } }

  /// Makes `advance` throw from now on, on every thread.
  func cancel() { state.withLock { $0.isCancelled = true } }

  /// Counts a result.
  ///
  /// - Throws: `CancellationError` after `cancel`.
  func advance() throws(CancellationError) {
    let isCancelled = state.withLock { state in
      state.finished += 1
      return state.isCancelled
    }
    if isCancelled { throw CancellationError() }
  }
}
