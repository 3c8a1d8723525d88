// autointerp
// Whether a worker process that died is started again.
// SPDX-License-Identifier: Apache-2.0

/// Decides how often and how soon a worker is started again.
struct RestartPolicy: Equatable, Sendable {
  /// Restarts in a row; one that lived for `settledAfter` begins a new row.
  var limit = 5
  var settledAfter: Duration = .seconds(60)
  /// Before the first restart of a row; doubled at each further one.
  var firstPause: Duration = .milliseconds(250)
  private(set) var restartsInARow = 0

  /// The pause before the worker is started again, nil to give it up.
  mutating func pause(afterLife life: Duration) -> Duration? {
    if life >= settledAfter { restartsInARow = 0 }
    guard restartsInARow < limit else { return nil }
    restartsInARow += 1
    return firstPause * (1 << (restartsInARow - 1))
  }
}
