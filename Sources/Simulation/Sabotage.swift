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
  /// The last bits of a sum depend on the order of merging.
  case altersMerges
}
