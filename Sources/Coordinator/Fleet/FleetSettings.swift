// autointerp
// The times and limits by which a coordinator runs its fleet.
// SPDX-License-Identifier: Apache-2.0

/// The times and limits of the fleet; every default is what the daemon uses.
package struct FleetSettings: Equatable, Sendable {
  /// Workers report this often, and are answered each time.
  package var heartbeat: Duration = .seconds(5)
  /// Silence after which a worker is given up and its prompts go to others.
  package var deadAfter: Duration = .seconds(20)
  /// What a worker has for one prompt.
  package var lease: Duration = .seconds(900)
  /// A worker that beats without getting on with a prompt for this long loses it.
  package var progressDeadline: Duration = .seconds(180)

  /// A prompt is quarantined when this many workers reported that it cannot be done; one worker may be all of them when
  /// there is no other to ask.
  package var reportsToQuarantine = 2
  /// A prompt is quarantined after this many failures of any kind, on two workers if there are two. Higher than
  /// `reportsToQuarantine`, because a worker that dies may have been killed from outside.
  package var failuresToQuarantine = 4
  /// A worker that failed this many different prompts which no other worker failed gets no more leases while others do.
  package var promptsToSetAside = 5
  /// A worker set aside is tried again after this time.
  package var parole: Duration = .seconds(600)
  /// A failed prompt waits this long for a worker that did not fail it yet.
  package var secondOpinionPatience: Duration = .seconds(30)

  /// A prompt under way for longer than this many times the run's mean gets a backup copy when a worker has nothing to
  /// do.
  package var backupFactor = 2
  /// No backup copy before this time.
  package var backupAfter: Duration = .seconds(10)

  /// No leases are granted for a run with this many deltas not on the disk yet; at twice as many further deltas are left
  /// to their workers, who send them again.
  package var maximumUncommittedDeltas = 256
  /// The same in bytes of payload, over all runs: graphs of long prompts are large.
  package var maximumUncommittedBytes = 256 << 20
  /// Writes of one transaction.
  package var maximumWritesPerBatch = 64
  /// After a failed write the next try comes after this time, doubled at each failure.
  package var firstStorageRetry: Duration = .seconds(1)
  package var lastStorageRetry: Duration = .seconds(30)

  /// Workers known at once, lost ones included; more are refused.
  package var maximumWorkers = 20_000
  /// A lost worker is shown for this long.
  package var forgetAfter: Duration = .seconds(3600)

  package init() {}
}

extension Duration {
  /// Whole milliseconds, rounded towards zero.
  package var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }
}
