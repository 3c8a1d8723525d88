// autointerp
// `Sabotage` lists defects that tests put into a fleet to see that the simulation notices them.
// SPDX-License-Identifier: Apache-2.0

/// A defect that the simulation adds to correct machines by changing what they get or what they ask for.
package enum Sabotage: String, CaseIterable, Sendable {
  /// Acknowledges a delta as soon as it is accepted.
  case acknowledgesBeforeCommit
  /// Never acknowledges a delta.
  case neverAcknowledges
  /// Loses the last transaction at the next crash.
  case losesLastTransaction
  /// Writes a delta twice.
  case mergesTwice
  /// A restart forgets which prompts are done.
  case forgetsDeltas
  /// A restart forgets which prompts failed.
  case forgetsFailures
  /// A restart forgets which prompts are quarantined.
  case forgetsQuarantine
  /// A failure of an old lease counts against the live lease.
  case countsStaleFailures
  /// Records a failure twice.
  case recordsFailuresTwice
  /// All starts of the coordinator use the same epoch.
  case constantEpoch
  /// All leases of a prompt use the same attempt.
  case constantAttempt
  /// A worker that computes a prompt without a lease gets no new lease.
  case adoptsNothing
  /// Stragglers get no backup copy.
  case makesNoBackups
  /// Deltas are not compared.
  case ignoresDigests
  /// A worker that was asked to leave gets more leases.
  case leasesToLeavingWorkers
  /// Leases are granted while the disk is full.
  case leasesOnFullDisk
  /// Workers are blamed for the time in which the coordinator was stopped.
  case blamesWorkersForOwnPause
  /// The machine never gets a tick.
  case neverTicks
  /// A prompt that is being computed goes to a second worker.
  case leasesTwice
  /// An invalid delta counts as a failure of nobody.
  case ignoresInvalidDeltas
  /// A result is taken under a fence that nobody was granted.
  case acceptsForgedFences
  /// Each name of a key has a vote of its own.
  case countsNames
  /// A worker's report of a failure counts for the worker that has the lease.
  case countsFailuresOfOthers
  /// A restart forgets who did what.
  case forgetsAuthors
  /// A restart forgets which grants are void.
  case forgetsDiscards
  /// Stored results are merged although they do not match their digests.
  case mergesDamagedResults
  /// A repair gives damaged results the digests that they have now.
  case repairTrustsDamagedResults
  /// Nobody learns that a run's log is missing.
  case concealsLostLogs
  /// A client that does not read gets more answers.
  case answersWhoDoesNotRead
  /// A client that says what it has read counts as one that has read nothing.
  case ignoresReceipts
  /// The last bits of a sum depend on the order of merging.
  case altersMerges
}
