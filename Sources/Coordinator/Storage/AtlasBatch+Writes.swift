// autointerp
// `AtlasBatch.batches` groups the writes that the fleet machine asks for into batches for a run's file.
// SPDX-License-Identifier: Apache-2.0

package import Atlas

/// Only this file reorders writes. Both the vault and the simulation's disk store what `batches(of:at:)` returns, so an
/// order that loses something shows in the simulation.
extension AtlasBatch {
  /// Groups writes by kind where that does not change the outcome. The batches must be stored in order. Deltas keep
  /// their order over all batches. O(writes).
  package static func batches(of writes: [RunWrite], at now: Int64) -> [AtlasBatch] {
    var batches: [AtlasBatch] = []
    var open = AtlasBatch()
    func close() {
      if open != AtlasBatch() { batches.append(open) }
      open = AtlasBatch()
    }
    var deltas: Set<Int32> = []
    for write in writes {
      switch write {
      case .release:
        close()
        open.releasesQuarantine = true
      case .discard(let discards):
        close()
        open.discarded = discards
      case .model(let fingerprint):
        // The first model is kept and another one is an error, so its place within the batch does not matter.
        if open.modelFingerprint != nil, open.modelFingerprint != fingerprint { close() }
        open.modelFingerprint = fingerprint
      case .card(let card): open.modelCard = card
      case .order(let order): open.orders.append(order)
      case .worker(let worker): open.workers.append(worker)
      case .failure(let failure): open.failures.append(failure)
      case .quarantine(let quarantine):
        if deltas.contains(quarantine.prompt) { close() }
        open.quarantined.append(quarantine)
      case .delta(let delta, let worker, let sender, let computeKernel):
        open.deltas.append(
          StoredDelta(
            prompt: delta.fence.prompt, attempt: delta.fence.attempt, worker: worker,
            incarnation: delta.fence.incarnation, sender: sender, computeKernel: computeKernel,
            computeMilliseconds: delta.computeMilliseconds, receivedAt: now, digest: delta.digest.bytes,
            payload: delta.payload))
        deltas.insert(delta.fence.prompt)
      case .check(let delta, let worker, let sender, let computeKernel, let outcome):
        let stored = StoredDelta(
          prompt: delta.fence.prompt, attempt: delta.fence.attempt, worker: worker,
          incarnation: delta.fence.incarnation, sender: sender, computeKernel: computeKernel,
          computeMilliseconds: delta.computeMilliseconds, receivedAt: now, digest: delta.digest.bytes,
          payload: outcome == .agreement ? [] : delta.payload)
        if outcome == .replacement { open.replacements.append(stored) } else { open.checks.append(stored) }
      case .state(let state):
        open.state = state
        close()
      }
    }
    close()
    return batches
  }
}

extension [RunWrite] {
  /// The deltas among the writes, in order.
  package var deltas: [CheckedDelta] { compactMap { if case .delta(let delta, _, _, _) = $0 { delta } else { nil } } }
}
