// autointerp
// `CommitTimes` says how long a transaction on a run's file took.
// SPDX-License-Identifier: Apache-2.0

/// How long a transaction took.
package struct CommitTimes: Equatable, Sendable {
  /// From its begin until the disk confirmed it.
  package var whole = Duration.zero
  /// From its last statement until the disk confirmed it: the write of SQLite's log and its fsync.
  package var sync = Duration.zero

  package init() {}

  init(whole: Duration, sync: Duration) {
    self.whole = whole
    self.sync = sync
  }
}
