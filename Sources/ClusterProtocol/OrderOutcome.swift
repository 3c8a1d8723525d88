// autointerp
// `OrderOutcome` says what the coordinator did with an order to cancel or retry a run.
// SPDX-License-Identifier: Apache-2.0

/// What the coordinator did when it was told to cancel or retry a run.
package enum OrderOutcome: Equatable, Sendable {
  /// The run was unfinished and is cancelled now.
  case cancelled
  case alreadyCancelled
  /// There was nothing left to cancel.
  case alreadyComplete
  /// How many prompts were moved from quarantine back to the queue.
  case queuedAgain(prompts: Int)
  case nothingQuarantined
  /// How many prompts were queued again because their worker's results were discarded.
  case discarded(prompts: Int)
  /// Nothing was done, because the run is cancelled. Submitting it again resumes it.
  case runIsCancelled
}

extension OrderOutcome {
  private enum Kind: String, Sendable, CaseIterable {
    case cancelled
    case alreadyCancelled = "already-cancelled"
    case alreadyComplete = "already-complete"
    case queuedAgain = "queued-again"
    case nothingQuarantined = "nothing-quarantined"
    case discarded
    case runIsCancelled = "run-is-cancelled"
  }

  /// For logs, for example `3 prompts discarded`.
  package var words: String {
    switch self {
    case .cancelled: "cancelled"
    case .alreadyCancelled: "was cancelled before"
    case .alreadyComplete: "was complete before"
    case .queuedAgain(let prompts): "\(prompts) prompts queued again"
    case .nothingQuarantined: "nothing was quarantined"
    case .discarded(let prompts): "\(prompts) prompts discarded"
    case .runIsCancelled: "nothing done, because the run is cancelled"
    }
  }

  static let fieldCount = 2

  /// Writes the fields `outcome` and `prompts`.
  func write(to writer: MessageWriter) {
    let (kind, prompts): (Kind, Int) =
      switch self {
      case .cancelled: (.cancelled, 0)
      case .alreadyCancelled: (.alreadyCancelled, 0)
      case .alreadyComplete: (.alreadyComplete, 0)
      case .queuedAgain(let prompts): (.queuedAgain, prompts)
      case .nothingQuarantined: (.nothingQuarantined, 0)
      case .discarded(let prompts): (.discarded, prompts)
      case .runIsCancelled: (.runIsCancelled, 0)
      }
    writer.field("outcome", kind.rawValue)
    writer.field("prompts", prompts)
  }

  init(_ fields: FieldMap) throws(ProtocolError) {
    switch try fields.choice("outcome", of: Kind.self) {
    case .cancelled: self = .cancelled
    case .alreadyCancelled: self = .alreadyCancelled
    case .alreadyComplete: self = .alreadyComplete
    case .queuedAgain: self = .queuedAgain(prompts: try fields.integer("prompts", in: 0 ... .max))
    case .nothingQuarantined: self = .nothingQuarantined
    case .discarded: self = .discarded(prompts: try fields.integer("prompts", in: 0 ... .max))
    case .runIsCancelled: self = .runIsCancelled
    }
  }
}
