// autointerp
// `FleetSettings` holds the times and limits by which a coordinator runs its fleet.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

/// The times and limits of the fleet. The defaults are those of the coordinator's service.
package struct FleetSettings: Equatable, Sendable {
  /// How often workers send a heartbeat. The coordinator answers each one.
  package var heartbeat: Duration = .seconds(5)
  /// A worker that was silent for this long is declared dead, and its prompts go to others.
  package var deadAfter: Duration = .seconds(20)
  /// How long a worker may hold the lease of one prompt.
  package var lease: Duration = .seconds(900)
  /// A worker loses its lease if the prompt makes no progress for this long, even if its heartbeats arrive.
  package var progressDeadline: Duration = .seconds(180)

  /// A prompt is quarantined if this many workers report that it cannot be computed. If there is no other worker to
  /// ask, one worker's reports are enough.
  package var reportsToQuarantine = 2
  /// A prompt is quarantined after this many failures of any kind, on two workers if there are two. Higher than
  /// `reportsToQuarantine`, because a worker that dies may have been killed from outside.
  package var failuresToQuarantine = 4
  /// A worker that failed this many different prompts which no other worker failed gets no more leases while others do.
  package var promptsToSetAside = 5
  /// A worker that was set aside is tried again after this time.
  package var parole: Duration = .seconds(600)
  /// A failed prompt waits this long for a worker that has not failed it.
  package var secondOpinionPatience: Duration = .seconds(30)

  /// A run waits this long for a worker with another key if only spot checks are left.
  package var spotCheckPatience: Duration = .seconds(60)

  /// A prompt that takes this many times the run's mean gets a backup copy if a worker has nothing to do.
  package var backupFactor = 2
  /// There is no backup copy before this time.
  package var backupAfter: Duration = .seconds(10)

  /// A run with this many deltas not on disk yet gets no more leases. At twice as many, further deltas are left to
  /// their workers, which send them again.
  package var maximumUncommittedDeltas = 256
  /// The same limit in payload bytes over all runs, because graphs of long prompts are large.
  package var maximumUncommittedBytes = 256 << 20
  /// The largest number of writes in one transaction.
  package var maximumWritesPerBatch = 64
  /// After a failed write the coordinator tries again after this time, which doubles with each failure.
  package var firstStorageRetry: Duration = .seconds(1)
  package var lastStorageRetry: Duration = .seconds(30)

  /// How many workers, lost ones included, are remembered. Lost workers are forgotten first; then new ones are refused.
  package var maximumWorkers = 20_000
  /// The same limit for one key at one address.
  package var maximumWorkersPerVoice = 2048
  /// How many prompts all workers of one key at one address may hold at a time.
  package var maximumPromptsPerVoice = 2048
  /// A lost worker is shown for this long.
  package var forgetAfter: Duration = .seconds(3600)

  /// True if workers with different BLAS kernels may work on one run. Their results differ by rounding, so that the
  /// statistics then depend on who computed what.
  package var allowsMixedKernels = false

  /// The largest memory of all runs' statistics together. Beyond it no more leases are granted. 0 means a third of what
  /// the process may use.
  package var maximumAggregateMebibytes = 0

  /// The same in bytes.
  var maximumAggregateBytes: Int64 {
    maximumAggregateMebibytes == 0 ? MachineMemory.limitBytes / 3 : Int64(maximumAggregateMebibytes) << 20
  }

  package init() {}
}

extension Duration {
  /// Whole milliseconds, rounded towards zero.
  package var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }
}
