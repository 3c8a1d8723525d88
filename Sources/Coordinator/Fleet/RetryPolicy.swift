// autointerp
// `RetryPolicy` decides after a failure whether a prompt is tried again or quarantined.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas

/// How an attempt ended without a delta.
package enum FailureKind: String, Sendable, CaseIterable {
  /// The worker reports that the prompt cannot be computed.
  case prompt
  /// The worker reports a fault of its own.
  case worker
  /// The delta could not be decoded or is not valid.
  case invalidDelta = "invalid delta"
  /// A new process replaced the one that had the prompt.
  case died
  /// The worker was silent for the dead-after time.
  case silent
  /// Heartbeats arrived, but the prompt made no progress.
  case stalled
  /// The lease ran out.
  case expired
}

/// One failed attempt at a prompt.
struct PromptFailure: Equatable, Sendable {
  var worker: String
  /// Nil without CURVE.
  var sender: StoredSender?
  var incarnation: UInt64
  var attempt: Int32
  var kind: FailureKind
  var error: String

  /// Whose failures count as one. A name alone is not enough, because a worker chooses its name.
  var voice: Voice { sender.map { .sender($0) } ?? .name(worker) }

  /// The failure as a line for people.
  var line: String { "\(worker): \(error)" }
}

/// Who has one vote on a prompt and is blamed for its failures: a key at an address, since the machines of a fleet may
/// share a key; without CURVE, the worker's name for itself.
enum Voice: Hashable, Sendable {
  case sender(StoredSender)
  case name(String)

  /// Who holds it, at whatever address: the key or, without CURVE, the worker's name.
  var holder: String {
    switch self {
    case .sender(let sender): sender.key
    case .name(let name): name
    }
  }
}

/// Which workers could still be asked about a prompt.
enum OtherOpinions: Sendable {
  /// Everybody who is there has failed it.
  case none
  /// Only machines at other addresses with keys that have failed it.
  case ofTheSameKeys
  /// A worker with another key.
  case ofOtherKeys
}

/// Decides between another attempt and quarantine. It always ends, because each failure brings a prompt closer to
/// quarantine.
struct RetryPolicy: Sendable {
  enum Verdict: Equatable, Sendable {
    case again
    case quarantine
  }

  /// After this many times `failuresToQuarantine`, a prompt is quarantined whoever failed it, because other workers may
  /// never ask for it.
  static let lastResort = 4

  var reportsToQuarantine: Int
  var failuresToQuarantine: Int

  /// What to do with a prompt that failed so. While there are workers that could be asked and were not, one voice
  /// stays one however often it failed the prompt: a broken worker condemns no prompt. While there are other keys, one
  /// key stays one whatever addresses it has; a fleet that shares its only key has a voice at each address.
  func verdict(_ failures: [PromptFailure], others: OtherOpinions) -> Verdict {
    func votes(_ failures: [PromptFailure]) -> Int {
      switch others {
      case .none: failures.count
      case .ofTheSameKeys: Set(failures.map(\.voice)).count
      case .ofOtherKeys: Set(failures.map(\.voice.holder)).count
      }
    }
    let reports = votes(failures.filter { $0.kind == .prompt })
    let isOneVoice = others != .none && votes(failures) < min(2, failuresToQuarantine)
    let limit = isOneVoice ? Self.lastResort * failuresToQuarantine : failuresToQuarantine
    return reports >= reportsToQuarantine || failures.count >= limit ? .quarantine : .again
  }

  /// True if the prompt is suspected of having killed a worker. It is then tried on a worker that does nothing else
  /// meanwhile, so that another death shows who is to blame.
  static func isSuspect(_ failures: [PromptFailure]) -> Bool {
    failures.contains { $0.kind == .died || $0.kind == .silent }
  }
}
