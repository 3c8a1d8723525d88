// autointerp
// Runs are submitted, cancelled, resumed and retried.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
package import Circuits
package import ClusterProtocol

extension FleetMachine {
  /// The specification of a known run, with the model that it was bound to.
  package func specification(of name: String) -> RunSpecification? {
    runNumbers[name].map { number in
      var specification = runs[number].specification
      specification.modelFingerprint = runs[number].fingerprint
      return specification
    }
  }

  package func state(of name: String) -> RunState? { runNumbers[name].map { runs[$0].state } }

  /// Prompts of the run that are done and on the disk.
  package func doneCount(of name: String) -> Int { runNumbers[name].map { runs[$0][count: .done] } ?? 0 }

  package func quarantinedPrompts(of name: String) -> [Int32] {
    runNumbers[name].map { runs[$0].quarantine.keys.sorted() } ?? []
  }

  /// Adds a run that the shell has opened, new or with what an earlier coordinator committed.
  ///
  /// - Precondition: the run is not known yet.
  package mutating func add(_ stored: StoredRun, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      let name = stored.specification.name
      precondition(machine.runNumbers[name] == nil, "run \(name) is added once")
      machine.runNumbers[name] = machine.runs.count
      machine.runs.append(RunProgress(stored))
      machine.hasNews = true
    }
  }

  /// Puts a cancelled run back into the queue; does nothing to others.
  package mutating func resume(_ name: String, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      guard let run = machine.runNumbers[name], machine.runs[run].state == .cancelled else { return }
      machine.reopen(run)
    }
  }

  /// What `cancel` would do, nil for an unknown run.
  package func outcome(ofCancelling name: String) -> OrderOutcome? {
    guard let run = runNumbers[name] else { return nil }
    if runs[run].state == .cancelled { return .alreadyCancelled }
    return runs[run].isOpen ? .cancelled : .alreadyComplete
  }

  /// Ends the run where it stands; does nothing to one that is over. What is on its way to the disk gets there; what still comes is dropped.
  package mutating func cancel(_ name: String, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      guard let run = machine.runNumbers[name], machine.outcome(ofCancelling: name) == .cancelled else { return }
      machine.runs[run].state = .cancelled
      for lease in machine.leases.sortedNumbers where machine.leases[lease].run == run {
        machine.handBack(lease, now: now)
      }
      machine.runs[run].storage.append(.state(.cancelled))
    }
  }

  /// What `retry` would do, nil for an unknown run.
  package func outcome(ofRetrying name: String) -> OrderOutcome? {
    guard let run = runNumbers[name] else { return nil }
    if runs[run].state == .cancelled { return .runIsCancelled }
    return runs[run].quarantine.isEmpty ? .nothingQuarantined : .queuedAgain(prompts: runs[run].quarantine.count)
  }

  /// Puts the quarantined prompts of the run back into its queue, with a clean record; does nothing to a cancelled run,
  /// which its submission resumes.
  ///
  /// Repeating it does no harm: there is nothing in quarantine then.
  package mutating func retry(_ name: String, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      guard let run = machine.runNumbers[name], case .queuedAgain = machine.outcome(ofRetrying: name) else { return }
      for prompt in machine.runs[run].quarantine.keys.sorted() {
        machine.runs[run].failures[prompt] = nil
        machine.runs[run].move(prompt, to: .queued)
      }
      machine.runs[run].quarantine = [:]
      machine.runs[run].storage.append(.release)
      machine.reopen(run)
    }
  }

  /// Writes of the run so far, and those of them that are durable; nil for an unknown run.
  package func writeCounts(of name: String) -> (appended: Int, durable: Int)? {
    runNumbers[name].map { (runs[$0].storage.appendedCount, runs[$0].storage.durableCount) }
  }

  private mutating func reopen(_ run: Int) {
    runs[run].isClosing = false
    runs[run].state = .queued
    runs[run].refillQueues()
    runs[run].storage.append(.state(.unfinished))
    hasNews = true
  }
}
