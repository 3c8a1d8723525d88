// autointerp
// What the worker's machine asks its shell to do, and what it tells it.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol

package enum WorkerAction: Equatable, Sendable {
  /// May get lost; what matters is sent again.
  case send(WorkerMessage)
  /// A slot is free for it. The shell answers with `finish`.
  case compute(CoordinatorMessage.Lease)
  /// Drop the connection with everything queued on it and make a new one.
  case reconnect
  /// Something for the log.
  case note(String)
  /// The worker is done; nothing is asked for after this.
  case stop(WorkerOutcome)
}

/// How a worker ends.
package enum WorkerOutcome: Equatable, Sendable {
  /// As asked; `handedBack` leases were not finished or their reports not acknowledged.
  case drained(handedBack: Int)
  case failed(WorkerError)
}

/// What became of a lease.
package enum LeaseOutcome: Equatable, Sendable {
  case computed(payload: [UInt8], computeMilliseconds: Int64)
  case failed(LeaseFailure)
}

/// What a heartbeat tells of the process.
package struct WorkerVitals: Equatable, Sendable {
  /// Of every lease being executed, by the fence it was given out with.
  package var progress: [Fence: Int64]
  package var residentBytes: Int64

  package init(progress: [Fence: Int64] = [:], residentBytes: Int64 = 0) {
    self.progress = progress
    self.residentBytes = residentBytes
  }
}
