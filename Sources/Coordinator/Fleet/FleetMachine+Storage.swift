// autointerp
// What is to be durable, and what follows once it is.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import ClusterProtocol

extension FleetMachine {
  /// The run's last `write` action is durable, its deltas are merged.
  package mutating func written(run name: String, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      guard let run = machine.runNumbers[name] else { return }
      for write in machine.runs[run].storage.succeeded() { machine.settle(write, run: run, now: now) }
      machine.hasNews = true
    }
  }

  /// The run's last `write` action changed nothing on the disk. Nothing is lost: it is tried again, and no leases are
  /// granted for the run meanwhile.
  package mutating func writeFailed(run name: String, error: String, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      guard let run = machine.runNumbers[name] else { return }
      let isNew = machine.runs[run].storage.failure?.error != error
      machine.runs[run].storage.failed(
        error, firstPause: machine.settings.firstStorageRetry, longestPause: machine.settings.lastStorageRetry,
        now: now)
      if isNew { machine.record("run \(name) cannot be written, its leases are held back: \(error)", now: now) }
    }
  }

  private mutating func settle(_ write: RunWrite, run: Int, now: Duration) {
    switch write {
    case .delta(let receipt, _, _):
      let prompt = receipt.fence.prompt
      guard let commit = runs[run].pending.removeValue(forKey: prompt) else {
        preconditionFailure("prompt \(prompt) was committed without being pending")
      }
      runs[run].digests[prompt] = commit.digest
      runs[run].settle(prompt)
      uncommittedBytes -= commit.byteCount
      runs[run].meter.record(at: now)
      counters.deltasMerged += 1
      for waiter in commit.waiters { acknowledge(waiter.fence, to: waiter.worker) }
      // Who lost the race need not finish.
      for copy in leases.copies(of: PromptKey(run: run, prompt: prompt)) {
        let lease = release(copy)
        acknowledge(lease.fence, to: lease.worker)
      }
    case .state(.complete):
      runs[run].isClosing = false
      if runs[run].unsettled == 0 {
        runs[run].state = .complete
        act(.finished(run: runs[run].specification.name))
      }
    case .failure, .quarantine, .release, .model, .worker, .state:
      break
    }
  }

  /// Closes runs with nothing left to do and hands out batches of writes.
  mutating func pump(now: Duration) {
    for run in runs.indices {
      if runs[run].isOpen, runs[run].unsettled == 0 {
        runs[run].isClosing = true
        runs[run].storage.append(.state(.complete))
      }
      if let batch = runs[run].storage.nextBatch(limit: settings.maximumWritesPerBatch, now: now) {
        act(.write(run: runs[run].specification.name, batch))
      }
    }
  }
}
