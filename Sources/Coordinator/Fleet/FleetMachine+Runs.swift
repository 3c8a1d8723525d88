// autointerp
// `FleetMachine` adds, resumes, cancels and retries runs.
// SPDX-License-Identifier: Apache-2.0

package import Atlas
package import Circuits
package import ClusterProtocol

extension FleetMachine {
  /// The specification of a known run, with the model it was bound to.
  package func specification(of name: String) -> RunSpecification? {
    runs.run(named: name).map { run in
      var specification = run.specification
      specification.modelFingerprint = run.fingerprint
      return specification
    }
  }

  package func state(of name: String) -> RunState? { runs.run(named: name)?.state }

  /// How many prompts of the run are done and on disk.
  package func doneCount(of name: String) -> Int { runs.run(named: name)?[count: .done] ?? 0 }

  package func quarantinedPrompts(of name: String) -> [Int32] { runs.run(named: name)?.quarantine.keys.sorted() ?? [] }

  /// Adds a run that the shell has opened, either new or with what an earlier coordinator committed.
  ///
  /// - Precondition: the run is not known yet.
  package mutating func add(_ stored: StoredRun, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      machine.runs.add(RunProgress(stored, mixesKernels: machine.settings.allowsMixedKernels))
      if let fingerprint = stored.specification.modelFingerprint {
        if let card = stored.ledger.modelCard ?? machine.cards[fingerprint] { machine.learn(card, of: fingerprint) }
      }
      for worker in machine.workers.sorted where machine.workers[worker].isPresent { machine.askForModel(worker) }
      machine.hasNews = true
    }
  }

  /// Puts a cancelled run back into the queue. Has no effect on other runs.
  package mutating func resume(_ name: String, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      guard let run = machine.runs[name], machine.runs[run].state == .cancelled else { return }
      machine.runs[run].reopen()
      machine.hasNews = true
    }
  }

  /// Writes down who asked for what, before it is done. Has no effect for an unknown run.
  package mutating func note(_ order: StoredOrder, run name: String, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      if let run = machine.runs[name] { machine.runs[run].note(order) }
    }
  }

  /// What `cancel` would do; nil for an unknown run.
  package func outcome(ofCancelling name: String) -> OrderOutcome? {
    runs.run(named: name).map { $0.state == .cancelled ? .alreadyCancelled : $0.isOpen ? .cancelled : .alreadyComplete }
  }

  /// Ends the run at its present state. Does nothing to a run that is over. Deltas that are being written are kept;
  /// later ones are dropped.
  package mutating func cancel(_ name: String, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      guard let run = machine.runs[name], machine.outcome(ofCancelling: name) == .cancelled else { return }
      for lease in machine.leases.sorted where machine.leases[lease].run == run { machine.handBack(lease, now: now) }
      machine.runs[run].cancel()
    }
  }

  /// What `retry` would do; nil for an unknown run.
  package func outcome(ofRetrying name: String) -> OrderOutcome? {
    runs.run(named: name).map { run in
      if run.state == .cancelled { return .runIsCancelled }
      return run.quarantine.isEmpty ? .nothingQuarantined : .queuedAgain(prompts: run.quarantine.count)
    }
  }

  /// Puts the quarantined prompts of the run back into its queue with a clean record. Has no effect on a cancelled run,
  /// which is resumed by its submission.
  ///
  /// Repeating it does no harm, because the quarantine is then empty.
  package mutating func retry(_ name: String, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      guard let run = machine.runs[name], case .queuedAgain = machine.outcome(ofRetrying: name) else { return }
      machine.runs[run].retryQuarantined()
      machine.hasNews = true
    }
  }

  /// What `discard` would do now. Nil if the run is not known. If a matching delta is being written, the caller must
  /// ask again later.
  package func outcome(
    ofDiscarding name: String, key: String?, worker: String?
  ) -> (outcome: OrderOutcome, isEarly: Bool)? {
    runs.run(named: name).map { run in
      if run.state == .cancelled { return (.runIsCancelled, false) }
      let isMeant = { (author: StoredAuthor) in author.matches(key: key, worker: worker) }
      return (.discarded(prompts: run.prompts(by: isMeant).count), run.isCommitting(by: isMeant))
    }
  }

  /// Leaves the deltas of workers with this key or name to them until `unbar` is called, so that soon none of theirs is being
  /// written and `discard` finds all. Has no effect for an unknown run.
  package mutating func bar(_ name: String, key: String?, worker: String?, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      if let run = machine.runs[name] { machine.runs[run].bar(key: key, worker: worker) }
    }
  }

  /// Takes deltas of these workers again, unless they were barred more than once.
  package mutating func unbar(_ name: String, key: String?, worker: String?, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      if let run = machine.runs[name] { machine.runs[run].unbar(key: key, worker: worker) }
    }
  }

  /// Queues again every prompt that a worker with this key or name did, checked or failed. The worker's leases end, and its
  /// later deltas for these prompts are refused.
  package mutating func discard(_ name: String, key: String?, worker: String?, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      guard let run = machine.runs[name], machine.runs[run].state != .cancelled else { return }
      let prompts = machine.runs[run].prompts { $0.matches(key: key, worker: worker) }
      guard !prompts.isEmpty else { return }
      for prompt in prompts {
        // The grants become void together with what was stored.
        for lease in machine.leases.copies(of: PromptKey(run: run, prompt: prompt)) {
          machine.handBack(lease, now: now)
        }
      }
      machine.runs[run].discard(prompts, now: now)
      machine.record("the results of \(prompts.count) prompts of \(name) are discarded", now: now)
      machine.hasNews = true
    }
  }

  /// The number of writes of the run so far, and of those that are durable; nil for an unknown run.
  package func writeCounts(of name: String) -> (appended: Int, durable: Int)? {
    runs.run(named: name).map { ($0.storage.appendedCount, $0.storage.durableCount) }
  }
}
