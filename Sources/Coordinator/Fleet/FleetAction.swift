// autointerp
// What the fleet machine asks its shell to do.
// SPDX-License-Identifier: Apache-2.0

package import Atlas
package import ClusterProtocol
package import ClusterTransport

/// Names a delta whose bytes the shell keeps until it is committed or discarded.
package struct DeltaTicket: Hashable, Sendable {
  package var number: UInt64
  package init(_ number: UInt64) { self.number = number }
}

/// 32 bytes that stand for what a delta says.
package struct DeltaDigest: Hashable, Sendable {
  private var a: UInt64
  private var b: UInt64
  private var c: UInt64
  private var d: UInt64

  /// - Precondition: 32 bytes.
  package init(_ bytes: [UInt8]) {
    precondition(bytes.count == 32, "a digest has 32 bytes, not \(bytes.count)")
    func word(_ i: Int) -> UInt64 { bytes[8 * i..<8 * i + 8].reduce(0) { $0 << 8 | UInt64($1) } }
    (a, b, c, d) = (word(0), word(1), word(2), word(3))
  }

  package init(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) {
    (self.a, self.b, self.c, self.d) = (a, b, c, d)
  }

  package var bytes: [UInt8] {
    [a, b, c, d].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) } }
  }
}

/// A delta that is decoded and valid, as the machine sees it.
package struct DeltaReceipt: Equatable, Sendable {
  package var ticket: DeltaTicket
  package var fence: Fence
  package var digest: DeltaDigest
  package var computeMilliseconds: Int64
  /// Of its payload.
  package var byteCount: Int

  package init(
    ticket: DeltaTicket, fence: Fence, digest: DeltaDigest, computeMilliseconds: Int64, byteCount: Int = 0
  ) {
    self.ticket = ticket
    self.fence = fence
    self.digest = digest
    self.computeMilliseconds = computeMilliseconds
    self.byteCount = byteCount
  }
}

/// One thing to make durable in a run's file.
package enum RunWrite: Equatable, Sendable {
  /// The delta and, by its presence, the mark that its prompt is done.
  case delta(DeltaReceipt, worker: String, computeKernel: String)
  case failure(StoredFailure)
  case quarantine(StoredQuarantine)
  /// Quarantined prompts are to be tried again.
  case release
  /// The run, started without a model, belongs to this one now.
  case model(fingerprint: String)
  case worker(StoredWorker)
  case state(StoredRunState)
}

/// What the fleet machine asks its shell to do, in order.
package enum FleetAction: Equatable, Sendable {
  case send(CoordinatorMessage, to: PeerID)
  /// Make these durable in the run's file, in order, and then answer with `FleetMachine.written` or `writeFailed`. A run
  /// has one such request under way at a time. A delta is merged into the aggregate before the answer.
  case write(run: String, [RunWrite])
  /// The delta is not needed.
  case discard(DeltaTicket)
  /// The run's last write is done.
  case finished(run: String)
  /// For the log.
  case note(String)
}
