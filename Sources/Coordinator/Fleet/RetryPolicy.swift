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
    case again
    case quarantine
  }

  /// So many times `failuresToQuarantine` quarantine a prompt whoever failed it: others that could be asked may never ask.
  static let lastResort = 4

  var reportsToQuarantine: Int
  var failuresToQuarantine: Int

  /// What to do with a prompt that failed so. While there are workers that could be asked and were not, one worker is one
  /// voice however often it failed the prompt: a broken worker condemns no prompt.
  func verdict(_ failures: [PromptFailure], othersCanBeAsked: Bool) -> Verdict {
    let reporters = failures.lazy.filter { $0.kind == .prompt }.map(\.worker)
    let reports = othersCanBeAsked ? Set(reporters).count : reporters.count
    let isOneVoice = othersCanBeAsked && Set(failures.map(\.worker)).count < min(2, failuresToQuarantine)
    let limit = isOneVoice ? Self.lastResort * failuresToQuarantine : failuresToQuarantine
    return reports >= reportsToQuarantine || failures.count >= limit ? .quarantine : .again
  }

  /// Suspected of a death: to be tried on a worker that does nothing else meanwhile, so that another one tells who is
  /// guilty.
  static func isSuspect(_ failures: [PromptFailure]) -> Bool {
    failures.contains { $0.kind == .died || $0.kind == .silent }
  }
}
