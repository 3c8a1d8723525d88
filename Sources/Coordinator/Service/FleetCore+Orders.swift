// autointerp
// `FleetCore` carries out the orders that people give about a run: resume, cancel, retry, discard.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import ClusterProtocol
internal import Logging
internal import Platform

extension FleetCore {
  /// Writes an order into the run's file and to the log, before it is carried out.
  private func note(_ kind: StoredOrder.Kind, _ detail: String, of run: String, by requester: Requester) {
    logger.notice(
      "Order",
      metadata: [
        "order": "\(kind.rawValue)", "run": "\(run.harmless)", "detail": "\(detail.harmless(maximumBytes: 500))",
        "key": "\(requester.key ?? "none")", "key-name": "\(requester.name.harmless)",
        "from": "\(requester.address.harmless)",
      ])
    perform(machine.note(requester.order(kind, detail, at: clock.now.milliseconds), run: run, now: clock.now))
  }

  func resume(_ run: String, by requester: Requester = .ownProcess) async throws {
    let done = machine.doneCount(of: run)
    let isCancelled = machine.state(of: run) == .cancelled
    note(
      .submit, isCancelled ? "resumes it with \(done) prompts done" : "\(done) prompts are done", of: run, by: requester
    )
    perform(machine.resume(run, now: clock.now))
    // On a full disk a client must not wait for the note of its order: there is nothing else to write.
    if isCancelled { try await waitUntilDurable(run) }
  }

  func cancel(_ run: String, by requester: Requester = .ownProcess) async throws -> OrderOutcome {
    try await waitUntilRead(run)
    guard let outcome = machine.outcome(ofCancelling: run) else { throw absence(of: run) }
    note(.cancel, outcome.words, of: run, by: requester)
    perform(machine.cancel(run, now: clock.now))
    if outcome == .cancelled { endWaits(for: run, with: .failure(CoordinatorError.cancelled(run: run))) }
    try await waitUntilDurable(run)
    return outcome
  }

  func retry(_ run: String, by requester: Requester = .ownProcess) async throws -> OrderOutcome {
    try await waitUntilRead(run)
    guard let outcome = machine.outcome(ofRetrying: run) else { throw absence(of: run) }
    note(.retry, outcome.words, of: run, by: requester)
    perform(machine.retry(run, now: clock.now))
    try await waitUntilDurable(run)
    return outcome
  }

  func discard(
    _ run: String, key: String?, worker: String?, by requester: Requester = .ownProcess
  ) async throws -> OrderOutcome {
    try await waitUntilRead(run)
    // A worker that goes on delivering must not keep the discard waiting for ever.
    perform(machine.bar(run, key: key, worker: worker, now: clock.now))
    defer { perform(machine.unbar(run, key: key, worker: worker, now: clock.now)) }
    while machine.outcome(ofDiscarding: run, key: key, worker: worker)?.isEarly == true {
      try await waitUntilDurable(run)
    }
    guard let (outcome, _) = machine.outcome(ofDiscarding: run, key: key, worker: worker) else {
      throw absence(of: run)
    }
    let whose = [key.map { "key \($0)" }, worker.map { "worker \($0)" }].compactMap { $0 }
    note(.discard, "\(outcome.words) of \(whose.joined(separator: " and "))", of: run, by: requester)
    perform(machine.discard(run, key: key, worker: worker, now: clock.now))
    try await waitUntilDurable(run)
    return outcome
  }
}
