// autointerp
// `RestartPolicy` decides whether and when a worker process that died is restarted.
// SPDX-License-Identifier: Apache-2.0

/// Decides how often and how soon a worker is restarted.
struct RestartPolicy: Equatable, Sendable {
  /// The largest number of restarts in a row. A worker that lived for `settledAfter` starts a new row.
  var limit = 5
  var settledAfter: Duration = .seconds(60)
  /// The pause before the first restart of a row. It doubles with each further one.
  var firstPause: Duration = .milliseconds(250)
  private(set) var restartsInARow = 0

  /// The pause before the restart, or nil to give up the worker.
  mutating func pause(afterLife life: Duration) -> Duration? {
    if life >= settledAfter { restartsInARow = 0 }
    guard restartsInARow < limit else { return nil }
    restartsInARow += 1
    return firstPause * (1 << (restartsInARow - 1))
  }
}
