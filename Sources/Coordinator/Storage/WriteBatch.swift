// autointerp
// From a run's writes, in their order, to what its file takes at once.
// SPDX-License-Identifier: Apache-2.0

package import Atlas

/// A delta that the machine let through, without its bytes.
package struct AcceptedDelta: Equatable, Sendable {
  package var receipt: DeltaReceipt
  package var worker: String
  package var computeKernel: String
}

/// Writes that a file may take kind by kind instead of one by one, with the same outcome. The file takes them in the
/// order of the fields, as `AtlasBatch` does.
///
/// The one place that reorders writes: the vault and the simulation's disk both store what comes out of `batches(of:)`,
/// so an order that loses something shows in a simulated history.
package struct WriteBatch: Equatable, Sendable {
  /// The quarantine is emptied first.
  package var releases = false
  package var fingerprint: String?
  package var workers: [StoredWorker] = []
  package var failures: [StoredFailure] = []
  package var quarantined: [StoredQuarantine] = []
  package var deltas: [AcceptedDelta] = []
  package var state: StoredRunState?

  package init() {}

  /// The writes as batches, each to be taken after the one before it. O(writes).
  package static func batches(of writes: [RunWrite]) -> [WriteBatch] {
    var batches: [WriteBatch] = []
    var open = WriteBatch()
    func close() {
      if open != WriteBatch() { batches.append(open) }
      open = WriteBatch()
    }
    var deltas: Set<Int32> = []
    for write in writes {
      switch write {
      case .release:
        close()
        open.releases = true
      case .model(let fingerprint):
        // The first one is kept, and another is an error, so its place in the batch says nothing.
        if open.fingerprint != nil, open.fingerprint != fingerprint { close() }
        open.fingerprint = fingerprint
      case .worker(let worker): open.workers.append(worker)
      case .failure(let failure): open.failures.append(failure)
      case .quarantine(let quarantine):
        if deltas.contains(quarantine.prompt) { close() }
        open.quarantined.append(quarantine)
      case .delta(let receipt, let worker, let computeKernel):
        open.deltas.append(AcceptedDelta(receipt: receipt, worker: worker, computeKernel: computeKernel))
        deltas.insert(receipt.fence.prompt)
      case .state(let state):
        open.state = state
        close()
      }
    }
    close()
    return batches
  }
}
