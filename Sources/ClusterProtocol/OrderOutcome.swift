// autointerp
// What became of a client's order.
// SPDX-License-Identifier: Apache-2.0

/// What a coordinator did when it was told to cancel or to retry a run.
package enum OrderOutcome: Equatable, Sendable {
  /// The run was under way and is cancelled.
  case cancelled
  case alreadyCancelled
  /// Nothing was left to cancel.
  case alreadyComplete
  /// So many prompts left the quarantine for the queue.
  case queuedAgain(prompts: Int)
  case nothingQuarantined
  /// Nothing was done: a cancelled run is resumed by submitting it again.
  case runIsCancelled
}

extension OrderOutcome {
  private enum Kind: String, Sendable, CaseIterable {
    case cancelled
    case alreadyCancelled = "already-cancelled"
    case alreadyComplete = "already-complete"
    case queuedAgain = "queued-again"
    case nothingQuarantined = "nothing-quarantined"
    case runIsCancelled = "run-is-cancelled"
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
    case .runIsCancelled: self = .runIsCancelled
    }
  }
}
