// autointerp
// `FleetMachine` hands out batches of writes and handles their success or failure.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol

extension FleetMachine {
  /// The run's last `write` action is on disk, and its deltas are merged.
  package mutating func written(run name: String, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      guard let run = machine.runs[name] else { return }
      for write in machine.runs[run].written() { machine.settle(write, run: run, now: now) }
      machine.hasNews = true
    }
  }

  /// The run's last `write` action changed nothing on disk. Nothing is lost: it is tried again, and until it succeeds
  /// the run gets no leases.
  package mutating func writeFailed(run name: String, error: String, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      guard let run = machine.runs[name] else { return }
      let isNew = machine.runs[run].storage.failure?.error != error
      machine.runs[run].writeFailed(
        error, firstPause: machine.settings.firstStorageRetry, longestPause: machine.settings.lastStorageRetry,
        now: now)
      if isNew { machine.record("run \(name) cannot be written, its leases are held back: \(error)", now: now) }
    }
  }

  private mutating func settle(_ write: RunWrite, run: RunIndex, now: Duration) {
    switch write {
    case .delta(let delta, _, _, _):
      let commit = runs[run].commit(delta.fence.prompt, now: now)
      uncommittedBytes -= commit.byteCount
      counters.deltasMerged += 1
      for waiter in commit.waiters { acknowledge(waiter.fence, to: waiter.worker) }
      // Tells slower workers to stop computing the prompt.
      for copy in leases.copies(of: PromptKey(run: run, prompt: delta.fence.prompt)) {
        let lease = release(copy)
        acknowledge(lease.fence, to: lease.worker)
      }
    case .check(let delta, _, _, _, _):
      guard let (worker, byteCount) = runs[run].checks.written(delta.fence) else { break }
      uncommittedBytes -= byteCount
      acknowledge(delta.fence, to: worker)
    case .state(.complete):
      if runs[run].complete() { act(.finished(run: runs[run].name)) }
    case .failure, .quarantine, .release, .discard, .model, .card, .worker, .order, .state:
      break
    }
  }

  /// Completes runs that have nothing left to do, and hands out batches of writes.
  mutating func pump(now: Duration) {
    for run in runs.indices {
      runs[run].closeIfSettled()
      if let batch = runs[run].nextBatch(limit: settings.maximumWritesPerBatch, now: now) {
        act(.write(run: runs[run].name, batch))
      }
    }
  }
}
