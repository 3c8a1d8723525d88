// autointerp
// Defects to put into a fleet, to see that a simulation notices them.
// SPDX-License-Identifier: Apache-2.0

/// A defect that the simulation's adapter makes of sound machines, by what it hands them, or passes on of what they want.
package enum Sabotage: String, CaseIterable, Sendable {
  /// A delta is acknowledged as soon as it is accepted.
  case acknowledgesBeforeCommit
  /// A delta is acknowledged never.
  case neverAcknowledges
  /// What a transaction held is gone after the next crash.
  case losesLastTransaction
  /// A delta is written twice.
  case mergesTwice
  /// A restart does not know what is done.
  case forgetsDeltas
  /// A restart does not know what failed.
  case forgetsFailures
  /// A restart does not know what is quarantined.
  case forgetsQuarantine
  /// A failure whose lease is over counts against the lease that is live.
  case countsStaleFailures
  /// A failure is recorded twice.
  case recordsFailuresTwice
  /// All leases of a coordinator's successors look alike.
  case constantEpoch
  /// All leases of a prompt look alike.
  case constantAttempt
  /// What is being executed is not given a new lease.
  case adoptsNothing
  /// Stragglers are left to themselves.
  case makesNoBackups
  /// Deltas are not compared.
  case ignoresDigests
  /// Who is asked to leave gets more to do.
  case leasesToLeavingWorkers
  /// Leases are granted while the disk is full.
  case leasesOnFullDisk
  /// The time in which the coordinator was stopped is held against its workers.
  case blamesWorkersForOwnPause
  /// Nobody notices that time passes.
  case neverTicks
  /// A prompt that is under way goes to a second worker.
  case leasesTwice
  /// Deltas that break their contract are taken for failures of nobody.
  case ignoresInvalidDeltas
  /// The last bits of a sum depend on the order of the summands.
  case altersMerges
}
