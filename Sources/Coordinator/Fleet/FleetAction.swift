// autointerp
// `FleetAction` lists what the fleet machine asks its shell to do; `RunWrite` lists what it asks to be stored.
// SPDX-License-Identifier: Apache-2.0

package import Atlas
package import ClusterProtocol
package import ClusterTransport

/// One fact to write durably into a run's file.
package enum RunWrite: Equatable, Sendable {
  /// The delta. If it is stored, its prompt is done.
  case delta(CheckedDelta, worker: String, sender: StoredSender?, computeKernel: String)
  /// A second result of a prompt that is done.
  case check(CheckedDelta, worker: String, sender: StoredSender?, computeKernel: String, CheckOutcome)
  case failure(StoredFailure)
  case quarantine(StoredQuarantine)
  /// The quarantined prompts will be tried again.
  case release
  /// Remove what is stored of these prompts.
  case discard([StoredDiscard])
  /// The run had no model and gets this one.
  case model(fingerprint: String)
  /// The card of the run's model.
  case card([UInt8])
  case worker(StoredWorker)
  /// Who asked for what.
  case order(StoredOrder)
  case state(StoredRunState)
}

/// What a second result of a prompt is to the first.
package enum CheckOutcome: Equatable, Sendable {
  case agreement
  /// It differs. Both are kept.
  case disagreement
  /// It differs, and the majority says that it is right. It takes the place of the first, which is kept beside it.
  case replacement
}

/// What the fleet machine asks its shell to do, in order.
package enum FleetAction: Equatable, Sendable {
  case send(CoordinatorMessage, to: PeerID)
  /// Write these durably into the run's file, in order, and then answer with `FleetMachine.written` or `writeFailed`. A
  /// run has one such request in progress at a time. A delta is merged into the aggregate before the answer.
  case write(run: String, [RunWrite])
  /// The run's last write is durable.
  case finished(run: String)
  /// The peer sent something that no honest worker sends.
  case strike(PeerID, reason: String)
  /// Write a line to the log, with what it is about as fields.
  case note(String, about: NoteSubject)
}

/// What a line of the log is about, for those who filter logs.
package struct NoteSubject: Equatable, Sendable {
  package var run: String?
  package var prompt: Int32?
  package var worker: String?
  /// The public key of the worker.
  package var key: String?

  package init(run: String? = nil, prompt: Int32? = nil, worker: String? = nil, key: String? = nil) {
    self.run = run
    self.prompt = prompt
    self.worker = worker
    self.key = key
  }
}
