// autointerp
// `WorkerAction` lists what the `WorkerMachine` asks its shell to do; `LeaseOutcome` and `WorkerVitals` are its inputs.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol

package enum WorkerAction: Equatable, Sendable {
  /// Send a message. It may get lost: the machine sends important messages again.
  case send(WorkerMessage)
  /// Compute a lease on a free slot. The shell answers with `finish`.
  case compute(CoordinatorMessage.Lease)
  /// Drop the connection and everything queued on it, and make a new one.
  case reconnect
  /// Write a line to the log.
  case note(String)
  /// The worker has ended. No action follows.
  case stop(WorkerOutcome)
}

/// How a worker ends.
package enum WorkerOutcome: Equatable, Sendable {
  /// It was asked to leave. `handedBack` leases were unfinished or their reports not acknowledged.
  case drained(handedBack: Int)
  case failed(WorkerError)
}

/// The result of a lease.
package enum LeaseOutcome: Equatable, Sendable {
  case computed(payload: [UInt8], computeMilliseconds: Int64)
  case failed(LeaseFailure)
}

/// The facts about the process that a heartbeat reports.
package struct WorkerVitals: Equatable, Sendable {
  /// The progress of every lease being computed, by the fence under which it started.
  package var progress: [Fence: Int64]
  package var residentBytes: Int64

  package init(progress: [Fence: Int64] = [:], residentBytes: Int64 = 0) {
    self.progress = progress
    self.residentBytes = residentBytes
  }
}
