// autointerp
// What becomes of a prompt after a failure.
// SPDX-License-Identifier: Apache-2.0

/// How an attempt ended without a delta.
package enum FailureKind: String, Sendable, CaseIterable {
  /// The worker reports that the prompt cannot be done.
  case prompt
  /// The worker reports that it is itself at fault.
  case worker
  /// The delta could not be decoded, or breaks the contract.
  case invalidDelta = "invalid delta"
  /// The process that had it was replaced by a new one.
  case died
  /// The worker was not heard from for the dead-after time.
  case silent
  /// The worker beat on, but did not get on with the prompt.
  case stalled
  /// The lease ran out.
  case expired
}

/// One failed attempt at a prompt.
struct PromptFailure: Equatable, Sendable {
  var worker: String
  var incarnation: UInt64
  var attempt: Int32
  var kind: FailureKind
  var error: String

  /// For people.
  var line: String { "\(worker): \(error)" }
}

/// Decides between another attempt and quarantine. Always ends: each failure brings a prompt closer to quarantine.
struct RetryPolicy: Sendable {
  enum Verdict: Equatable, Sendable {
    /// Try again; `alone`: on a worker that does nothing else meanwhile, so that another death tells who is guilty.
    case again(alone: Bool)
    case quarantine
  }

  var reportsToQuarantine: Int
  var failuresToQuarantine: Int

  /// What to do with a prompt that failed so.
  func verdict(_ failures: [PromptFailure]) -> Verdict {
    let reports = failures.count { $0.kind == .prompt }
    guard reports < reportsToQuarantine, failures.count < failuresToQuarantine else { return .quarantine }
    return .again(alone: failures.contains { $0.kind == .died || $0.kind == .silent })
  }
}
